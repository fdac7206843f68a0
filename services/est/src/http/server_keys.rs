//! `POST /serverkeygen`: multipart/mixed, the key first (RFC 7030 section 4.4.2).

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use ers_pki::cms;
use zeroize::Zeroizing;

use super::{answers, incoming};
use crate::{
    domain::body::{self, Lines},
    failure::Failure,
    flows::{Asked, Flows, MadeKey},
};

const PLAIN: &str = "application/pkcs8";
const ENCRYPTED: &str = "application/pkcs7-mime; smime-type=server-generated-key";

pub(super) async fn make(
    flows: web::Data<Flows>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let policy = incoming::policy(&flows, &request).await?;
    let shown = incoming::shown(&flows, &request)?;
    let known = flows.authenticate(&policy, &shown).await?;
    let csr = incoming::csr(&request, &body)?;
    let asked = Asked {
        policy: &policy,
        shown: &shown,
        known: &known,
        csr: &csr,
        again: false,
    };
    let made = flows.server_key(&asked).await?;
    // Base64 has no hyphens: no part can hold this.
    let boundary = format!("ers-{}", uuid::Uuid::new_v4());
    let parts = parts(&made, &boundary, answers::lines(request.headers()));
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            format!("multipart/mixed; boundary={boundary}"),
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(parts.as_str().to_owned()))
}

fn parts(made: &MadeKey, boundary: &str, lines: Lines) -> Zeroizing<String> {
    let key = Zeroizing::new(body::write(&made.key, lines));
    let message = cms::certificates_only([made.certificate.as_slice()]);
    let certificate = body::write(&message, lines);
    let kind = if made.encrypted { ENCRYPTED } else { PLAIN };
    let mut parts = Zeroizing::new(String::with_capacity(key.len() + certificate.len() + 1024));
    for (kind, content) in [(kind, key.as_str()), (answers::CERTIFICATES, &certificate)] {
        let _ = write!(
            parts,
            "--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n"
        );
    }
    let _ = write!(parts, "--{boundary}--\r\n");
    parts
}
