//! Making a CA: key, certificate, row, OCSP signer, first CRL. Interrupted at any point it can be repeated: each step
//! finds what the one before has left.

use std::{sync::Arc, time::Duration};

use ers_pki::{
    issuance::Issuer,
    key::{KeyAlgorithm, SignatureAlgorithm},
    name::Name,
    profile::Profile,
};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyLimits, NewKey, Purpose, SignerError};
use thiserror::Error;

use super::{
    Core, IssuingAuthority, RegistryError, crl_schedule,
    issue::{IssueError, IssueRequest, Signatory, Wishes, issue_as},
    ocsp_signer::{self, OcspSignerError},
    publish_crl::{PublishError, publish_crl},
};
use crate::{
    domain::{Authority, AuthorityName, Origin, Record, RequestDigest, Settings, State},
    store::StoreError,
};

/// A CA that is wanted.
#[derive(Debug, Clone)]
pub struct NewAuthority {
    /// Its name.
    pub name: AuthorityName,
    /// Its subject.
    pub subject: Name,
    /// Its key.
    pub key_algorithm: KeyAlgorithm,
    /// How it signs; none: what suits its key.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// The CA that signs it; none: a root.
    pub issuer: Option<AuthorityName>,
    /// How long it is valid.
    pub validity: Duration,
    /// How many CAs may follow below it.
    pub path_length: Option<u32>,
    /// Where its key lives; none: the signer's default.
    pub token: Option<String>,
    /// Who asked.
    pub requester: String,
}

/// Why there is no new CA.
#[derive(Debug, Error)]
pub enum CreateError {
    /// There is one of that name with another subject.
    #[error("create CA: {0} exists with another subject")]
    Exists(AuthorityName),
    /// No such CA above it.
    #[error("create CA: there is no CA {0}")]
    UnknownIssuer(AuthorityName),
    /// The signature algorithm is not one for this key.
    #[error("create CA: {signature_algorithm} does not go with a {key_algorithm} key")]
    Algorithms {
        /// The key.
        key_algorithm: KeyAlgorithm,
        /// What does not suit it.
        signature_algorithm: SignatureAlgorithm,
    },
    /// The profile for CA certificates is missing.
    #[error("create CA: there is no profile {0}")]
    UnknownProfile(&'static str),
    /// The signer made no key.
    #[error("make key of CA")]
    Key(#[source] SignerError),
    /// Its certificate was not issued.
    #[error("issue certificate of CA")]
    Issue(#[source] IssueError),
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
    #[error("publish first CRL of CA")]
    Publish(#[source] PublishError),
}

impl Fault for CreateError {
    fn kind(&self) -> Kind {
        match self {
            Self::Exists(_) => Kind::AlreadyExists,
            Self::UnknownIssuer(_) => Kind::NotFound,
            Self::Algorithms { .. } => Kind::InvalidArgument,
            Self::Key(error) => of_signer(error),
            Self::Issue(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Registry(error) => error.kind(),
            Self::UnknownProfile(_) | Self::OcspSigner(_) | Self::Publish(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Exists(_) => Some("subject"),
            Self::UnknownIssuer(_) => Some("issuer"),
            Self::Algorithms { .. } => Some("signature_algorithm"),
            Self::Issue(error) => error.field(),
            _ => None,
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

/// Makes a CA, or returns the one of that name and subject.
#[tracing::instrument(name = "cara.create_authority", skip_all, fields(issuer_id = %new.name))]
pub async fn create_authority(
    core: &Arc<Core>,
    new: NewAuthority,
) -> Result<Arc<IssuingAuthority>, CreateError> {
    // 1. Is it there? Then only what an interruption may have left undone is done.
    if core.registry.find(&new.name).is_none() {
        // 2. Key, certificate, row.
        make(core, &new).await?;
        core.registry
            .refresh(&core.store, &core.issuing)
            .await
            .map_err(CreateError::Registry)?;
    }
    let ca = find(core, &new.name)?;
    if ca.authority.certificate.subject() != &new.subject {
        return Err(CreateError::Exists(new.name));
    }
    // 3. What relying parties ask for.
    if ca.ocsp_signer.is_none() {
        ocsp_signer::renew(core, &ca)
            .await
            .map_err(CreateError::OcspSigner)?;
    }
    let complete = crl_schedule::whole(&ca).complete();
    let head = core.store.find_crl_head(&complete).await;
    if head.map_err(CreateError::Store)?.is_none() {
        publish_crl(core, &ca, &complete)
            .await
            .map_err(CreateError::Publish)?;
    }
    crl_schedule::publish_due(core, &ca).await;
    find(core, &new.name)
}

fn find(core: &Core, name: &AuthorityName) -> Result<Arc<IssuingAuthority>, CreateError> {
    core.registry
        .find(name)
        .ok_or_else(|| CreateError::UnknownIssuer(name.clone()))
}

async fn make(core: &Arc<Core>, new: &NewAuthority) -> Result<(), CreateError> {
    let signature_algorithm = new
        .signature_algorithm
        .unwrap_or_else(|| SignatureAlgorithm::default_for(new.key_algorithm));
    if !signature_algorithm.suits(new.key_algorithm) {
        return Err(CreateError::Algorithms {
            key_algorithm: new.key_algorithm,
            signature_algorithm,
        });
    }
    let above = new
        .issuer
        .as_ref()
        .map(|issuer| find(core, issuer))
        .transpose()?;
    let key = core
        .signer
        .create_key(new_key(new))
        .await
        .map_err(CreateError::Key)?;
    let profile = profile(core, new)?;
    let request = request(new, &key);
    let record = match &above {
        Some(above) => sign(core, &request, &profile, above).await,
        None => self_sign(core, new, &request, &profile, &key, signature_algorithm).await,
    }
    .map_err(CreateError::Issue)?;
    let authority = Authority {
        name: new.name.clone(),
        issuer: new.issuer.clone(),
        certificate: record.certificate,
        key_id: key.id,
        signature_algorithm,
        state: State::Active,
        created_at_ms: core.context.clock.now_ms(),
        generation: 1,
        settings: Settings::default(),
        settings_version: 0,
    };
    core.store
        .insert_authority(&authority)
        .await
        .map_err(CreateError::Store)?;
    tracing::info!(target: "audit", act = "create CA", issuer_id = %new.name, requester = new.requester, "CA made");
    Ok(())
}

/// The signer holds the key to what this CA is for, whatever CARA asks later.
fn new_key(new: &NewAuthority) -> NewKey {
    let below = match (&new.issuer, new.path_length) {
        // a root signs itself, with its own path length
        (None, length) => length,
        (Some(_), Some(length)) => Some(length.saturating_sub(1)),
        (Some(_), None) => None,
    };
    NewKey {
        request_id: format!("authority-{}", new.name),
        label: format!("authority-{}", new.name),
        algorithm: new.key_algorithm,
        purposes: vec![Purpose::Certificate, Purpose::Crl],
        token: new.token.clone(),
        limits: KeyLimits {
            issuer_name: Some(new.subject.to_der().to_vec()),
            max_path_length: below,
            longest_validity: Some(new.validity + Duration::from_secs(86_400)),
            may_sign_ca_certificates: new.issuer.is_none() || new.path_length != Some(0),
        },
    }
}

fn profile(core: &Core, new: &NewAuthority) -> Result<Profile, CreateError> {
    let name = if new.issuer.is_none() {
        "root-ca"
    } else {
        "sub-ca"
    };
    let profile = core
        .profiles
        .get(name)
        .ok_or(CreateError::UnknownProfile(name))?;
    let mut profile = Profile::clone(profile);
    if let Some(constraints) = &mut profile.basic_constraints {
        constraints.path_length = new.path_length;
    }
    Ok(profile)
}

fn request(new: &NewAuthority, key: &Key) -> IssueRequest {
    IssueRequest {
        request_id: format!("authority-{}", new.name),
        digest: RequestDigest::from_hex(hex::encode(key.public_key.key_identifier())),
        issuer: new.issuer.clone().unwrap_or_else(|| new.name.clone()),
        profile: String::new(),
        public_key: key.public_key.clone(),
        subject: new.subject.clone(),
        names: Vec::new(),
        not_before: None,
        validity: Some(new.validity),
        wishes: Wishes::default(),
        origin: Origin {
            requester: new.requester.clone(),
            protocol: "system".into(),
            ..Origin::default()
        },
    }
}

async fn sign(
    core: &Core,
    request: &IssueRequest,
    profile: &Profile,
    above: &IssuingAuthority,
) -> Result<Record, IssueError> {
    if above.authority.state != State::Active {
        return Err(IssueError::IssuerNotActive(above.authority.name.clone()));
    }
    let issued = issue_as(core, &Signatory::of(above), profile, request).await?;
    Ok(issued.record)
}

async fn self_sign(
    core: &Core,
    new: &NewAuthority,
    request: &IssueRequest,
    profile: &Profile,
    key: &Key,
    algorithm: SignatureAlgorithm,
) -> Result<Record, IssueError> {
    let issuer = Issuer::self_signed(new.subject.clone(), key.public_key.clone(), algorithm)
        .map_err(IssueError::Issuer)?;
    let signatory = Signatory {
        name: &new.name,
        key_id: &key.id,
        issuer: &issuer,
        generation: 1,
        partitions: 0,
        self_signed: true,
    };
    let issued = issue_as(core, &signatory, profile, request).await?;
    Ok(issued.record)
}
