//! `GET /v1/certificates/{id}`: one certificate, as JSON, PEM or DER.

use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use ers_pki::pem;
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody},
    headers::etag,
};
use crate::{
    domain::id::CertificateId,
    flows::{Flows, Shown},
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
            .json(whole(shown, flows.clock.now_ms())),
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

fn whole(shown: Shown, now_ms: i64) -> WholeCertificate {
    WholeCertificate {
        certificate_pem: certificate_pem(&shown.entry.certificate.der),
        chain_pem: shown.chain.iter().map(|der| certificate_pem(der)).collect(),
        certificate: CertificateBody::of(shown.entry, now_ms),
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
