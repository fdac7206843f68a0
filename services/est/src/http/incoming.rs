//! What a request shows: policy, password, certificates, body. Certificates and addresses in headers are believed from the
//! ingress alone, which shows its own identity.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header, web::Bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_pki::csr::Csr;
use ers_proto::clm::v1::EdgePolicy;
use ers_runtime::http::{ClientCertificates, SessionExporter, ingress};
use zeroize::Zeroizing;

use crate::{
    domain::body,
    failure::Failure,
    flows::{Flows, Shown},
};

const INGRESS: &str = "ingress";
const LONGEST_POLICY: usize = 64;
const LONGEST_BASIC: usize = 4096;
const PKCS10: &str = "application/pkcs10";

/// The policy of the path, or the default one.
pub(super) async fn policy(
    flows: &Flows,
    request: &HttpRequest,
) -> Result<Arc<EdgePolicy>, Failure> {
    let name = request.match_info().get("policy").unwrap_or_default();
    let is_name = name.len() <= LONGEST_POLICY
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_name {
        return Err(Failure::NotFound(
            "there is no policy of that name".to_owned(),
        ));
    }
    Ok(flows.clm.load_policy(name).await?)
}

/// What a request shows of who sent it.
pub(super) fn shown(flows: &Flows, request: &HttpRequest) -> Result<Shown, Failure> {
    let session = request
        .conn_data::<ClientCertificates>()
        .map(|shown| shown.0.as_slice())
        .unwrap_or_default();
    let peer = request
        .peer_addr()
        .map(|address| address.ip().to_canonical().to_string());
    let service = flows.identity.service_of(session, flows.clock.now());
    let (certificates, address, exporter) = match service.as_deref() {
        Some(INGRESS) => (
            ingress::client_certificate(request)
                .map_err(|problem| Failure::BadRequest(problem.to_string()))?
                .into_iter()
                .collect(),
            ingress::client_address(request).or(peer),
            None,
        ),
        // What a service of ours shows is no client's.
        Some(_) => (Vec::new(), peer, None),
        None => (
            session.iter().map(|shown| shown.to_vec()).collect(),
            peer,
            request
                .conn_data::<SessionExporter>()
                .map(|exporter| exporter.0),
        ),
    };
    Ok(Shown {
        password: basic(request)?,
        certificates,
        address: address.unwrap_or_default(),
        exporter,
    })
}

/// Name and password of HTTP Basic, RFC 7617.
fn basic(request: &HttpRequest) -> Result<Option<(String, Zeroizing<String>)>, Failure> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let wrong = || {
        Failure::BadRequest("read Authorization: must be Basic with name and password".to_owned())
    };
    let text = value.to_str().map_err(|_| wrong())?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > LONGEST_BASIC {
        return Err(wrong());
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| wrong())?);
    let decoded = std::str::from_utf8(&decoded).map_err(|_| wrong())?;
    let (name, password) = decoded.split_once(':').ok_or_else(wrong)?;
    Ok(Some((name.to_owned(), Zeroizing::new(password.to_owned()))))
}

/// The CSR of a body: its form, and the proof that who sent it has the key.
pub(super) fn csr(request: &HttpRequest, body: &Bytes) -> Result<Csr, Failure> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case(PKCS10) {
        return Err(Failure::MediaType(PKCS10));
    }
    let der = body::read(body).map_err(|error| Failure::BadRequest(error.to_string()))?;
    Csr::from_der(&der).map_err(|error| Failure::BadRequest(ers_runtime::error::chain(&error)))
}
