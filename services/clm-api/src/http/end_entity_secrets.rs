//! `/v1/end-entities/{realm}/{name}/password` and `/shared-secret`: what end entities are known by.

use actix_web::{HttpResponse, delete, http::header, put, web};
use ers_runtime::http::{Problem, problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    Caller,
    bodies::ProblemBody,
    end_entities::{Place, named},
};
use crate::flows::{Flows, Secret};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(super) struct SecretWish {
    /// 12 to 256 characters; absent: one is made.
    #[schema(format = Password, min_length = 12, max_length = 256)]
    secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MadeSecret {
    /// What was made; shown this once. Absent: it is what was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "kTq0mUu1cWqkXw3s")]
    secret: Option<String>,
}

/// Set the password of an end entity, or have one made
///
/// For HTTP Basic of EST. The one before lets in no more.
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    request_body = SecretWish,
    responses(
        (status = 200, description = "Set", body = MadeSecret),
        (status = 400, description = "Malformed, or too weak", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/end-entities/{realm}/{name}/password")]
pub(super) async fn set_end_entity_password(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
    wish: web::Json<SecretWish>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    let made = flows
        .set_end_entity_password(&realm, &name, wish.into_inner().read(), &caller.actor())
        .await;
    Ok(shown(made.map_err(problem)?))
}

/// Take the password of an end entity away
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "It has none"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/end-entities/{realm}/{name}/password")]
pub(super) async fn remove_end_entity_password(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    flows
        .set_end_entity_password(&realm, &name, Secret::None, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Set the shared secret of an end entity, or have one made
///
/// For MACs of CMP. The one before protects nothing more.
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    request_body = SecretWish,
    responses(
        (status = 200, description = "Set", body = MadeSecret),
        (status = 400, description = "Malformed, or too weak", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer, which seals it, is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/end-entities/{realm}/{name}/shared-secret")]
pub(super) async fn set_end_entity_shared_secret(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
    wish: web::Json<SecretWish>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    let made = flows
        .set_end_entity_secret(&realm, &name, wish.into_inner().read(), &caller.actor())
        .await;
    Ok(shown(made.map_err(problem)?))
}

/// Take the shared secret of an end entity away
#[utoipa::path(
    tag = "end-entities",
    params(Place),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "It has none"),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that name", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/end-entities/{realm}/{name}/shared-secret")]
pub(super) async fn remove_end_entity_shared_secret(
    caller: Caller,
    flows: web::Data<Flows>,
    path: web::Path<Place>,
) -> Result<HttpResponse, Problem> {
    let (realm, name) = named(&caller, &path)?;
    flows
        .set_end_entity_secret(&realm, &name, Secret::None, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

impl SecretWish {
    fn read(self) -> Secret {
        match self.secret {
            Some(chosen) => Secret::Chosen(Zeroizing::new(chosen)),
            None => Secret::Made,
        }
    }
}

fn shown(made: Option<Zeroizing<String>>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(MadeSecret {
            secret: made.map(|made| made.to_string()),
        })
}
