//! `POST /v1/requests/{id}/key`: the key that was made here for a request, when its certificate came after a decision.

use actix_web::{HttpResponse, http::header, post, web};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ers_runtime::http::{Problem, problem, wrong};
use zeroize::Zeroizing;

use super::{
    Caller,
    bodies::ProblemBody,
    key_recoveries::{KeyFile, KeyWish},
};
use crate::flows::Flows;

/// Fetch the key of a request of one's own
///
/// For who asked for a certificate with a key made here and waited for a decision: within 30 days after it, and then for a
/// day after the first time.
#[utoipa::path(
    tag = "requests",
    params(("id" = String, Path, description = "Id of the request")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = KeyWish,
    responses(
        (status = 200, description = "Key and certificates", body = KeyFile),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No key was made for such a request of the caller's, or it is not there any more", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no certificate yet, or the key was fetched more than a day ago", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer or CARA is out of reach; may be tried again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/requests/{id}/key")]
pub(super) async fn fetch_request_key(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    wish: web::Json<KeyWish>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|error| wrong("id", error))?;
    let password = Zeroizing::new(wish.into_inner().password);
    let (issued, file) = flows
        .fetch_server_key(
            &id,
            password,
            &caller.requester()?,
            &caller.reach(),
            &caller.actor(),
        )
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(KeyFile {
            pkcs12: BASE64.encode(file.as_slice()),
            file_name: format!("{}.p12", issued.serial),
        }))
}
