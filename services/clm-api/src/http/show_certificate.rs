//! `GET /v1/certificates/{id}`: one certificate, as JSON, PEM or DER.

use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use ers_pki::pem;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody, time_text},
    headers::etag,
};
use crate::{
    domain::{id::CertificateId, inventory::CertificateState, inventory_filter::Source},
    flows::{Flows, ServerKeyState, Shown},
};

const PEM: &str = "application/x-pem-file";
const DER: &str = "application/pkix-cert";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FormatQuery {
    /// `json`, `pem` (with chain, without the root) or `der`; else what `Accept` asks for.
    format: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WholeCertificate {
    #[serde(flatten)]
    certificate: CertificateBody,
    /// PEM.
    certificate_pem: String,
    /// PEM; the issuer first, the root last.
    chain_pem: Vec<String>,
    /// Present when its key was made here, and is not forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_key: Option<ServerKeyBody>,
    /// When clients are told to renew it (RFC 9773); absent for one that was imported or is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    renewal: Option<RenewalBody>,
}

/// When a certificate should be renewed.
#[derive(Serialize, ToSchema)]
#[schema(as = RenewalWindow)]
struct RenewalBody {
    #[schema(format = DateTime)]
    start: String,
    #[schema(format = DateTime)]
    end: String,
    /// Somebody wants it sooner than usual; maintenance is not waited for then.
    pulled_forward: bool,
}

/// The key of a certificate, made here.
#[derive(Serialize, ToSchema)]
#[schema(as = ServerKey)]
struct ServerKeyBody {
    #[schema(example = "P-256")]
    key_algorithm: &'static str,
    #[schema(format = DateTime)]
    made_at: String,
    /// It stays here, sealed, and can be recovered.
    kept: bool,
    /// The newest recovery of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<RecoveryState>,
}

#[derive(Serialize, ToSchema)]
struct RecoveryState {
    id: String,
    /// As of a key recovery.
    #[schema(example = "pending-approval")]
    state: &'static str,
}

enum Format {
    Json,
    Pem,
    Der,
}

/// One certificate
#[utoipa::path(
    tag = "certificates",
    params(
        ("id" = String, Path, description = "Serial or fingerprint, hex; a unique beginning of 8 or more digits will do"),
        FormatQuery
    ),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The certificate", content(
            (WholeCertificate = "application/json"),
            (String = "application/x-pem-file"),
            (Vec<u8> = "application/pkix-cert"),
        )),
        (status = 400, description = "Not an id, or of several", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates/{id}")]
pub(super) async fn show_certificate(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    query: web::Query<FormatQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let format = format_of(&request, query.format.as_deref())?;
    let id = CertificateId::from_typed(&id).map_err(|error| wrong("id", error))?;
    let shown = flows
        .show_certificate(&id, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(match format {
        Format::Json => HttpResponse::Ok()
            .insert_header(etag(shown.entry.note.version))
            .json(whole(&flows, shown).await?),
        Format::Pem => HttpResponse::Ok().content_type(PEM).body(bundle(&shown)),
        Format::Der => HttpResponse::Ok()
            .content_type(DER)
            .body(shown.entry.certificate.der),
    })
}

fn format_of(request: &HttpRequest, asked: Option<&str>) -> Result<Format, Problem> {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match asked {
        Some("json") => Ok(Format::Json),
        Some("pem") => Ok(Format::Pem),
        Some("der") => Ok(Format::Der),
        Some(_) => Err(wrong("format", "must be one of json, pem, der")),
        None if accept.contains(PEM) => Ok(Format::Pem),
        None if accept.contains(DER) => Ok(Format::Der),
        None => Ok(Format::Json),
    }
}

async fn whole(flows: &Flows, shown: Shown) -> Result<WholeCertificate, Problem> {
    let key = flows.server_key_of(&shown.entry).await.map_err(problem)?;
    let renewal = renewal_of(flows, &shown).await?;
    Ok(WholeCertificate {
        renewal,
        server_key: key.map(ServerKeyBody::from),
        certificate_pem: certificate_pem(&shown.entry.certificate.der),
        chain_pem: shown.chain.iter().map(|der| certificate_pem(der)).collect(),
        certificate: CertificateBody::of(shown.entry, flows.clock.now_ms()),
    })
}

async fn renewal_of(flows: &Flows, shown: &Shown) -> Result<Option<RenewalBody>, Problem> {
    let certificate = &shown.entry.certificate;
    let is_ours = certificate.origin.source() == Source::Issued;
    if !is_ours || certificate.state(flows.clock.now_ms()) != CertificateState::Valid {
        return Ok(None);
    }
    let suggestion = flows.suggestion_for(certificate).await.map_err(problem)?;
    Ok(Some(RenewalBody {
        start: time_text(suggestion.window.start_ms),
        end: time_text(suggestion.window.end_ms),
        pulled_forward: suggestion.pulled_forward,
    }))
}

impl From<ServerKeyState> for ServerKeyBody {
    fn from(key: ServerKeyState) -> Self {
        Self {
            key_algorithm: key.algorithm.as_str(),
            made_at: time_text(key.created_at_ms),
            kept: key.kept,
            recovery: key.recovery.map(|(id, state)| RecoveryState {
                id,
                state: state.as_str(),
            }),
        }
    }
}

/// The certificate and its chain without the root, as servers want it.
fn bundle(shown: &Shown) -> String {
    let above = shown
        .chain
        .split_last()
        .map(|(_, above)| above)
        .unwrap_or_default();
    std::iter::once(&shown.entry.certificate.der)
        .chain(above)
        .map(|der| certificate_pem(der))
        .collect()
}

pub(super) fn certificate_pem(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}
