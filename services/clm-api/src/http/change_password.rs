//! `POST /v1/account/password`: change one's own password.

use actix_web::{HttpResponse, post, web};
use ers_runtime::http::{Problem, problem};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{Caller, bodies::ProblemBody};
use crate::flows::Flows;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    #[schema(format = Password)]
    present_password: String,
    /// At least 12 characters.
    #[schema(format = Password)]
    new_password: String,
}

/// Change one's own password
///
/// Other sessions of the account end.
#[utoipa::path(
    tag = "account",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "Present password wrong, or the new one too weak", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/account/password")]
pub(super) async fn change_password(
    caller: Caller,
    flows: web::Data<Flows>,
    change: web::Json<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let change = change.into_inner();
    let (present, new) = (
        Zeroizing::new(change.present_password),
        Zeroizing::new(change.new_password),
    );
    let (_, token) = caller.session()?;
    let username = caller.account()?;
    flows
        .change_password(username, &present, &new, &caller.actor(), token)
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}
