//! `/v1/certificates`: read, issued, revoked.

use actix_web::{HttpResponse, get, post, web};
use ers_pki::{KeyUsages, csr::Csr, profile::Period};
use ers_proto::cara::v1::{
    self as wire, certificates_server::Certificates, issuance_server::Issuance,
    load_certificate_request::By,
};
use ers_runtime::{
    error::chain,
    http::{Problem, wrong},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    allowed::{Allowed, needs},
    bodies::{CertificateBody, ProblemBody, certificate_pem, page_size, time_of},
    problems::refused,
};
use crate::grpc::Service;

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct CertificateQuery {
    /// Only of that CA.
    issuer: String,
    /// Hex, of any CA.
    serial: String,
    /// SHA-256 of the certificate, hex.
    fingerprint: String,
    /// RFC 4514, the whole; case does not count.
    subject: String,
    /// `CN=www.example.com`; `CN=www*` for all that begin so.
    subject_attribute: Option<String>,
    /// `dns:www.example.com` `ip:192.0.2.1` `email:…` `uri:…` `upn:…`; `dns:.example.com`: all below.
    name: Option<String>,
    /// Hex.
    subject_key_identifier: String,
    /// SHA-256 of the SubjectPublicKeyInfo, hex.
    public_key_fingerprint: String,
    profile: String,
    /// `valid`, `revoked`, `held` or `expired`.
    state: String,
    /// RFC 3339.
    issued_from: Option<String>,
    /// RFC 3339.
    issued_until: Option<String>,
    /// RFC 3339.
    expires_from: Option<String>,
    /// RFC 3339.
    expires_until: Option<String>,
    /// CLM's policy that allowed it.
    policy: String,
    end_entity: String,
    /// At most so many; 100, at most 1000.
    #[serde(deserialize_with = "page_size")]
    page_size: Option<u32>,
    /// `next_page_token` of the page before, with the same search.
    page_token: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CertificateList {
    /// Newest first.
    certificates: Vec<CertificateBody>,
    /// Empty: there are no more.
    next_page_token: String,
    /// What was issued just now may be missing.
    incomplete: bool,
}

/// A certificate to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCertificate {
    /// The same again gives the same certificate; absent: drawn anew.
    request_id: Option<String>,
    /// Name of the CA.
    #[schema(example = "default-sub")]
    issuer: String,
    /// Name of the profile.
    #[schema(example = "tls-server")]
    profile: String,
    /// PKCS#10, PEM. Subject and names are taken from it where the profile allows.
    csr: String,
    /// Instead of those in the CSR.
    #[schema(example = json!(["dns:www.example.com"]))]
    subject_alternative_names: Option<Vec<String>>,
    /// E.g. `90d`; absent: the profile's default.
    validity: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct IssuedCertificate {
    #[serde(flatten)]
    certificate: CertificateBody,
    /// PEM; the issuer first, the root left out.
    chain_pem: Vec<String>,
}

/// Search certificates
#[utoipa::path(
    tag = "certificates",
    params(CertificateQuery),
    extensions(("x-permission" = json!("read-certificates"))),
    responses(
        (status = 200, description = "A page of certificates", body = CertificateList),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates")]
pub(super) async fn list_certificates(
    allowed: Allowed<needs::ReadCertificates>,
    service: web::Data<Service>,
    query: web::Query<CertificateQuery>,
) -> Result<web::Json<CertificateList>, Problem> {
    let request = search(query.into_inner())?;
    names_one_of_theirs(&allowed, &request.issuer)?;
    let answer = service
        .search(allowed.call(request))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(CertificateList {
        certificates: answer.certificates.into_iter().map(Into::into).collect(),
        next_page_token: answer.next_page_token,
        incomplete: answer.incomplete,
    }))
}

fn search(query: CertificateQuery) -> Result<wire::SearchCertificatesRequest, Problem> {
    let bytes = |field, text: &str| hex::decode(text).map_err(|_| wrong(field, "must be hex"));
    let state = match query.state.as_str() {
        "" => wire::SearchState::Unspecified,
        "valid" => wire::SearchState::Valid,
        "revoked" => wire::SearchState::Revoked,
        "held" => wire::SearchState::Held,
        "expired" => wire::SearchState::Expired,
        _ => {
            return Err(wrong(
                "state",
                "must be one of valid, revoked, held, expired",
            ));
        }
    };
    Ok(wire::SearchCertificatesRequest {
        serial: query.serial,
        fingerprint: bytes("fingerprint", &query.fingerprint)?,
        subject: query.subject,
        subject_attributes: query.subject_attribute.into_iter().collect(),
        names: query.name.into_iter().collect(),
        subject_key_identifier: bytes("subject_key_identifier", &query.subject_key_identifier)?,
        public_key_fingerprint: bytes("public_key_fingerprint", &query.public_key_fingerprint)?,
        issuer: query.issuer,
        profile: query.profile,
        state: state.into(),
        issued: range(
            ("issued_from", query.issued_from),
            ("issued_until", query.issued_until),
        )?,
        not_after: range(
            ("expires_from", query.expires_from),
            ("expires_until", query.expires_until),
        )?,
        policy: query.policy,
        end_entity: query.end_entity,
        page_size: query.page_size.unwrap_or_default(),
        page_token: query.page_token,
        ..wire::SearchCertificatesRequest::default()
    })
}

fn range(
    from: (&str, Option<String>),
    until: (&str, Option<String>),
) -> Result<Option<wire::TimeRange>, Problem> {
    let (from, until) = (time_of(from.0, from.1)?, time_of(until.0, until.1)?);
    let is_open = from.is_none() && until.is_none();
    Ok((!is_open).then_some(wire::TimeRange { from, until }))
}

/// Issue a certificate
#[utoipa::path(
    tag = "certificates",
    extensions(("x-permission" = json!("issue-certificates"))),
    request_body = NewCertificate,
    responses(
        (status = 201, description = "Issued", body = IssuedCertificate),
        (status = 400, description = "A field is wrong, or not as the profile says", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA or profile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The CA does not issue, or the request id was used for something else", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Try again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/certificates")]
pub(super) async fn issue_certificate(
    allowed: Allowed<needs::IssueCertificates>,
    service: web::Data<Service>,
    new: web::Json<NewCertificate>,
) -> Result<HttpResponse, Problem> {
    let new = new.into_inner();
    allowed.with_authority(&new.issuer)?;
    let csr = Csr::from_pem(&new.csr).map_err(|error| wrong("csr", chain(&error)))?;
    let validity: Option<Period> = new
        .validity
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("validity", error))?;
    let request_id = new
        .request_id
        .unwrap_or_else(|| format!("rest-{}", uuid::Uuid::new_v4()));
    let request = wire::IssueRequest {
        request_id: request_id.clone(),
        issuer: new.issuer,
        profile: new.profile,
        public_key: csr.public_key().spki_der().to_vec(),
        subject: csr.subject().to_der().to_vec(),
        subject_alternative_names: new
            .subject_alternative_names
            .unwrap_or_else(|| csr.names().iter().map(ToString::to_string).collect()),
        validity: validity.map(|validity| prost_types::Duration {
            seconds: validity.duration().whole_seconds(),
            nanos: 0,
        }),
        origin: Some(wire::Origin {
            requester: allowed.actor(),
            protocol: "rest".into(),
            ..wire::Origin::default()
        }),
        ..wishes_of(&csr)
    };
    let work = service.issue(allowed.call(request));
    let issued = allowed
        .act(&service, "issue-certificate", &request_id, work)
        .await?
        .into_inner();
    let certificate = issued.certificate.unwrap_or_default();
    Ok(HttpResponse::Created().json(IssuedCertificate {
        certificate: certificate.into(),
        chain_pem: issued
            .chain
            .iter()
            .map(|der| certificate_pem(der))
            .collect(),
    }))
}

/// One certificate
#[utoipa::path(
    tag = "certificates",
    params(
        ("issuer" = String, Path, description = "Name of the CA"),
        ("serial" = String, Path, description = "Hex"),
    ),
    extensions(("x-permission" = json!("read-certificates"))),
    responses(
        (status = 200, description = "The certificate", body = CertificateBody),
        (status = 400, description = "Not a serial", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates/{issuer}/{serial}")]
pub(super) async fn show_certificate(
    allowed: Allowed<needs::ReadCertificates>,
    service: web::Data<Service>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<CertificateBody>, Problem> {
    let (issuer, serial) = path.into_inner();
    allowed.with_authority(&issuer)?;
    let request = wire::LoadCertificateRequest {
        by: Some(By::IssuerAndSerial(wire::IssuerAndSerial {
            issuer,
            serial,
        })),
    };
    let certificate = Certificates::load(&**service, allowed.call(request))
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(certificate.into()))
}

/// Who administers some CAs only must say which one's certificates they want to see.
fn names_one_of_theirs<N>(allowed: &Allowed<N>, issuer: &str) -> Result<(), Problem> {
    if issuer.is_empty() && !allowed.administrator().authorities.is_empty() {
        return Err(wrong("issuer", "name one of the CAs that you administer"));
    }
    allowed.with_authority(issuer)
}

/// What a CSR asks for beside subject and names; the profile decides what of it counts.
fn wishes_of(csr: &Csr) -> wire::IssueRequest {
    let key_usage = csr.key_usage().into_iter().flat_map(KeyUsages::iter);
    let extended_key_usage = csr.extended_key_usage();
    let extensions = csr
        .extensions()
        .iter()
        .map(|wished| wire::RequestedExtension {
            oid: wished.oid.to_string(),
            critical: wished.critical,
            value: wished.value.clone(),
        });
    wire::IssueRequest {
        key_usage: key_usage.map(|usage| usage.to_string()).collect(),
        extended_key_usage: extended_key_usage.iter().map(ToString::to_string).collect(),
        extensions: extensions.collect(),
        ..wire::IssueRequest::default()
    }
}
