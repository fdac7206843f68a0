//! dns-01: RFC 8555 §8.4.

use super::{Claimed, Perspective, Unproven};
use crate::domain::problem::ProblemKind;

impl Perspective {
    pub(super) async fn dns01(&self, claimed: Claimed<'_>) -> Result<(), Unproven> {
        let name = format!("_acme-challenge.{}", claimed.identifier);
        let wanted = claimed.challenge.dns_record(claimed.key);
        let texts = self.dns.texts(&name).await?;
        if texts.iter().any(|text| text == wanted.as_bytes()) {
            return Ok(());
        }
        let detail = if texts.is_empty() {
            format!("{name} has no TXT record")
        } else {
            format!(
                "none of the {} TXT records of {name} is the one for this challenge",
                texts.len()
            )
        };
        Err(Unproven::for_now(ProblemKind::Unauthorized, detail))
    }
}
