//! Which policy an edge works under.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::Flows;
use crate::domain::{id::PolicyName, policy::Policy, protocol::Protocol};

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
