//! Promises:
//! - the document is OpenAPI 3.1, tells every operation, and shows what each is sent and answers
//! - each operation but logging in refuses without login, with a made-up token, and with a cookie that is none

use actix_web::{http::Method, test};
use serde_json::{Value, json};

use super::{
    clm::World,
    rest::{send, with},
};

/// What everybody may call.
const PUBLIC: [(&str, &str); 7] = [
    ("get", "/clm-api/v1/login-methods"),
    ("get", "/clm-api/v1/oidc/login"),
    ("get", "/clm-api/v1/oidc/callback"),
    ("post", "/clm-api/v1/oidc/device"),
    ("post", "/clm-api/v1/session/device"),
    ("post", "/clm-api/v1/session"),
    ("post", "/clm-api/v1/session/certificate"),
];

pub async fn document(world: &World) -> Value {
    send(world, test::TestRequest::get().uri("/clm-api/openapi.json"))
        .await
        .json()
}

pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter()
                .map(move |(method, operation)| (method.clone(), path.clone(), operation.clone()))
        })
        .filter(|(_, _, operation)| operation.get("responses").is_some())
        .collect()
}

#[actix_web::test]
async fn the_document_tells_every_operation() {
    let world = World::new().await;
    let document = document(&world).await;
    assert_eq!(document["openapi"], "3.1.0");
    let all: Vec<String> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    for wanted in [
        "post /clm-api/v1/session",
        "get /clm-api/v1/session",
        "delete /clm-api/v1/session",
        "post /clm-api/v1/account/password",
        "get /clm-api/v1/realms",
        "get /clm-api/v1/policies",
        "get /clm-api/v1/policies/{name}",
        "put /clm-api/v1/policies/{name}",
        "get /clm-api/v1/policies/{name}/versions",
        "get /clm-api/v1/certificates",
        "post /clm-api/v1/certificates",
        "get /clm-api/v1/certificates/{id}",
        "patch /clm-api/v1/certificates/{id}",
        "post /clm-api/v1/bulk-acts/revocations",
        "post /clm-api/v1/bulk-acts/renewals",
        "post /clm-api/v1/bulk-acts/changes",
        "get /clm-api/v1/bulk-acts/{id}",
        "post /clm-api/v1/bulk-acts/{id}/cancellation",
        "get /clm-api/v1/certificates/{id}/history",
        "get /clm-api/v1/certificates/export",
        "post /clm-api/v1/certificates/{id}/revocation",
        "get /clm-api/v1/statistics",
        "get /clm-api/v1/requests",
        "post /clm-api/v1/requests/{id}/decision",
        "get /clm-api/v1/subscriptions",
        "post /clm-api/v1/subscriptions",
        "get /clm-api/v1/subscriptions/{name}",
        "put /clm-api/v1/subscriptions/{name}",
        "delete /clm-api/v1/subscriptions/{name}",
        "post /clm-api/v1/subscriptions/{name}/test",
        "get /clm-api/v1/deliveries",
        "post /clm-api/v1/deliveries/{id}/retry",
        "put /clm-api/v1/roles/{name}",
        "post /clm-api/v1/role-bindings",
        "patch /clm-api/v1/people/{username}",
        "post /clm-api/v1/clients/{name}/tokens",
        "get /clm-api/v1/audit/export",
    ] {
        assert!(
            all.iter().any(|one| one == wanted),
            "{wanted} is not among {all:?}"
        );
    }
    world.stop().await;
}

#[actix_web::test]
async fn every_operation_shows_what_it_is_sent_and_answers() {
    let world = World::new().await;
    let document = document(&world).await;
    let has_example = |content: &Value| {
        let media = &content["application/json"];
        let Some(name) = media["schema"]["$ref"].as_str() else {
            return media.is_null();
        };
        let name = name.rsplit('/').next().unwrap();
        document["components"]["schemas"][name]
            .get("example")
            .is_some()
    };
    for (method, path, operation) in operations(&document) {
        let body = &operation["requestBody"];
        assert!(has_example(&body["content"]), "{method} {path}: request");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let told = !status.starts_with('2') || has_example(&answer["content"]);
            assert!(told, "{method} {path}: {status}");
        }
    }
    world.stop().await;
}

#[actix_web::test]
async fn every_operation_refuses_without_login() {
    let world = World::new().await;
    for (method, path, operation) in operations(&document(&world).await) {
        let is_public = PUBLIC.contains(&(method.as_str(), path.as_str()));
        assert_eq!(
            operation.get("security").is_none(),
            is_public,
            "{method} {path}"
        );
        if is_public {
            continue;
        }
        let request = || {
            test::TestRequest::default()
                .method(method.to_uppercase().parse::<Method>().unwrap())
                .uri(
                    &path
                        .replace("{name}", "server")
                        .replace("{id}", "abcdef0123"),
                )
                .set_json(json!({}))
        };
        send(&world, request()).await.assert_problem(401);
        send(&world, with("made-up", request()))
            .await
            .assert_problem(401);
        let cookie = request().insert_header(("Cookie", "__Host-ers-session=made-up"));
        send(&world, cookie).await.assert_problem(401);
    }
    world.stop().await;
}

#[actix_web::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let world = World::new().await;
    let document = document(&world).await;
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    world.stop().await;
}
