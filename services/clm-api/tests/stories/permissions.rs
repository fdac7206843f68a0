//! Promises:
//! - each operation of the API's description refuses without the permission that it names, and not with it
//! - who has no role may do nothing but look at themselves
//! - nobody gives what they do not have, and somebody always administers
//! - roles of one's own are versioned; those that come with the platform stay

use actix_web::{http::Method, test};
use ers_proto::clm::v1::{self as proto, administration_client::AdministrationClient};
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};
use tonic::Code;

use super::{
    clm::{As, World},
    openapi::{document, operations},
    rest::{Answer, get, log_in, post, send, with},
};

on_every_database!(
    roles_are_given_and_taken_and_somebody_always_administers,
    a_role_of_ones_own_is_versioned
);

pub const PASSWORD: &str = "correct horse battery staple";

/// A person with a password and these roles, logged in.
pub async fn person(world: &World, admin: &str, name: &str, roles: &[(&str, &str)]) -> String {
    let new = json!({"username": name, "password": PASSWORD});
    let made = post(world, admin, "people", new).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    for (role, realm) in roles {
        let answer = bind(world, admin, role, ("person", name), realm).await;
        assert_eq!(
            answer.status,
            201,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    log_in_as(world, name).await
}

pub async fn log_in_as(world: &World, name: &str) -> String {
    let login = json!({"username": name, "password": PASSWORD});
    let request = test::TestRequest::post()
        .uri("/clm-api/v1/session")
        .set_json(login);
    let answer = send(world, request).await;
    assert_eq!(answer.status, 200);
    answer.json()["token"].as_str().unwrap().to_owned()
}

pub async fn bind(
    world: &World,
    admin: &str,
    role: &str,
    subject: (&str, &str),
    realm: &str,
) -> Answer {
    let wish =
        json!({"role": role, "subject_kind": subject.0, "subject": subject.1, "realm": realm});
    post(world, admin, "role-bindings", wish).await
}

pub async fn call(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = test::TestRequest::default()
        .method(method.to_uppercase().parse::<Method>().unwrap())
        .uri(path)
        .set_json(body);
    send(world, with(token, request)).await
}

/// A token for a client that allows these.
pub async fn token(
    world: &World,
    admin: &str,
    permissions: &[&str],
    realm: Option<&str>,
) -> String {
    let wish = json!({"permissions": permissions, "realm": realm});
    let made = post(world, admin, "clients/acme/tokens", wish).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made.json()["token"].as_str().unwrap().to_owned()
}

fn filled(path: &str) -> String {
    path.replace("{name}", "nothing")
        .replace("{id}", "abcdef0123")
        .replace("{username}", "nobody")
}

#[actix_web::test]
async fn each_operation_refuses_without_its_permission_and_not_with_it() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let all = get(&world, &admin, "permissions").await.json();
    let all: Vec<&str> = all["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    let nobody = person(&world, &admin, "nobody-special", &[]).await;
    let document = document(&world).await;
    let mut guarded = 0;
    for permission in &all {
        let others: Vec<&str> = all
            .iter()
            .copied()
            .filter(|one| one != permission)
            .collect();
        let without = token(&world, &admin, &others, None).await;
        let with_it = token(&world, &admin, &[permission], None).await;
        for (method, path, operation) in operations(&document) {
            if operation["x-permission"] != **permission {
                continue;
            }
            guarded += 1;
            let path = filled(&path);
            let told = format!("{method} {path} {permission}");
            for refused in [&without, &nobody] {
                let answer = call(&world, refused, &method, &path, json!({})).await;
                let problem = answer.assert_problem(403);
                assert!(
                    problem["detail"].as_str().unwrap().contains(permission),
                    "{told}"
                );
            }
            let answer = call(&world, &with_it, &method, &path, json!({})).await;
            assert!(
                answer.status != 401 && answer.status != 403,
                "{told}: {}",
                answer.status
            );
        }
    }
    let secured = operations(&document)
        .into_iter()
        .filter(|(_, _, operation)| operation.get("security").is_some())
        .collect::<Vec<_>>();
    // What is secured and names no permission is for people about themselves.
    let own = token(&world, &admin, &all, None).await;
    for (method, path, _) in secured
        .iter()
        .filter(|(_, _, operation)| operation.get("x-permission").is_none())
    {
        let answer = call(&world, &own, method, &filled(path), json!({})).await;
        answer.assert_problem(403);
        guarded += 1;
    }
    assert_eq!(guarded, secured.len());
    world.stop().await;
}

#[actix_web::test]
async fn who_has_no_role_sees_themselves_and_nothing_else() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let nobody = person(&world, &admin, "nobody-special", &[]).await;
    let session = get(&world, &nobody, "session").await.json();
    assert_eq!(session["username"], "nobody-special");
    assert_eq!(session["grants"], json!([]));
    get(&world, &nobody, "certificates")
        .await
        .assert_problem(403);
    // The role counts from the next call on, and no longer than it is had.
    let given = bind(&world, &admin, "auditor", ("person", "nobody-special"), "").await;
    assert_eq!(get(&world, &nobody, "certificates").await.status, 200);
    post(&world, &nobody, "realms", json!({"name": "mine"}))
        .await
        .assert_problem(403);
    let path = format!(
        "/clm-api/v1/role-bindings/{}",
        given.json()["id"].as_str().unwrap()
    );
    assert_eq!(
        call(&world, &admin, "delete", &path, json!({}))
            .await
            .status,
        204
    );
    get(&world, &nobody, "certificates")
        .await
        .assert_problem(403);
    world.stop().await;
}

async fn roles_are_given_and_taken_and_somebody_always_administers(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    post(&world, &admin, "realms", json!({"name": "shop"})).await;
    let roles = [("realm-administrator", "shop")];
    let anna = person(&world, &admin, "anna", &roles).await;

    // She gives what she has, where she has it
    let given = bind(
        &world,
        &anna,
        "approver",
        ("group", "shop-approvers"),
        "shop",
    )
    .await;
    assert_eq!(given.status, 201);
    let again = bind(
        &world,
        &anna,
        "approver",
        ("group", "shop-approvers"),
        "shop",
    )
    .await;
    assert_eq!(
        again.json()["id"],
        given.json()["id"],
        "the same is given once"
    );
    for (role, realm) in [
        ("approver", "default"),
        ("approver", ""),
        ("administrator", "shop"),
    ] {
        bind(&world, &anna, role, ("person", "anna"), realm)
            .await
            .assert_problem(403);
    }
    let seen = get(&world, &anna, "role-bindings").await.json();
    assert_eq!(seen["role_bindings"].as_array().unwrap().len(), 2, "{seen}");
    bind(&world, &admin, "nothing", ("person", "anna"), "")
        .await
        .assert_problem(404);
    bind(&world, &admin, "approver", ("person", "anna"), "nowhere")
        .await
        .assert_problem(404);
    bind(&world, &admin, "approver", ("robot", "anna"), "")
        .await
        .assert_problem(400);

    // The last administrator
    let all = get(&world, &admin, "role-bindings").await.json();
    let own = all["role_bindings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|binding| binding["role"] == "administrator")
        .unwrap();
    let path = format!("/clm-api/v1/role-bindings/{}", own["id"].as_str().unwrap());
    call(&world, &anna, "delete", &path, json!({}))
        .await
        .assert_problem(404);
    call(&world, &admin, "delete", &path, json!({}))
        .await
        .assert_problem(409);
    let account = "/clm-api/v1/people/administrator";
    call(&world, &admin, "delete", account, json!({}))
        .await
        .assert_problem(409);
    call(&world, &admin, "patch", account, json!({"closed": true}))
        .await
        .assert_problem(409);
    let second = person(&world, &admin, "berta", &[("administrator", "")]).await;
    assert_eq!(
        call(&world, &second, "delete", &path, json!({}))
            .await
            .status,
        204
    );
    get(&world, &admin, "people").await.assert_problem(403);
    world.stop().await;
}

async fn a_role_of_ones_own_is_versioned(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let text =
        json!({"description": "web", "permissions": ["certificate:read", "certificate:renew"]});
    let path = "/clm-api/v1/roles/web-team";
    let put = async |body: &Value, header: Option<(&str, &str)>| {
        let request = test::TestRequest::put().uri(path).set_json(body);
        let request = match header {
            Some(header) => request.insert_header(header),
            None => request,
        };
        send(&world, with(&admin, request)).await
    };
    let made = put(&text, Some(("If-None-Match", "*"))).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.headers.get("etag").unwrap(), "\"1\"");
    put(&text, Some(("If-None-Match", "*")))
        .await
        .assert_problem(412);
    let changed = json!({"permissions": ["certificate:read"]});
    let now = put(&changed, Some(("If-Match", "\"1\""))).await;
    assert_eq!(
        (now.status.as_u16(), &now.json()["version"]),
        (200, &json!(2))
    );
    put(&text, Some(("If-Match", "\"1\"")))
        .await
        .assert_problem(412);
    let problem = put(&text, Some(("If-Match", "one")))
        .await
        .assert_problem(400);
    assert_eq!(problem["field"], "If-Match");
    let unknown = json!({"permissions": ["certificate:eat"]});
    let problem = put(&unknown, None).await.assert_problem(400);
    assert_eq!(problem["field"], "permissions");

    let anna = person(&world, &admin, "anna", &[("web-team", "")]).await;
    assert_eq!(get(&world, &anna, "certificates").await.status, 200);
    for ready in ["administrator", "auditor"] {
        let path = format!("/clm-api/v1/roles/{ready}");
        call(&world, &admin, "put", &path, text.clone())
            .await
            .assert_problem(409);
        call(&world, &admin, "delete", &path, json!({}))
            .await
            .assert_problem(409);
    }
    assert_eq!(
        call(&world, &admin, "delete", path, json!({})).await.status,
        204
    );
    get(&world, &anna, "certificates").await.assert_problem(403);
    world.stop().await;
}

#[actix_web::test]
async fn nobody_takes_over_an_account_that_may_do_more() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let text = json!({"permissions": ["person:read", "person:manage"]});
    call(&world, &admin, "put", "/clm-api/v1/roles/help-desk", text).await;
    let helper = person(&world, &admin, "helper", &[("help-desk", "")]).await;
    person(&world, &admin, "anna", &[]).await;
    let password = json!({"password": PASSWORD});
    let path = "/clm-api/v1/people/administrator/password";
    call(&world, &helper, "put", path, password.clone())
        .await
        .assert_problem(403);
    let path = "/clm-api/v1/people/anna/password";
    assert_eq!(
        call(&world, &helper, "put", path, password).await.status,
        204
    );
    world.stop().await;
}

#[tokio::test]
async fn a_service_calls_administration_as_far_as_its_roles_reach() {
    let world = World::new().await;
    let mut operator = AdministrationClient::with_interceptor(world.clm.routes(), As("operator"));
    let request = proto::ListRealmsRequest {};
    let refused = operator.list_realms(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("realm:read"), "{refused}");
    let bind = proto::BindRoleRequest {
        role: "auditor".into(),
        subject_kind: "client".into(),
        subject: "operator".into(),
        realm: "default".into(),
        ..Default::default()
    };
    world.administration().bind_role(bind).await.unwrap();
    let realms = operator.list_realms(request).await.unwrap().into_inner();
    let names: Vec<&str> = realms
        .realms
        .iter()
        .map(|realm| realm.name.as_str())
        .collect();
    assert_eq!(names, ["default"]);
    let policies = operator
        .list_policies(proto::ListPoliciesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(
        policies
            .policies
            .iter()
            .all(|policy| policy.realm == "default")
    );
    let hidden = proto::ShowPolicyRequest {
        name: "platform-tls".into(),
    };
    let unknown = operator.show_policy(hidden).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let apply = proto::ApplyPolicyRequest {
        definition: super::clm::manual(),
        ..Default::default()
    };
    let refused = operator.apply_policy(apply).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.stop().await;
}
