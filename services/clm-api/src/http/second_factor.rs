//! `/v1/account/second-factor`: codes from an authenticator app, for one's own account.

use actix_web::{HttpResponse, http::header, post, web};
use ers_runtime::http::{Problem, problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{Caller, bodies::ProblemBody};
use crate::flows::Flows;

#[derive(Serialize, ToSchema)]
pub(super) struct SecondFactorBody {
    /// Base32, for typing; shown this once.
    secret: String,
    /// For a QR code; shown this once.
    #[schema(example = "otpauth://totp/ERS:anna?secret=…&issuer=ERS")]
    uri: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    /// Six digits.
    #[schema(example = "123456", max_length = 6)]
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
}

/// Make a second factor (RFC 6238)
///
/// It counts from its confirmation by a first code on.
#[utoipa::path(
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 201, description = "Made", body = SecondFactorBody),
        (status = 409, description = "There is one already", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/account/second-factor")]
pub(super) async fn make_second_factor(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<HttpResponse, Problem> {
    let made = flows
        .make_second_factor(caller.account()?, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SecondFactorBody {
            secret: made.secret.to_string(),
            uri: made.uri.to_string(),
        }))
}

/// Confirm the second factor with a first code
#[utoipa::path(
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = Code,
    responses(
        (status = 204, description = "Confirmed: from now on a code is asked for"),
        (status = 400, description = "The code is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "None was made", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/account/second-factor/confirmation")]
pub(super) async fn confirm_second_factor(
    caller: Caller,
    flows: web::Data<Flows>,
    code: web::Json<Code>,
) -> Result<HttpResponse, Problem> {
    flows
        .confirm_second_factor(caller.account()?, &code.code, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take one's own second factor away
#[utoipa::path(
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = OwnPassword,
    responses(
        (status = 204, description = "Taken away"),
        (status = 400, description = "The password is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/account/second-factor/removal")]
pub(super) async fn drop_second_factor(
    caller: Caller,
    flows: web::Data<Flows>,
    own: web::Json<OwnPassword>,
) -> Result<HttpResponse, Problem> {
    let password = Zeroizing::new(own.into_inner().password);
    flows
        .drop_second_factor(caller.account()?, &password, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}
