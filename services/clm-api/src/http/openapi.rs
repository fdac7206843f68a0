//! The OpenAPI document, made from the route table: what is not mounted is not in it.

use std::{collections::BTreeMap, sync::OnceLock};

use actix_web::{App, HttpResponse};
use utoipa::{
    OpenApi,
    openapi::{
        Components, ContentBuilder, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
        Schema, Type,
        extensions::Extensions,
        path::{Operation, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt as _;

use super::{
    bodies::ProblemBody,
    caller::COOKIE,
    operations::{self, Access},
    routes,
};

/// Keys and tags are no longer.
const LONGEST_HEADER: usize = 128;

/// What is sent and answered, by the name of its schema, as a running platform said it.
const EXAMPLES: &str = include_str!("examples.json");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "CLM",
        description = "Certificate lifecycle manager: realms, policies, requests and the inventory of certificates. \
                       Errors are problem documents (RFC 9457). Operations name the permission that they need as \
                       `x-permission`; what is listed ends where the caller's roles end. Long lists are paged: give \
                       `next_page_token` back as `page_token`. Lists are filtered by query parameters, all of which must \
                       hold. What can be changed has an ETag, for `If-Match`. A POST may be repeated with the same \
                       `Idempotency-Key`: it acts once."
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
    tell_examples(components);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ] {
            if let Some(operation) = operation {
                let access = operations::find(method, path);
                tell_headers(
                    operation,
                    method == "POST" && access != Some(Access::Public),
                );
                tell_access(operation, access);
                tell_body(operation);
            }
        }
    }
    document
}

fn tell_examples(components: &mut Components) {
    let examples: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(EXAMPLES).unwrap_or_default();
    for (name, example) in examples {
        let place = match components.schemas.get_mut(&name) {
            Some(RefOr::T(Schema::Object(schema))) => &mut schema.example,
            Some(RefOr::T(Schema::AllOf(schema))) => &mut schema.example,
            _ => continue,
        };
        place.get_or_insert(example);
    }
}

/// Headers that are read for many operations alike: of those that answer 412, and of those that may be repeated.
fn tell_headers(operation: &mut Operation, may_be_repeated: bool) {
    let header = |name: &str, description: &str| {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(LONGEST_HEADER));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(text))
            .build()
    };
    let parameters = operation.parameters.get_or_insert_default();
    if operation.responses.responses.contains_key("412") {
        let description = "ETag of the version that is to be changed; else the answer is 412";
        parameters.push(header("If-Match", description).into());
    }
    if may_be_repeated {
        let description = "Repeated with the same key, the request acts once and is answered the same for 24 hours";
        parameters.push(header("Idempotency-Key", description).into());
        let refusals = [
            ("409", "The request with this key is being answered"),
            ("422", "The key was used for another request"),
        ];
        for (status, description) in refusals {
            let responses = &mut operation.responses.responses;
            let response = || refusal(description).into();
            responses.entry(status.to_owned()).or_insert_with(response);
        }
    }
}

/// What an operation needs, as `x-permission`, and how it refuses who does not have it.
fn tell_access(operation: &mut Operation, access: Option<Access>) {
    let refusals: &[(&str, &str)] = match access {
        Some(Access::Needs(permission)) => {
            let extension = Extensions::builder()
                .add("x-permission", permission.as_str())
                .build();
            operation
                .extensions
                .get_or_insert_default()
                .merge(extension);
            &[
                ("401", "Not logged in"),
                ("403", "Without the permission, here or at all"),
            ]
        }
        Some(Access::LoggedIn) => &[
            ("401", "Not logged in"),
            ("403", "For people with a session of their own"),
        ],
        Some(Access::Public) | None => &[],
    };
    for (status, description) in refusals {
        let responses = &mut operation.responses.responses;
        responses.insert((*status).to_owned(), refusal(description).into());
    }
}

/// How a body is refused before anybody looks at what it says.
fn tell_body(operation: &mut Operation) {
    if operation.request_body.is_none() {
        return;
    }
    for (status, description) in [("413", "Too large"), ("415", "Not JSON")] {
        let responses = &mut operation.responses.responses;
        let response = || refusal(description).into();
        responses.entry(status.to_owned()).or_insert_with(response);
    }
}

fn refusal(description: &str) -> Response {
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", problem)
        .build()
}
