//! Why nothing was issued.

use ers_pki::{
    issuance::{AssembleError, IssuerError, PrepareError},
    profile::Period,
};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use thiserror::Error;

use crate::{
    domain::{AuthorityName, State},
    flows::serials::SerialFault,
    store::StoreError,
};

/// Why nothing was issued.
#[derive(Debug, Error)]
pub enum IssueError {
    /// No such CA.
    #[error("issue: there is no CA {0}")]
    UnknownIssuer(AuthorityName),
    /// The CA, or one above it, is suspended, retired, revoked or elsewhere.
    #[error("issue: CA {name} is {state}")]
    IssuerNotActive {
        /// Whose state stands in the way.
        name: AuthorityName,
        /// The state.
        state: State,
    },
    /// The CA does not issue by that profile.
    #[error("issue: CA {issuer} does not issue by profile {profile}")]
    ProfileNotAllowed {
        /// The CA.
        issuer: AuthorityName,
        /// The profile.
        profile: String,
    },
    /// CA certificates are made by other calls.
    #[error("issue: profile {0} makes CAs, which are made as CAs")]
    CaProfile(String),
    /// The CA issues nothing that is valid so long.
    #[error("issue: CA {issuer} issues certificates that are valid at most {longest}")]
    TooLong {
        /// The CA.
        issuer: AuthorityName,
        /// Its longest validity.
        longest: Period,
    },
    /// No such profile.
    #[error("issue: there is no profile {0}")]
    UnknownProfile(String),
    /// Profile or CA do not allow it.
    #[error("prepare certificate")]
    Prepare(#[source] PrepareError),
    /// The name and key do not make a root.
    #[error("prepare root certificate")]
    Issuer(#[source] IssuerError),
    /// There is no serial number to be had.
    #[error("issue")]
    Serial(#[source] SerialFault),
    /// The signer did not sign.
    #[error("sign certificate of request {request_id}")]
    Sign {
        /// The request.
        request_id: String,
        /// Why.
        #[source]
        source: SignerError,
    },
    /// What the signer answered does not make a certificate.
    #[error("assemble certificate of request {request_id}")]
    Assemble {
        /// The request.
        request_id: String,
        /// Why.
        #[source]
        source: AssembleError,
    },
    /// Looking up or storing failed.
    #[error("store certificate of request {request_id}")]
    Store {
        /// The request.
        request_id: String,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The id was used for something else.
    #[error("issue: request id {request_id} was used with other content")]
    RequestIdReused {
        /// The request.
        request_id: String,
    },
    /// The key was compromised, or an administrator blocked it.
    #[error(
        "issue: the public key is blocked, its private key is known or believed to be known to others"
    )]
    KeyBlocked,
    /// As many requests are under way as may be.
    #[error("issue: too many requests at once")]
    Busy,
    /// The process stops.
    #[error("issue: interrupted by shutdown")]
    Interrupted,
    /// What was stored last is of a later time: validities and CRLs would run back.
    #[error("issue: the clock is {by_seconds} s behind what was stored last; set it right")]
    ClockWentBack {
        /// By how much.
        by_seconds: i64,
    },
}

impl Fault for IssueError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownIssuer(_) | Self::UnknownProfile(_) => Kind::NotFound,
            Self::IssuerNotActive { .. } | Self::ProfileNotAllowed { .. } => {
                Kind::FailedPrecondition
            }
            Self::CaProfile(_) | Self::TooLong { .. } => Kind::InvalidArgument,
            Self::Prepare(
                PrepareError::IssuerNotValid { .. }
                | PrepareError::OutlivesIssuer { .. }
                | PrepareError::PathLength { .. },
            ) => Kind::FailedPrecondition,
            Self::Prepare(_) | Self::Issuer(_) | Self::KeyBlocked => Kind::InvalidArgument,
            Self::Busy
            | Self::Sign {
                source: SignerError::Busy,
                ..
            } => Kind::ResourceExhausted,
            Self::Sign {
                source: SignerError::Unavailable(_),
                ..
            }
            | Self::Interrupted
            | Self::ClockWentBack { .. } => Kind::Unavailable,
            Self::Store { source, .. } => source.kind(),
            Self::RequestIdReused { .. } => Kind::AlreadyExists,
            Self::Serial(SerialFault::Store(source)) => source.kind(),
            Self::Serial(_) | Self::Sign { .. } | Self::Assemble { .. } => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownIssuer(_) | Self::IssuerNotActive { .. } => Some("issuer"),
            Self::UnknownProfile(_) | Self::ProfileNotAllowed { .. } | Self::CaProfile(_) => {
                Some("profile")
            }
            Self::TooLong { .. } => Some("validity"),
            Self::Prepare(error) => error.field(),
            Self::Issuer(_) => Some("subject"),
            Self::KeyBlocked => Some("public_key"),
            Self::RequestIdReused { .. } => Some("request_id"),
            _ => None,
        }
    }
}
