//! The OpenAPI document, made from the route table: what is not mounted is not in it.

use std::sync::OnceLock;

use actix_web::{App, HttpResponse};
use utoipa::{
    OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_actix_web::AppExt as _;

use super::{administrator::COOKIE, bodies::ProblemBody, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "CLM",
        description = "Certificate lifecycle manager: realms, policies, requests and the inventory of certificates. \
                       Errors are problem documents (RFC 9457). Lists are paged: give `next_page_token` back as `page_token`."
    ),
    components(schemas(ProblemBody))
)]
struct Document;

/// The document as it is served.
pub(super) async fn show() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_json().unwrap_or_default());
    HttpResponse::Ok()
        .content_type("application/json")
        .body(text.as_str())
}

/// The document.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Document::openapi())
        .service(utoipa_actix_web::scope("/clm-api").configure(routes))
        .split_for_parts();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    components.add_security_scheme(
        "cookie",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))),
    );
    document
}
