//! Bodies that several endpoints share, and how values are written.

use ers_pki::{certificate::Certificate as Parsed, pem};
use ers_proto::cara::v1 as wire;
use ers_runtime::http::{Problem, wrong};
use prost_types::Timestamp;
use serde::{Deserialize as _, Deserializer, Serialize, de::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

/// Most rows of a page.
const LARGEST_PAGE: u32 = 1000;

/// A problem document, RFC 9457.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// URI of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: String,
    /// The same for every occurrence.
    #[schema(example = "Bad Request")]
    title: String,
    /// HTTP status code.
    #[schema(example = 400)]
    status: u16,
    /// For the person who asked.
    detail: Option<String>,
    /// What this is about: of an act that waits (status 202), its approval.
    #[schema(example = "/cara-ws-server/v1/approvals/4f0c…")]
    instance: Option<String>,
    /// Input field that is at fault.
    field: Option<String>,
    /// Seconds after which to try again.
    retry_after: Option<u32>,
}

/// A certification authority.
#[derive(Serialize, ToSchema)]
#[schema(as = Authority)]
pub(super) struct AuthorityBody {
    #[schema(example = "default-sub")]
    name: String,
    /// RFC 4514.
    #[schema(example = "CN=Default Sub CA,O=ERS")]
    subject: String,
    /// Name of the CA that signed it; empty for a root.
    issuer: String,
    /// `active`, `suspended`, `retired` …
    #[schema(example = "active")]
    state: String,
    #[schema(example = "P-256")]
    key_algorithm: String,
    #[schema(example = "SHA256withECDSA")]
    signature_algorithm: String,
    #[schema(format = DateTime)]
    not_before: String,
    #[schema(format = DateTime)]
    not_after: String,
    /// Number of the newest CRL.
    crl_number: u64,
    #[schema(format = DateTime)]
    crl_next_update: String,
    /// How many certificates it has issued; only when one CA is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<u64>,
    /// How many of them are revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<u64>,
    /// PEM.
    certificate_pem: String,
    /// PEM; its issuer first, the root last.
    chain_pem: Vec<String>,
    /// The generation of its keys that issues, from 1.
    generation: u32,
    generations: Vec<GenerationBody>,
    /// PEM; link certificates, cross-certificates and the like.
    others: Vec<OtherBody>,
    #[schema(value_type = Object)]
    settings: serde_json::Value,
    settings_version: i32,
    /// PKCS#10, PEM, while a foreign CA is to sign it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_pem: Option<String>,
}

/// A CA's key, with what belongs to it.
#[derive(Serialize, ToSchema)]
#[schema(as = Generation)]
pub(super) struct GenerationBody {
    number: u32,
    /// `awaiting certificate`, `prepared`, `current` or `superseded`.
    state: String,
    key_algorithm: String,
    /// PEM; empty while it is awaited.
    certificate_pem: String,
    /// When it is to issue.
    #[serde(skip_serializing_if = "String::is_empty")]
    switch_at: String,
    crl_number: u64,
}

/// Another certificate of a CA.
#[derive(Serialize, ToSchema)]
#[schema(as = OtherCertificate)]
pub(super) struct OtherBody {
    /// `own` (before a renewal), `old-with-new`, `new-with-old`, `cross` or `above`.
    kind: String,
    generation: u32,
    /// PEM.
    certificate_pem: String,
}

impl AuthorityBody {
    pub(super) fn of(authority: wire::Authority, counted: bool) -> Self {
        Self {
            state: state_word(authority.state().as_str_name(), "AUTHORITY_STATE_"),
            name: authority.name,
            subject: authority.subject,
            issuer: authority.issuer,
            key_algorithm: authority.key_algorithm,
            signature_algorithm: authority.signature_algorithm,
            not_before: time_text(authority.not_before),
            not_after: time_text(authority.not_after),
            crl_number: authority.crl_number,
            crl_next_update: time_text(authority.crl_next_update),
            certificates: counted.then_some(authority.certificates),
            revoked: counted.then_some(authority.revoked),
            certificate_pem: optional_pem(&authority.certificate),
            generation: authority.generation,
            generations: authority
                .generations
                .into_iter()
                .map(|generation| GenerationBody {
                    number: generation.number,
                    state: generation.state,
                    key_algorithm: generation.key_algorithm,
                    certificate_pem: optional_pem(&generation.certificate),
                    switch_at: time_text(generation.switch_at),
                    crl_number: generation.crl_number,
                })
                .collect(),
            others: authority
                .others
                .into_iter()
                .map(|other| OtherBody {
                    kind: other.kind,
                    generation: other.generation,
                    certificate_pem: certificate_pem(&other.certificate),
                })
                .collect(),
            settings: serde_json::from_str(&authority.settings).unwrap_or_default(),
            settings_version: authority.settings_version,
            request_pem: (!authority.request.is_empty())
                .then(|| pem::encode("CERTIFICATE REQUEST", &authority.request)),
            chain_pem: authority
                .chain
                .iter()
                .map(|der| certificate_pem(der))
                .collect(),
        }
    }
}

/// A certificate.
#[derive(Serialize, ToSchema)]
#[schema(as = Certificate)]
pub(super) struct CertificateBody {
    /// Name of the CA.
    #[schema(example = "default-sub")]
    issuer: String,
    /// Lower-case hex.
    serial: String,
    /// RFC 4514.
    #[schema(example = "CN=www.example.com")]
    subject: String,
    #[schema(example = json!(["dns:www.example.com"]))]
    subject_alternative_names: Vec<String>,
    /// SHA-256, lower-case hex.
    fingerprint: String,
    #[schema(example = "tls-server")]
    profile: String,
    /// Version of the profile; 0: a ready or configured one.
    profile_version: i32,
    #[schema(format = DateTime)]
    issued_at: String,
    #[schema(format = DateTime)]
    not_before: String,
    #[schema(format = DateTime)]
    not_after: String,
    /// `valid`, `revoked` …; whether it has expired is for the reader's clock.
    #[schema(example = "valid")]
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation: Option<RevocationBody>,
    request_id: String,
    /// Who asked for it.
    requester: String,
    /// By which way: `acme`, `rest`, `cli` …
    protocol: String,
    /// CLM's policy that allowed it.
    #[serde(skip_serializing_if = "String::is_empty")]
    policy: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    end_entity: String,
    /// PEM.
    certificate_pem: String,
}

/// That and why it is revoked.
#[derive(Serialize, ToSchema)]
#[schema(as = Revocation)]
pub(super) struct RevocationBody {
    #[schema(format = DateTime)]
    at: String,
    /// RFC 5280 name.
    #[schema(example = "superseded")]
    reason: String,
    requester: String,
}

impl From<wire::Certificate> for CertificateBody {
    fn from(certificate: wire::Certificate) -> Self {
        let state = state_word(certificate.state().as_str_name(), "CERTIFICATE_STATE_");
        let parsed = Parsed::from_der(&certificate.der).ok();
        let origin = certificate.origin.unwrap_or_default();
        Self {
            subject: parsed
                .as_ref()
                .map(|parsed| parsed.subject().to_string())
                .unwrap_or_default(),
            subject_alternative_names: parsed
                .as_ref()
                .map(|parsed| parsed.names().iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            fingerprint: parsed
                .map(|parsed| hex::encode(parsed.fingerprint()))
                .unwrap_or_default(),
            issuer: certificate.issuer,
            serial: certificate.serial,
            profile: certificate.profile,
            profile_version: certificate.profile_version,
            issued_at: time_text(certificate.issued_at),
            not_before: time_text(certificate.not_before),
            not_after: time_text(certificate.not_after),
            state,
            revocation: certificate.revocation.map(|revocation| RevocationBody {
                at: time_text(revocation.at),
                reason: revocation.reason,
                requester: revocation.requester,
            }),
            request_id: certificate.request_id,
            requester: origin.requester,
            protocol: origin.protocol,
            policy: origin.policy,
            end_entity: origin.end_entity,
            certificate_pem: certificate_pem(&certificate.der),
        }
    }
}

pub(super) fn certificate_pem(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}

/// Empty when there is none yet.
fn optional_pem(der: &[u8]) -> String {
    if der.is_empty() {
        return String::new();
    }
    certificate_pem(der)
}

/// RFC 3339, UTC; empty when absent.
pub(super) fn time_text(time: Option<Timestamp>) -> String {
    time.and_then(|time| {
        let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
        OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
    })
    .and_then(|time| time.format(&Rfc3339).ok())
    .unwrap_or_default()
}

/// A time that was written as RFC 3339, if any.
pub(super) fn time_of(field: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    let read = |text: String| {
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(|time| Timestamp {
                seconds: time.unix_timestamp(),
                nanos: 0,
            })
            .map_err(|_| wrong(field, "must be a time like 2027-01-31T12:00:00Z"))
    };
    text.map(read).transpose()
}

/// A number of rows; the reader of queries by itself does not say which key it could not read.
pub(super) fn page_size<'de, D: Deserializer<'de>>(query: D) -> Result<Option<u32>, D::Error> {
    String::deserialize(query)?
        .parse()
        .ok()
        .filter(|size| (1..=LARGEST_PAGE).contains(size))
        .map(Some)
        .ok_or_else(|| {
            D::Error::custom(format_args!(
                "page_size: must be a number from 1 to {LARGEST_PAGE}"
            ))
        })
}

/// `AUTHORITY_STATE_ACTIVE` as `active`.
fn state_word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix)
        .unwrap_or(name)
        .to_ascii_lowercase()
        .replace('_', "-")
}
