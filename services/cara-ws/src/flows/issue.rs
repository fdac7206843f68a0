//! Issuing: look whether it was done, prepare (profile, lint), have it signed, assemble (verify), store, answer.

use std::{sync::Arc, time::Duration};

use ers_pki::{
    ExtendedKeyUsage, KeyUsages, RequestedExtension,
    certificate::Certificate,
    general_name::GeneralName,
    issuance::{self, AssembleError, EndEntity, Issuer, IssuerError, PrepareError},
    key::PublicKey,
    lint::Finding,
    name::Name,
    profile::Profile,
    revocation::Reason,
    serial::SerialNumber,
};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{KeyId, Purpose, SignCall, SignerError};
use prost::Message as _;
use thiserror::Error;
use time::OffsetDateTime;
use tracing::Instrument as _;

use super::{
    Core, IssuingAuthority, journal_note::JournalNote, profiles::KnownProfile, serials::SerialFault,
};
use crate::{
    domain::{AuthorityName, Origin, Record, RequestDigest, Revocation, State},
    store::{StoreError, Stored},
};

/// How far the clock may go back behind what was stored last: replicas and their clocks differ a little.
const CLOCK_TOLERANCE_MS: i64 = 300_000;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct IssueRequest {
    /// Idempotency key.
    pub request_id: String,
    /// What the request said.
    pub digest: RequestDigest,
    /// The CA.
    pub issuer: AuthorityName,
    /// Name of the profile.
    pub profile: String,
    /// The subject's key; possession was proven.
    pub public_key: PublicKey,
    /// The subject.
    pub subject: Name,
    /// Subject alternative names.
    pub names: Vec<GeneralName>,
    /// Begin; none: now, set back by the profile.
    pub not_before: Option<OffsetDateTime>,
    /// Length; none: the profile's default.
    pub validity: Option<Duration>,
    /// Usages and extensions that are wished, and what is known of the end entity.
    pub wishes: Wishes,
    /// Who asked.
    pub origin: Origin,
}

/// What a request may say beside subject, names and validity; a profile decides what of it counts.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Key usages; none: those of the profile.
    pub key_usage: Option<KeyUsages>,
    /// Extended key usages; empty: those of the profile.
    pub extended_key_usage: Vec<ExtendedKeyUsage>,
    /// Extensions.
    pub extensions: Vec<RequestedExtension>,
    /// What the RA knows of the end entity.
    pub end_entity: EndEntity,
}

/// What was issued.
#[derive(Debug)]
pub struct Issued {
    /// The certificate.
    pub record: Record,
    /// What the linter has against it that did not stop the issue; empty when it was issued before.
    pub findings: Vec<Finding>,
}

impl Issued {
    /// A certificate that there was already.
    fn before(record: Record) -> Self {
        Self {
            record,
            findings: Vec::new(),
        }
    }
}

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
        longest: ers_pki::profile::Period,
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

/// By which profile, and by which version of it.
#[derive(Clone, Copy)]
pub(super) struct Under<'a> {
    pub(super) profile: &'a Profile,
    /// 0: a ready or configured one.
    pub(super) version: i32,
}

impl<'a> Under<'a> {
    /// The one in force.
    pub(super) fn of(known: &'a KnownProfile) -> Self {
        Self {
            profile: &known.profile,
            version: known.version,
        }
    }
}

/// Who signs: an existing CA, or a root its own certificate.
pub(super) struct Signatory<'a> {
    pub(super) name: &'a AuthorityName,
    pub(super) key_id: &'a KeyId,
    pub(super) issuer: &'a Issuer,
    pub(super) generation: i16,
    /// Of its CRL, for new certificates; 0: none.
    pub(super) partitions: u32,
    pub(super) self_signed: bool,
}

impl<'a> Signatory<'a> {
    /// A CA.
    pub(super) fn of(ca: &'a IssuingAuthority) -> Self {
        Self {
            name: &ca.authority.name,
            key_id: &ca.authority.key_id,
            issuer: &ca.issuer,
            generation: ca.authority.generation,
            partitions: ca.crl.partitions,
            self_signed: false,
        }
    }
}

/// Issues, once per request id, however often and by however many it is asked.
pub async fn issue(
    core: &Arc<Core>,
    request: IssueRequest,
) -> Result<Arc<Issued>, Arc<IssueError>> {
    let span = tracing::info_span!("cara.issue", request_id = request.request_id, issuer_id = %request.issuer, profile = request.profile);
    let (id, digest) = (request.request_id.clone(), request.digest.clone());
    let worker = Arc::clone(core);
    let work = async move {
        let authority = worker
            .registry
            .find(&request.issuer)
            .ok_or_else(|| IssueError::UnknownIssuer(request.issuer.clone()))?;
        let known = worker
            .profiles
            .find(&request.profile)
            .ok_or_else(|| IssueError::UnknownProfile(request.profile.clone()))?;
        check_allowed(&authority, &known.profile, &request)?;
        let under = Under::of(&known);
        let mut issued = issue_as_active(&worker, &authority, under, &request).await;
        if let Err(IssueError::Store {
            source: StoreError::SerialTaken,
            ..
        }) = &issued
        {
            // Another replica was given the same number at the same moment; ours was never handed out.
            tracing::error!(target: "audit", act = "issue", request_id = request.request_id, "serial number taken: another is drawn");
            issued = issue_as_active(&worker, &authority, under, &request).await;
        }
        issued
    };
    core.in_flight
        .join_or_start(
            &core.context.shutdown,
            &id,
            digest,
            work.instrument(span.clone()),
        )
        .instrument(span)
        .await
}

/// What a CA's own settings have against a request.
fn check_allowed(
    ca: &IssuingAuthority,
    profile: &Profile,
    request: &IssueRequest,
) -> Result<(), IssueError> {
    let settings = &ca.authority.settings;
    if profile.is_ca() {
        return Err(IssueError::CaProfile(profile.name.clone()));
    }
    if !settings.allows_profile(&profile.name) {
        return Err(IssueError::ProfileNotAllowed {
            issuer: request.issuer.clone(),
            profile: profile.name.clone(),
        });
    }
    let Some(longest) = settings.longest_validity else {
        return Ok(());
    };
    let wanted = request
        .validity
        .map_or(profile.validity.default.duration(), |validity| {
            validity.try_into().unwrap_or(time::Duration::MAX)
        });
    if wanted > longest.duration() {
        return Err(IssueError::TooLong {
            issuer: request.issuer.clone(),
            longest,
        });
    }
    Ok(())
}

/// The steps, for a CA that issues now.
pub(super) async fn issue_as_active(
    core: &Core,
    ca: &IssuingAuthority,
    under: Under<'_>,
    request: &IssueRequest,
) -> Result<Issued, IssueError> {
    if let Some((name, state)) = ca.hindrance() {
        return Err(IssueError::IssuerNotActive {
            name: name.clone(),
            state,
        });
    }
    issue_as(core, &Signatory::of(ca), under, request).await
}

/// The steps, for whoever signs.
pub(super) async fn issue_as(
    core: &Core,
    signatory: &Signatory<'_>,
    Under { profile, version }: Under<'_>,
    request: &IssueRequest,
) -> Result<Issued, IssueError> {
    let stored = |source| IssueError::Store {
        request_id: request.request_id.clone(),
        source,
    };

    // 1. Was it done? Before anything is signed: a second signature for one request must not come to be.
    if let Some(record) = core
        .store
        .find_by_request(&request.request_id)
        .await
        .map_err(stored)?
    {
        return same_request(record, request).map(Issued::before);
    }

    check_clock(core)?;

    // 2. Say exactly what the certificate says, and lint it.
    if core.blocked_keys.contains(&request.public_key) {
        return Err(IssueError::KeyBlocked);
    }
    let serial = core
        .serials
        .next(&core.store)
        .await
        .map_err(IssueError::Serial)?;
    let crl_partition = crl_partition(signatory.partitions, profile, &serial);
    let prepared = issuance::prepare(
        profile,
        signatory.issuer,
        &pki_request(request, crl_partition),
        serial,
        core.context.clock.now(),
    )
    .map_err(IssueError::Prepare)?;

    // 3. Have it signed: the signer's journal keeps the bytes before the signature leaves it.
    let note = JournalNote::new(
        signatory.name,
        &profile.name,
        &request.request_id,
        &request.digest,
        &request.origin,
        signatory.self_signed,
    )
    .with_numbers(signatory.generation, crl_partition, version);
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &request.request_id,
            key_id: signatory.key_id,
            purpose: Purpose::Certificate,
            signature_algorithm: prepared.signature_algorithm(),
            to_be_signed: prepared.to_be_signed(),
            context: note.encode_to_vec(),
            public_key: None,
        })
        .await
        .map_err(|source| IssueError::Sign {
            request_id: request.request_id.clone(),
            source,
        })?;

    // 4. Verify; from here on it is a certificate.
    let findings = prepared.findings().to_vec();
    let certificate =
        prepared
            .assemble(&signed.signature)
            .map_err(|source| IssueError::Assemble {
                request_id: request.request_id.clone(),
                source,
            })?;

    // 5. Keep it, durably, with its event.
    let record = Record {
        crl_partition,
        profile_version: version,
        ..record(core, signatory, &profile.name, request, certificate)
    };
    let issued = keep(core, record, request, findings).await?;
    report(core, &issued);
    Ok(issued)
}

/// Tells the operator what the linter let through.
fn report(core: &Core, issued: &Issued) {
    for finding in &issued.findings {
        core.metrics.lint_finding(finding.rule);
        tracing::warn!(
            request_id = issued.record.request_id, issuer_id = %issued.record.issuer, serial = issued.record.serial.to_hex(),
            profile = issued.record.profile, rule = finding.rule.id, severity = finding.rule.severity.as_str(),
            detail = finding.detail, "lint finding"
        );
    }
}

/// Stores; when another replica has answered the same request meanwhile, ours is kept as revoked and theirs returned.
async fn keep(
    core: &Core,
    record: Record,
    request: &IssueRequest,
    findings: Vec<Finding>,
) -> Result<Issued, IssueError> {
    let stored = |source| IssueError::Store {
        request_id: request.request_id.clone(),
        source,
    };
    let record = Arc::new(record);
    match core
        .writer
        .store(Arc::clone(&record))
        .await
        .map_err(stored)?
    {
        Stored::New => {
            core.metrics.issued();
            tracing::info!(
                target: "audit", act = "issue", request_id = request.request_id, issuer_id = %record.issuer,
                serial = record.serial.to_hex(), profile = record.profile, requester = record.origin.requester, "certificate issued"
            );
            let record = Arc::unwrap_or_clone(record);
            Ok(Issued { record, findings })
        }
        Stored::Other(other) => {
            keep_surplus(core, &record, &other).await.map_err(stored)?;
            same_request(*other, request).map(Issued::before)
        }
    }
}

/// Keeps, revoked, a certificate that was signed and never handed out, because its request has another one. When both
/// are the same but for their signatures there is nothing to keep: the stored one is the certificate.
pub(super) async fn keep_surplus(
    core: &Core,
    record: &Record,
    stored: &Record,
) -> Result<(), StoreError> {
    if record.serial == stored.serial && record.issuer == stored.issuer {
        return Ok(());
    }
    let mut request_id = format!("{}#{}", record.request_id, record.serial.to_hex());
    request_id.truncate(160);
    let surplus = Record {
        request_id,
        revocation: Some(Revocation {
            at_ms: core.context.clock.now_ms(),
            reason: Reason::Superseded,
            requester: "cara-ws".into(),
            invalidity_at_ms: None,
        }),
        ..record.clone()
    };
    core.writer.store(Arc::new(surplus)).await.map(drop)
}

fn same_request(record: Record, request: &IssueRequest) -> Result<Record, IssueError> {
    if record.request_digest == request.digest {
        return Ok(record);
    }
    Err(IssueError::RequestIdReused {
        request_id: request.request_id.clone(),
    })
}

fn record(
    core: &Core,
    signatory: &Signatory<'_>,
    profile: &str,
    request: &IssueRequest,
    certificate: Certificate,
) -> Record {
    Record {
        issuer: signatory.name.clone(),
        serial: certificate.serial(),
        request_id: request.request_id.clone(),
        request_digest: request.digest.clone(),
        profile: profile.to_owned(),
        certificate,
        origin: request.origin.clone(),
        issued_at_ms: core.context.clock.now_ms(),
        adopted: false,
        revocation: None,
        generation: signatory.generation,
        crl_partition: 0,
        profile_version: 0,
    }
}

/// The partition of the CA's CRL that a new certificate names: 0, that of all, for CA certificates, of which there are few.
fn crl_partition(partitions: u32, profile: &Profile, serial: &SerialNumber) -> i32 {
    let is_ca = profile
        .basic_constraints
        .as_ref()
        .is_some_and(|rule| rule.ca);
    if partitions == 0 || is_ca {
        return 0;
    }
    // Serial numbers are random: their last octets spread evenly.
    let last = serial.as_bytes().iter().rev().take(4);
    let number = last.fold(0_u32, |number, octet| number << 8 | u32::from(*octet));
    i32::try_from(number % partitions + 1).unwrap_or(0)
}

fn pki_request(request: &IssueRequest, crl_partition: i32) -> issuance::Request {
    issuance::Request {
        subject: request.subject.clone(),
        names: request.names.clone(),
        not_before: request.not_before,
        validity: request
            .validity
            .map(|validity| validity.try_into().unwrap_or(time::Duration::MAX)),
        crl_partition: u32::try_from(crl_partition)
            .ok()
            .filter(|number| *number > 0),
        key_usage: request.wishes.key_usage,
        extended_key_usage: request.wishes.extended_key_usage.clone(),
        extensions: request.wishes.extensions.clone(),
        end_entity: request.wishes.end_entity.clone(),
        ..issuance::Request::new(request.public_key.clone())
    }
}

/// A clock that went back further than clocks are set right by is not issued with.
fn check_clock(core: &Core) -> Result<(), IssueError> {
    let behind = core.store.newest_ms() - core.context.clock.now_ms();
    if behind > CLOCK_TOLERANCE_MS {
        return Err(IssueError::ClockWentBack {
            by_seconds: behind / 1000,
        });
    }
    Ok(())
}
