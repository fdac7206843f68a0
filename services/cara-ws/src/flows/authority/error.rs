//! Why a CA stays as it is.

use ers_pki::{
    certificate::{CertificateError, ChainError},
    crl::CrlError,
    csr::CsrError,
    key::{KeyAlgorithm, SignatureAlgorithm},
};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    domain::{AuthorityName, InvalidSettings, State},
    flows::{
        RegistryError, issue::IssueError, ocsp_signer::OcspSignerError, publish_crl::PublishError,
        revoke::RevokeError,
    },
    store::StoreError,
};

/// Why a CA stays as it is.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// No such CA.
    #[error("find CA: there is no CA {0}")]
    Unknown(AuthorityName),
    /// No such CA to sign.
    #[error("find issuer: there is no CA {0}")]
    UnknownIssuer(AuthorityName),
    /// It has no such generation.
    #[error("find CA: {name} has no generation {generation} with a certificate")]
    UnknownGeneration {
        /// The CA.
        name: AuthorityName,
        /// The generation.
        generation: i16,
    },
    /// There is one of that name with another subject.
    #[error("create CA: {0} exists with another subject")]
    Exists(AuthorityName),
    /// Its state does not allow it.
    #[error("{act}: CA {name} is {state}")]
    State {
        /// What was attempted.
        act: &'static str,
        /// The CA.
        name: AuthorityName,
        /// Its state.
        state: State,
    },
    /// Another change of it came first.
    #[error("change CA {0}: another change came first")]
    Outrun(AuthorityName),
    /// The signature algorithm is not one for this key.
    #[error("choose algorithms: {signature_algorithm} does not go with a {key_algorithm} key")]
    Algorithms {
        /// The key.
        key_algorithm: KeyAlgorithm,
        /// What does not suit it.
        signature_algorithm: SignatureAlgorithm,
    },
    /// There is no such profile, or it is not one for CA certificates.
    #[error("certify CA: there is no profile {0} for CA certificates")]
    Profile(String),
    /// The signer did not make the key or sign the request.
    #[error("{act}")]
    Signer {
        /// What was attempted.
        act: &'static str,
        /// Why.
        #[source]
        source: SignerError,
    },
    /// The request that we made ourselves is none.
    #[error("write certification request of CA {name}")]
    OwnRequest {
        /// The CA.
        name: AuthorityName,
        /// Why.
        #[source]
        source: CsrError,
    },
    /// The request of another CA is none.
    #[error("read certification request")]
    Request(#[source] CsrError),
    /// What is to be signed is a certificate that does not prove possession of its key.
    #[error(
        "sign foreign CA: its certificate is not self-signed, so that it proves nothing: a request is needed"
    )]
    NoProof,
    /// What is to be signed is our own.
    #[error("sign foreign CA: {0} is the issuer itself")]
    Itself(AuthorityName),
    /// A certificate was not issued.
    #[error("issue certificate of CA")]
    Issue(#[source] IssueError),
    /// A certificate cannot be read.
    #[error("read certificate")]
    Certificate(#[source] CertificateError),
    /// Nothing waits for a certificate.
    #[error("import certificate: CA {0} awaits none")]
    AwaitsNone(AuthorityName),
    /// It is for another key.
    #[error("check certificate: it is for another key than that of CA {0}")]
    OtherKey(AuthorityName),
    /// It is for another name.
    #[error("check certificate: its subject is \"{found}\", asked for was \"{wanted}\"")]
    OtherSubject {
        /// What the request says.
        wanted: String,
        /// What the certificate says.
        found: String,
    },
    /// It is not a CA's.
    #[error("check certificate of \"{0}\": it may not sign {1}")]
    MayNotSign(String, &'static str),
    /// It is not valid now.
    #[error("check certificate of \"{subject}\": it is valid from {not_before} to {not_after}")]
    NotValid {
        /// Whose.
        subject: String,
        /// First second.
        not_before: OffsetDateTime,
        /// Last second.
        not_after: OffsetDateTime,
    },
    /// Its signature algorithm is none that we trust.
    #[error("check certificate of \"{0}\": its signature algorithm is not supported")]
    SignatureAlgorithm(String),
    /// It is not signed by the next one.
    #[error("check chain: \"{subject}\" and the certificate above it")]
    Chain {
        /// The one below.
        subject: String,
        /// Why.
        #[source]
        source: ChainError,
    },
    /// The chain ends before a root.
    #[error("check chain: the certificate of \"{0}\" is missing")]
    ChainEnds(String),
    /// A certificate of the chain stands too far above.
    #[error("check chain: \"{subject}\" allows {most} CAs below it, there are {found}")]
    PathLength {
        /// Whose.
        subject: String,
        /// What it allows.
        most: u32,
        /// How many there are.
        found: usize,
    },
    /// A CRL cannot be read.
    #[error("read CRL")]
    CrlUnreadable(#[source] CrlError),
    /// Another CA's CRL.
    #[error("check CRL: it is not one of CA {name}")]
    OtherCrl {
        /// The CA.
        name: AuthorityName,
        /// Why.
        #[source]
        source: ChainError,
    },
    /// A delta CRL, or one of some certificates only, would be taken for the complete one.
    #[error(
        "check CRL: it is a delta CRL or tells of some certificates only; CA {0} needs the complete one"
    )]
    CrlOfSome(AuthorityName),
    /// A CRL's number does not grow.
    #[error("check CRL: its number {found} is not above {newest}, the newest one's")]
    OldCrl {
        /// The number that it has.
        found: u64,
        /// The newest one's.
        newest: i64,
    },
    /// A CRL that nobody would accept now.
    #[error("check CRL: it is valid from {this_update} to {next_update}")]
    CrlNotValid {
        /// Begin.
        this_update: OffsetDateTime,
        /// End.
        next_update: OffsetDateTime,
    },
    /// The settings are no JSON of settings.
    #[error("read settings")]
    SettingsUnreadable(#[source] serde_json::Error),
    /// A setting cannot be.
    #[error("change settings")]
    Settings(#[source] InvalidSettings),
    /// A profile in the settings is none.
    #[error("change settings: there is no profile {0}")]
    SettingsProfile(String),
    /// A revocation failed.
    #[error("revoke certificate of CA")]
    Revoke(#[source] RevokeError),
    /// The database failed.
    #[error("store CA")]
    Store(#[source] StoreError),
    /// The CAs cannot be read anew.
    #[error("put CA in place")]
    Registry(#[source] RegistryError),
    /// It cannot answer OCSP.
    #[error("make OCSP signer of CA")]
    OcspSigner(#[source] OcspSignerError),
    /// It has no CRL.
    #[error("publish CRL of CA")]
    Publish(#[source] PublishError),
    /// The process stops.
    #[error("change CA: interrupted by shutdown")]
    Interrupted,
}

impl Fault for AuthorityError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_)
            | Self::UnknownIssuer(_)
            | Self::UnknownGeneration { .. }
            | Self::Profile(_) => Kind::NotFound,
            Self::Exists(_) => Kind::AlreadyExists,
            Self::State { .. } | Self::Outrun(_) | Self::AwaitsNone(_) | Self::OldCrl { .. } => {
                Kind::FailedPrecondition
            }
            Self::Algorithms { .. }
            | Self::Request(_)
            | Self::NoProof
            | Self::Itself(_)
            | Self::Certificate(_)
            | Self::OtherKey(_)
            | Self::OtherSubject { .. }
            | Self::MayNotSign(..)
            | Self::NotValid { .. }
            | Self::SignatureAlgorithm(_)
            | Self::Chain { .. }
            | Self::ChainEnds(_)
            | Self::PathLength { .. }
            | Self::CrlUnreadable(_)
            | Self::OtherCrl { .. }
            | Self::CrlOfSome(_)
            | Self::CrlNotValid { .. }
            | Self::SettingsUnreadable(_)
            | Self::Settings(_)
            | Self::SettingsProfile(_) => Kind::InvalidArgument,
            Self::Interrupted => Kind::Unavailable,
            Self::Signer { source, .. } => of_signer(source),
            Self::Issue(error) => error.kind(),
            Self::Revoke(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Registry(error) => error.kind(),
            Self::OwnRequest { .. } | Self::OcspSigner(_) | Self::Publish(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) | Self::State { .. } | Self::Outrun(_) | Self::AwaitsNone(_) => {
                Some("name")
            }
            Self::UnknownGeneration { .. } => Some("generation"),
            Self::UnknownIssuer(_) => Some("issuer"),
            Self::Exists(_) => Some("subject"),
            Self::Algorithms { .. } => Some("signature_algorithm"),
            Self::Profile(_) => Some("profile"),
            Self::Request(_) | Self::NoProof | Self::Itself(_) => Some("request"),
            Self::Certificate(_)
            | Self::OtherKey(_)
            | Self::OtherSubject { .. }
            | Self::MayNotSign(..)
            | Self::NotValid { .. }
            | Self::SignatureAlgorithm(_) => Some("certificate"),
            Self::Chain { .. } | Self::ChainEnds(_) | Self::PathLength { .. } => Some("chain"),
            Self::CrlUnreadable(_)
            | Self::OtherCrl { .. }
            | Self::CrlOfSome(_)
            | Self::OldCrl { .. }
            | Self::CrlNotValid { .. } => Some("crl"),
            Self::SettingsUnreadable(_) | Self::Settings(_) | Self::SettingsProfile(_) => {
                Some("settings")
            }
            Self::Issue(error) => error.field(),
            Self::Revoke(error) => error.field(),
            Self::Signer { .. }
            | Self::OwnRequest { .. }
            | Self::Store(_)
            | Self::Registry(_)
            | Self::OcspSigner(_)
            | Self::Publish(_)
            | Self::Interrupted => None,
        }
    }
}

fn of_signer(error: &SignerError) -> Kind {
    match error {
        SignerError::Invalid { .. } => Kind::InvalidArgument,
        SignerError::AlreadyExists { .. } => Kind::AlreadyExists,
        SignerError::Busy => Kind::ResourceExhausted,
        SignerError::Unavailable(_) => Kind::Unavailable,
        _ => Kind::Internal,
    }
}
