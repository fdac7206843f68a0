//! Issuing: look whether it was done, prepare (profile, lint), have it signed, assemble (verify), store, answer.

mod error;
mod keep;

use std::{sync::Arc, time::Duration};

use ers_pki::{
    ExtendedKeyUsage, KeyUsages, RequestedExtension,
    general_name::GeneralName,
    issuance::{self, EndEntity, Issuer, Prepared},
    key::PublicKey,
    lint::Finding,
    name::Name,
    profile::Profile,
    serial::SerialNumber,
};
use ers_signer_client::{KeyId, Purpose, SignCall, Signed};
use prost::Message as _;
use time::OffsetDateTime;
use tracing::Instrument as _;

pub use self::error::IssueError;
pub(super) use self::keep::keep_surplus;
use self::keep::{keep, record, same_request};
use super::{Core, IssuingAuthority, journal_note::JournalNote, profiles::KnownProfile};
use crate::{
    domain::{AuthorityName, Origin, Record, RequestDigest},
    store::StoreError,
};

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
            // boxed: it is handed on through several hands, and large
            Box::pin(work).instrument(span.clone()),
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
    let signed = sign(core, signatory, request, &prepared, &note).await?;

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

async fn sign(
    core: &Core,
    signatory: &Signatory<'_>,
    request: &IssueRequest,
    prepared: &Prepared,
    note: &JournalNote,
) -> Result<Signed, IssueError> {
    let call = SignCall {
        request_id: &request.request_id,
        key_id: signatory.key_id,
        purpose: Purpose::Certificate,
        signature_algorithm: prepared.signature_algorithm(),
        to_be_signed: prepared.to_be_signed(),
        context: note.encode_to_vec(),
        public_key: None,
    };
    core.signer
        .sign(call)
        .await
        .map_err(|source| IssueError::Sign {
            request_id: request.request_id.clone(),
            source,
        })
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
    if behind > i64::from(core.issuing.clock_tolerance_minutes) * 60_000 {
        return Err(IssueError::ClockWentBack {
            by_seconds: behind / 1000,
        });
    }
    Ok(())
}
