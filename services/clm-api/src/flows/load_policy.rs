//! Which policy an edge works under, and what the edge must know of it.

use std::sync::Arc;

use ers_pki::profile::Profile;
use ers_runtime::error::{Fault, Kind};

use super::Flows;
use crate::{
    clients::{CaraError, IssuerCertificates},
    domain::{id::PolicyName, policy::Policy, protocol::Protocol},
};

/// A policy with what CARA says of its CA and its profile.
#[derive(Debug, Clone)]
pub struct EdgePolicy {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The certificates of its CA.
    pub issuer: Arc<IssuerCertificates>,
    /// Its profile; absent: CARA has none of that name.
    pub profile: Option<Profile>,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum EdgePolicyError {
    /// There is none.
    #[error(transparent)]
    Policy(#[from] LoadPolicyError),
    /// CARA did not answer.
    #[error("load policy: CARA")]
    Cara(#[from] CaraError),
    /// The CA has no CRL yet.
    #[error("load CRL: the CA of the policy has none yet")]
    NoCrl,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadPolicyError {
    /// No policy of that name.
    #[error("load policy: there is no policy {0}")]
    Unknown(PolicyName),
    /// None named, and the client has no default.
    #[error("load policy: {0} named no policy and has no default")]
    NoDefault(String),
    /// It is not for this protocol.
    #[error("load policy: {policy} is not for {protocol}")]
    NotForProtocol {
        /// The policy.
        policy: PolicyName,
        /// The protocol.
        protocol: Protocol,
    },
}

impl Flows {
    /// The policy named, or the client's default, if it is for the protocol.
    pub fn load_policy(
        &self,
        name: Option<&PolicyName>,
        client: &str,
        protocol: Protocol,
    ) -> Result<Arc<Policy>, LoadPolicyError> {
        let policy = match name {
            Some(name) => self
                .policies
                .find(name)
                .ok_or_else(|| LoadPolicyError::Unknown(name.clone()))?,
            None => self
                .policies
                .find_default(client)
                .ok_or_else(|| LoadPolicyError::NoDefault(client.to_owned()))?,
        };
        if !policy.definition.rules().protocols.contains(&protocol) {
            let policy = policy.definition.name().clone();
            return Err(LoadPolicyError::NotForProtocol { policy, protocol });
        }
        Ok(policy)
    }

    /// The policy with what CARA says of its CA and its profile.
    pub async fn load_edge_policy(
        &self,
        name: Option<&PolicyName>,
        client: &str,
        protocol: Protocol,
    ) -> Result<EdgePolicy, EdgePolicyError> {
        let policy = self.load_policy(name, client, protocol)?;
        // ACME tells nothing of the CA before a certificate is issued: its directory stands without CARA.
        if protocol == Protocol::Acme {
            return Ok(EdgePolicy {
                policy,
                issuer: Arc::default(),
                profile: None,
            });
        }
        let rules = policy.definition.rules();
        let issuer = self.cara.load_issuer(rules.issuer.as_str()).await?;
        let profile = self.cara.find_profile(&rules.profile).await?;
        Ok(EdgePolicy {
            policy,
            issuer,
            profile,
        })
    }

    /// The newest complete CRL of a policy's CA, DER.
    #[tracing::instrument(name = "clm.load_crl", skip_all)]
    pub async fn load_crl(
        &self,
        name: Option<&PolicyName>,
        client: &str,
        protocol: Protocol,
    ) -> Result<Vec<u8>, EdgePolicyError> {
        let policy = self.load_policy(name, client, protocol)?;
        let issuer = policy.definition.rules().issuer.as_str();
        self.cara
            .find_crl(issuer)
            .await?
            .ok_or(EdgePolicyError::NoCrl)
    }
}

impl Fault for EdgePolicyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Policy(error) => error.kind(),
            Self::Cara(error) => match error.kind() {
                kind @ (Kind::Unavailable | Kind::ResourceExhausted) => kind,
                _ => Kind::Internal,
            },
            Self::NoCrl => Kind::NotFound,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Policy(error) => error.field(),
            Self::NoCrl => Some("policy"),
            Self::Cara(_) => None,
        }
    }
}

impl Fault for LoadPolicyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) | Self::NoDefault(_) => Kind::NotFound,
            Self::NotForProtocol { .. } => Kind::FailedPrecondition,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) | Self::NoDefault(_) => Some("policy"),
            Self::NotForProtocol { .. } => Some("protocol"),
        }
    }
}
