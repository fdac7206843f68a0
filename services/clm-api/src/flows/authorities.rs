//! CAs as CLM knows them: those that policies within reach issue from, with how their CRLs stand.

use std::collections::BTreeMap;

use ers_runtime::error::{Fault, Kind, chain};
use futures::future::join_all;

use super::Flows;
use crate::{
    clients::{AuthorityFacts, CaraError, CrlDates},
    domain::{
        access::Reach,
        id::{IssuerName, PolicyName},
    },
};

/// A CA with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// What CARA says of it.
    pub facts: AuthorityFacts,
    /// Its newest complete CRLs; absent: CARA did not tell.
    pub crls: Option<Vec<CrlDates>>,
    /// Policies within reach that issue from it.
    pub policies: Vec<PolicyName>,
}

/// Why they are not told.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// No such CA within reach.
    #[error("find CA: there is no CA {0}")]
    Unknown(IssuerName),
    /// CARA did not tell.
    #[error("list CAs")]
    Cara(#[from] CaraError),
}

/// How the CRLs of a CA stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlState {
    /// There is none yet.
    None,
    /// Each has time left.
    Current,
    /// One has less than a tenth of its time left, and no newer one is there.
    Late,
    /// One is past its nextUpdate.
    Expired,
    /// CARA did not tell.
    Unknown,
}

impl CrlState {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Current => "current",
            Self::Late => "late",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

impl Authority {
    /// How its CRLs stand.
    pub fn crl_state(&self, now_ms: i64) -> CrlState {
        let Some(crls) = &self.crls else {
            return CrlState::Unknown;
        };
        if crls.is_empty() {
            CrlState::None
        } else if crls.iter().any(|crl| crl.next_update_ms <= now_ms) {
            CrlState::Expired
        } else if crls.iter().any(|crl| crl.is_late(now_ms)) {
            CrlState::Late
        } else {
            CrlState::Current
        }
    }
}

impl Flows {
    /// The CAs within reach by name; who sees all realms sees all CAs.
    #[tracing::instrument(name = "clm.list_authorities", skip_all)]
    pub async fn list_authorities(&self, reach: &Reach) -> Result<Vec<Authority>, AuthorityError> {
        let mut policies: BTreeMap<String, Vec<PolicyName>> = BTreeMap::new();
        for policy in self.list_policies(None, reach) {
            let rules = policy.definition.rules();
            let of_it = policies.entry(rules.issuer.to_string()).or_default();
            of_it.push(rules.name.clone());
        }
        let mut all = self.cara.list_authorities().await?;
        if *reach != Reach::Everywhere {
            all.retain(|facts| policies.contains_key(&facts.name));
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        let crls = join_all(all.iter().map(|facts| self.cara.list_crls(&facts.name))).await;
        let told = all.into_iter().zip(crls).map(|(facts, crls)| Authority {
            policies: policies.remove(&facts.name).unwrap_or_default(),
            crls: crls
                .inspect_err(|error| {
                    tracing::warn!(issuer = facts.name, error = chain(error), "list CRLs");
                })
                .ok(),
            facts,
        });
        Ok(told.collect())
    }

    /// A CA within reach.
    #[tracing::instrument(name = "clm.show_authority", skip_all)]
    pub async fn show_authority(
        &self,
        name: &IssuerName,
        reach: &Reach,
    ) -> Result<Authority, AuthorityError> {
        let all = self.list_authorities(reach).await?;
        all.into_iter()
            .find(|authority| authority.facts.name == name.as_str())
            .ok_or_else(|| AuthorityError::Unknown(name.clone()))
    }
}

impl Fault for AuthorityError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Cara(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) => Some("name"),
            Self::Cara(_) => None,
        }
    }
}
