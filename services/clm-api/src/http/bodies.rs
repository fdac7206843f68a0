//! Bodies that several endpoints share.

use ers_runtime::clock::from_ms;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::domain::{
    inventory::{Entry, InventoryCertificate},
    policy::Policy,
    realm::Realm,
    request::CertificateRequest,
};

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
    /// Input field that is at fault.
    field: Option<String>,
    /// Seconds after which to try again.
    retry_after: Option<u32>,
}

/// A realm.
#[derive(Serialize, ToSchema)]
#[schema(as = Realm)]
pub(super) struct RealmBody {
    #[schema(example = "default")]
    name: String,
    /// What people call it.
    title: String,
    description: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Present when it is out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    archived_at: Option<String>,
    /// It comes with the platform and can be neither archived nor deleted.
    ready: bool,
    version: i64,
}

/// A policy in force.
#[derive(Serialize, ToSchema)]
#[schema(as = Policy)]
pub(super) struct PolicyBody {
    #[schema(example = "server")]
    name: String,
    #[schema(example = "default")]
    realm: String,
    #[schema(example = 1)]
    version: u32,
    description: String,
    /// YAML.
    definition: String,
    #[schema(format = DateTime)]
    updated_at: String,
    updated_by: String,
}

/// A certificate of the inventory.
#[derive(Serialize, ToSchema)]
#[schema(as = Certificate)]
pub(super) struct CertificateBody {
    /// Name of the CA.
    issuer: String,
    /// Lower-case hex.
    serial: String,
    /// SHA-256, lower-case hex.
    fingerprint: String,
    /// RFC 4514.
    #[schema(example = "CN=www.example.com")]
    subject: String,
    #[schema(example = json!(["dns:www.example.com"]))]
    subject_alternative_names: Vec<String>,
    #[schema(example = "P-256")]
    key_algorithm: String,
    #[schema(format = DateTime)]
    not_before: String,
    #[schema(format = DateTime)]
    not_after: String,
    /// `valid`, `revoked` or `expired`.
    #[schema(example = "valid")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_reason: Option<String>,
    realm: String,
    policy: String,
    policy_version: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    end_entity: String,
    requester: String,
    protocol: String,
    request_id: String,
    /// `issued` by a CA of ours, or `imported`.
    #[schema(example = "issued")]
    source: &'static str,
    /// A person's name or mail address; empty: nobody.
    #[schema(example = "web-team@example.org")]
    owner: String,
    /// `name` or `name=value`.
    #[schema(example = json!(["env=prod"]))]
    tags: Vec<String>,
    /// Where it is used.
    #[schema(example = json!(["lb-1.example.org"]))]
    locations: Vec<String>,
    comment: String,
    /// Counts changes of owner, tags, locations and comment; the ETag.
    version: i64,
}

/// A request that waits for a person, or failed.
#[derive(Serialize, ToSchema)]
#[schema(as = Request)]
pub(super) struct RequestBody {
    id: String,
    /// `pending-approval`, `approved`, `issued`, `declined` or `failed`.
    #[schema(example = "pending-approval")]
    state: &'static str,
    realm: String,
    policy: String,
    requester: String,
    protocol: &'static str,
    subject: String,
    subject_alternative_names: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    detail: String,
    /// In lists: whether the caller has asked for it with a key made here, and may fetch that now.
    key_is_there: bool,
}

impl From<Realm> for RealmBody {
    fn from(realm: Realm) -> Self {
        Self {
            ready: realm.is_ready(),
            name: realm.name.to_string(),
            title: realm.title,
            description: realm.description,
            created_at: realm.created_at.format(&Rfc3339).unwrap_or_default(),
            archived_at: realm.archived_at_ms.map(time_text),
            version: realm.version,
        }
    }
}

impl From<&Policy> for PolicyBody {
    fn from(policy: &Policy) -> Self {
        let rules = policy.definition.rules();
        Self {
            name: rules.name.to_string(),
            realm: rules.realm.to_string(),
            version: policy.version,
            description: rules.description.clone(),
            definition: policy.definition.text().to_owned(),
            updated_at: time_text(policy.updated_at_ms),
            updated_by: policy.updated_by.clone(),
        }
    }
}

impl CertificateBody {
    /// Names of the columns of [`CertificateBody::csv`].
    pub(super) const CSV_HEAD: [&'static str; 23] = [
        "fingerprint",
        "serial",
        "issuer",
        "subject",
        "subject_alternative_names",
        "key_algorithm",
        "not_before",
        "not_after",
        "state",
        "revoked_at",
        "revocation_reason",
        "realm",
        "policy",
        "policy_version",
        "end_entity",
        "requester",
        "protocol",
        "request_id",
        "source",
        "owner",
        "tags",
        "locations",
        "comment",
    ];

    /// A row of CSV; what there may be several of stands line by line in its cell.
    pub(super) fn csv(&self) -> String {
        let (names, locations) = (
            self.subject_alternative_names.join("\n"),
            self.locations.join("\n"),
        );
        let (version, tags) = (self.policy_version.to_string(), self.tags.join("\n"));
        super::csv::row([
            self.fingerprint.as_str(),
            &self.serial,
            &self.issuer,
            &self.subject,
            &names,
            &self.key_algorithm,
            &self.not_before,
            &self.not_after,
            self.state,
            self.revoked_at.as_deref().unwrap_or_default(),
            self.revocation_reason.as_deref().unwrap_or_default(),
            &self.realm,
            &self.policy,
            &version,
            &self.end_entity,
            &self.requester,
            &self.protocol,
            &self.request_id,
            self.source,
            &self.owner,
            &tags,
            &locations,
            &self.comment,
        ])
    }

    pub(super) fn of(entry: Entry, now_ms: i64) -> Self {
        let certificate: InventoryCertificate = entry.certificate;
        let note = entry.note;
        let source = certificate.origin.source().as_str();
        let state = certificate.state(now_ms).as_str();
        let (revoked_at, revocation_reason) = match certificate.revocation {
            Some(revocation) => (Some(time_text(revocation.at_ms)), Some(revocation.reason)),
            None => (None, None),
        };
        Self {
            issuer: certificate.issuer,
            serial: certificate.serial,
            fingerprint: certificate.fingerprint,
            subject: certificate.subject,
            subject_alternative_names: certificate.names,
            key_algorithm: certificate.key_algorithm,
            not_before: time_text(certificate.not_before_ms),
            not_after: time_text(certificate.not_after_ms),
            state,
            revoked_at,
            revocation_reason,
            realm: certificate.origin.realm,
            policy: certificate.origin.policy,
            policy_version: certificate.origin.policy_version,
            end_entity: certificate.origin.end_entity,
            requester: certificate.origin.requester,
            protocol: certificate.origin.protocol,
            request_id: certificate.request_id,
            source,
            owner: note.owner,
            tags: note.tags.iter().map(ToString::to_string).collect(),
            locations: note.locations,
            comment: note.comment,
            version: note.version,
        }
    }
}

impl RequestBody {
    /// Says whether the caller may fetch its key now.
    pub(super) fn with_key(mut self, is_there: bool) -> Self {
        self.key_is_there = is_there;
        self
    }
}

impl From<CertificateRequest> for RequestBody {
    fn from(request: CertificateRequest) -> Self {
        Self {
            id: request.id.to_string(),
            state: request.state.as_str(),
            realm: request.summary.realm.to_string(),
            policy: request.summary.policy.to_string(),
            requester: request.summary.requester.to_string(),
            protocol: request.summary.protocol.as_str(),
            subject: request.summary.subject,
            subject_alternative_names: request.summary.names,
            created_at: time_text(request.created_at_ms),
            decided_by: request.decided_by,
            detail: request.detail,
            key_is_there: false,
        }
    }
}

/// RFC 3339, UTC.
pub(super) fn time_text(ms: i64) -> String {
    from_ms(ms).format(&Rfc3339).unwrap_or_default()
}
