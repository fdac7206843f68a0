//! `POST /v1/certificates`: a certificate from a CSR, under a policy.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, post, web};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ers_pki::{certificate::Certificate, name::Name, pem, profile::Period};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Caller, bodies::ProblemBody, headers::idempotency_key, show_certificate::certificate_pem,
};
use crate::{
    clients::IssuedCertificate,
    domain::{id::RequestId, protocol::Protocol, refusal::Refusal},
    flows::{
        Enroll, EnrollError, Flows, KeySource, Outcome, ServerKeyError, ServerKeyOutcome,
        ServerKeyWish,
    },
};

/// The identity whose default policy holds.
const CLIENT: &str = "administrator";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateWish {
    /// PEM. Absent: the key is made here, see `server_key`.
    csr: Option<String>,
    /// The key is made here, where the policy allows it.
    server_key: Option<ServerKeyBody>,
    /// Absent: the default policy.
    #[schema(example = "server")]
    policy: Option<String>,
    /// The same id gives the same certificate. Absent: that of the header `Idempotency-Key`, else a new one.
    request_id: Option<String>,
    /// RFC 4514; absent: that of the CSR.
    subject: Option<String>,
    /// Absent: those of the CSR.
    #[serde(default)]
    #[schema(example = json!(["dns:www.example.com"]))]
    subject_alternative_names: Vec<String>,
    /// Absent: the time of issue.
    #[schema(format = DateTime)]
    not_before: Option<String>,
    /// Absent: the policy's default.
    #[schema(example = "90d")]
    validity: Option<String>,
    /// Name of an end entity of the policy's realm.
    end_entity: Option<String>,
}

/// A key that is made here, and goes out in PKCS#12.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServerKeyWish)]
pub(super) struct ServerKeyBody {
    /// Absent: the policy's first.
    #[schema(example = "P-256")]
    key_algorithm: Option<String>,
    /// Of the PKCS#12 file: 12 to 128 characters.
    #[schema(format = Password, min_length = 12, max_length = 128)]
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct IssuedBody {
    request_id: String,
    issuer: String,
    serial: String,
    /// SHA-256, lower-case hex.
    fingerprint: String,
    /// PEM.
    certificate_pem: String,
    /// PEM; the issuer first, the root left out.
    chain_pem: Vec<String>,
    /// Base64: key and certificates, when the key was made here. It can be had so for a day, by repeating the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pkcs12: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WaitingBody {
    request_id: String,
    /// `pending-approval`
    state: &'static str,
    /// Seconds after which to ask again, with the same request id.
    retry_after: i64,
}

/// Ask for a certificate
///
/// For a CSR, or with a key that is made here. While it waits, the same is asked again under the same request id.
#[utoipa::path(
    tag = "certificates",
    security(("bearer" = []), ("cookie" = [])),
    request_body = CertificateWish,
    responses(
        (status = 201, description = "Issued", body = IssuedBody),
        (status = 202, description = "Waits for approval", body = WaitingBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such policy", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The request id was used for something else, or its key was delivered more than a day ago", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Refused; the detail names the field and what the policy allows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "CARA is out of reach; the same request id may be tried again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/certificates")]
pub(super) async fn enroll(
    caller: Caller,
    flows: web::Data<Flows>,
    request: HttpRequest,
    wish: web::Json<CertificateWish>,
) -> Result<HttpResponse, Problem> {
    let mut wish = wish.into_inner();
    if wish.request_id.is_none() {
        wish.request_id = idempotency_key(&request)?;
    }
    let server_key = read_server_key(&mut wish)?;
    let call = read(&caller, wish)?;
    let policy = flows.policy_of(&call).map_err(failure)?;
    let rules = policy.definition.rules();
    caller.demand_policy(&rules.realm, &rules.name)?;
    let Some(server_key) = server_key else {
        let outcome = flows.enroll(&call).await.map_err(failure)?;
        return answer(&call.request_id, outcome, None);
    };
    let id = call.request_id.clone();
    let made = flows
        .enroll_with_server_key(call, server_key, &caller.actor())
        .await
        .map_err(failure_with_key)?;
    match made {
        ServerKeyOutcome::Issued(issued, file) => answer(&id, Outcome::Issued(issued), Some(&file)),
        ServerKeyOutcome::Other(outcome) => answer(&id, outcome, None),
    }
}

fn answer(
    id: &RequestId,
    outcome: Outcome,
    pkcs12: Option<&Zeroizing<Vec<u8>>>,
) -> Result<HttpResponse, Problem> {
    match outcome {
        Outcome::Issued(issued) => issued_response(id, &issued, pkcs12),
        Outcome::Waiting { retry_after } => Ok(HttpResponse::Accepted()
            .insert_header((header::RETRY_AFTER, retry_after.whole_seconds().to_string()))
            .json(WaitingBody {
                request_id: id.to_string(),
                state: "pending-approval",
                retry_after: retry_after.whole_seconds(),
            })),
        Outcome::Refused(refusal) => Err(refused(refusal)),
    }
}

fn read_server_key(wish: &mut CertificateWish) -> Result<Option<ServerKeyWish>, Problem> {
    let server_key = wish.server_key.take();
    if server_key.is_some() == wish.csr.is_some() {
        return Err(wrong("csr", "either this or server_key"));
    }
    let Some(server_key) = server_key else {
        return Ok(None);
    };
    let password = Zeroizing::new(server_key.password);
    let algorithm = server_key
        .key_algorithm
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("key_algorithm", error))?;
    Ok(Some(ServerKeyWish {
        algorithm,
        password,
    }))
}

fn read(caller: &Caller, wish: CertificateWish) -> Result<Enroll, Problem> {
    let csr = match &wish.csr {
        Some(text) => pem::decode(text, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])
            .map_err(|error| wrong("csr", error))?,
        // The key that is made takes its place.
        None => Vec::new(),
    };
    let subject: Option<Name> = wish
        .subject
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("subject", error))?;
    let request_id = wish
        .request_id
        .unwrap_or_else(|| format!("rest-{}", Uuid::new_v4()));
    let validity: Option<Period> = wish
        .validity
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("validity", error))?;
    Ok(Enroll {
        request_id: request_id
            .parse()
            .map_err(|error| wrong("request_id", error))?,
        client: CLIENT.to_owned(),
        protocol: Protocol::Rest,
        policy: wish
            .policy
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("policy", error))?,
        requester: caller.requester()?,
        end_entity: wish
            .end_entity
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("end_entity", error))?,
        key: KeySource::Csr(csr),
        sealed_key: None,
        subject: subject.map(|subject| subject.to_der().to_vec()),
        names: wish.subject_alternative_names,
        not_before: wish
            .not_before
            .as_deref()
            .map(|text| OffsetDateTime::parse(text, &Rfc3339))
            .transpose()
            .map_err(|error| wrong("not_before", error))?,
        validity: validity.map(Period::duration),
        names_proven: false,
        renews: None,
        authenticated_by: String::new(),
    })
}

fn issued_response(
    id: &RequestId,
    issued: &IssuedCertificate,
    pkcs12: Option<&Zeroizing<Vec<u8>>>,
) -> Result<HttpResponse, Problem> {
    let certificate = Certificate::from_der(&issued.certificate).map_err(|error| {
        tracing::error!(%error, request_id = %id, "certificate of CARA's not readable");
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })?;
    let fingerprint = hex::encode(certificate.fingerprint());
    let mut response = HttpResponse::Created();
    if pkcs12.is_some() {
        response.insert_header((header::CACHE_CONTROL, "no-store"));
    }
    Ok(response
        .insert_header((
            header::LOCATION,
            format!("/clm-api/v1/certificates/{fingerprint}"),
        ))
        .json(IssuedBody {
            request_id: id.to_string(),
            issuer: issued.issuer.clone(),
            serial: issued.serial.clone(),
            fingerprint,
            certificate_pem: certificate_pem(&issued.certificate),
            chain_pem: issued
                .chain
                .iter()
                .map(|der| certificate_pem(der))
                .collect(),
            pkcs12: pkcs12.map(|file| BASE64.encode(file.as_slice())),
        }))
}

fn failure(error: EnrollError) -> Problem {
    match error {
        EnrollError::RequestIdTaken(_) => {
            Problem::of(StatusCode::CONFLICT, error.to_string()).in_field("request_id")
        }
        error => problem(error),
    }
}

fn failure_with_key(error: ServerKeyError) -> Problem {
    match error {
        ServerKeyError::Enroll(error) => failure(error),
        error => problem(error),
    }
}

fn refused(refusal: Refusal) -> Problem {
    let field = refusal
        .detail
        .split(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    Problem {
        kind: format!("urn:ers:clm:refused:{}", refusal.reason),
        title: "Request refused",
        ..Problem::of(StatusCode::UNPROCESSABLE_ENTITY, refusal.detail)
    }
    .in_field(field)
}
