//! Which CAA records are relevant for a name: RFC 8659 §3. Whatever keeps us from knowing them forbids to issue.

use super::{Perspective, Unproven};
use crate::domain::caa::{CaaRecord, Issuance, check};
use crate::domain::problem::ProblemKind;

impl Perspective {
    pub(super) async fn check_caa(
        &self,
        name: &str,
        issuance: Issuance<'_>,
    ) -> Result<(), Unproven> {
        let records = self.relevant_caa(name).await?;
        check(&records, issuance).map_err(|why| {
            let detail = format!("{name}: {why}");
            Unproven::for_good(ProblemKind::Caa, detail)
        })
    }

    /// Those of the name, else those of the nearest name above that has any. Aliases are followed at each name, and what
    /// lies above the target of an alias does not count.
    async fn relevant_caa(&self, name: &str) -> Result<Vec<CaaRecord>, Unproven> {
        let mut domain = name;
        loop {
            let records = self.dns.caa(domain).await?;
            if !records.is_empty() {
                return Ok(records);
            }
            match domain.split_once('.') {
                Some((_, parent)) => domain = parent,
                None => return Ok(Vec::new()),
            }
        }
    }
}
