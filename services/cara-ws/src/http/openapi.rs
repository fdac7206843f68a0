//! The OpenAPI document, made from the route table: what is not mounted is not in it.

use std::sync::OnceLock;

use actix_web::{App, HttpResponse};
use utoipa::{
    OpenApi,
    openapi::security::{SecurityRequirement, SecurityScheme},
};
use utoipa_actix_web::AppExt as _;

use super::{bodies::ProblemBody, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "CARA",
        description = "Certification authority: CAs, profiles, certificates, revocation, administrators. Who calls shows a \
                       client certificate that an administrator has been given; each operation names the permission that \
                       it needs as `x-permission`. Errors are problem documents (RFC 9457). Lists are paged: give \
                       `next_page_token` back as `page_token`."
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
    const SCHEME: &str = "client_certificate";
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Document::openapi())
        .service(utoipa_actix_web::scope("/cara-ws-server").configure(routes))
        .split_for_parts();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme(
            SCHEME,
            SecurityScheme::MutualTls {
                description: Some("The certificate of an administrator".into()),
                deprecated: None,
                extensions: None,
            },
        );
    document.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
    document
}
