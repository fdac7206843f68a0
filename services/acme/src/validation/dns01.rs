//! dns-01: RFC 8555 §8.4.

use super::{Unproven, Validator};
use crate::domain::challenge::Challenge;
use crate::domain::identifier::Identifier;
use crate::domain::jwk::Jwk;
use crate::domain::problem::ProblemKind;

impl Validator {
    pub(super) async fn dns01(
        &self,
        challenge: &Challenge,
        identifier: &Identifier,
        key: &Jwk,
    ) -> Result<(), Unproven> {
        let name = format!("_acme-challenge.{identifier}");
        let wanted = challenge.dns_record(key);
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
