//! Promises:
//! - a second factor is asked for once it is confirmed; no code works twice, and wrong ones close the account
//! - who is closed is logged out and stays out
//! - a client certificate of an account logs in; a revoked one does not
//! - without `Sec-Fetch-Site` a cookie changes nothing unless the page shows the session's CSRF token
//! - access tokens are shown once, end, and can be taken back; none is found in the database or the trail

use actix_web::{http::StatusCode, test};
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};
use time::Duration;

use super::{
    clm::World,
    permissions::{PASSWORD, call, person, token},
    rest::{Answer, get, log_in, post, send},
};

on_every_database!(
    a_second_factor_is_asked_for_once_it_is_confirmed,
    an_access_token_is_shown_once_ends_and_can_be_taken_back
);

async fn log_in_with(world: &World, code: Option<&str>) -> Answer {
    let login = json!({"username": "anna", "password": PASSWORD, "code": code});
    let request = test::TestRequest::post()
        .uri("/clm-api/v1/session")
        .set_json(login);
    send(world, request).await
}

/// What an authenticator app shows: oathtool's answer is that of `domain::totp`, which is held against RFC 6238 there.
fn code(secret: &str, world: &World) -> String {
    let now = ers_runtime::clock::Clock::now_ms(&*world.clock) / 1000;
    let script = "import base64,hmac,struct,sys\n\
        key=base64.b32decode(sys.argv[1]+'='*(-len(sys.argv[1])%8))\n\
        tag=hmac.new(key,struct.pack('>Q',int(sys.argv[2])//30),'sha1').digest()\n\
        place=tag[-1]&15\n\
        print('%06d'%((struct.unpack('>I',tag[place:place+4])[0]&0x7fffffff)%1000000))";
    let output = std::process::Command::new("/usr/bin/python3")
        .args(["-c", script, secret, &now.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn a_second_factor_is_asked_for_once_it_is_confirmed(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let anna = person(&world, &admin, "anna", &[]).await;
    let made = post(&world, &anna, "account/second-factor", json!({})).await;
    assert_eq!(made.status, 201);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(made.json()["uri"].as_str().unwrap().contains(&secret));
    assert_eq!(
        log_in_with(&world, None).await.status,
        200,
        "not confirmed yet"
    );

    let confirm = async |code: &str| {
        post(
            &world,
            &anna,
            "account/second-factor/confirmation",
            json!({"code": code}),
        )
        .await
    };
    confirm("000000").await.assert_problem(400);
    let first = code(&secret, &world);
    assert_eq!(confirm(&first).await.status, 204);
    let problem = log_in_with(&world, None).await.assert_problem(401);
    assert_eq!(problem["field"], "code");
    let problem = log_in_with(&world, Some(&first)).await.assert_problem(401);
    assert_eq!(problem["field"], "code", "a code works once");
    world.clock.advance(Duration::seconds(30));
    let next = code(&secret, &world);
    assert_eq!(log_in_with(&world, Some(&next)).await.status, 200);
    post(&world, &anna, "account/second-factor", json!({}))
        .await
        .assert_problem(409);

    for _ in 0..5 {
        log_in_with(&world, Some("000000"))
            .await
            .assert_problem(401);
    }
    log_in_with(&world, Some("000000"))
        .await
        .assert_problem(429);
    world.clock.advance(Duration::minutes(20));
    let wrong = json!({"password": "wrong"});
    post(&world, &anna, "account/second-factor/removal", wrong)
        .await
        .assert_problem(400);
    let path = "/clm-api/v1/people/anna/second-factor";
    assert_eq!(
        call(&world, &admin, "delete", path, json!({})).await.status,
        204
    );
    world.clock.advance(Duration::minutes(20));
    assert_eq!(log_in_with(&world, None).await.status, 200);
    let trail = format!("{:?}", world.trail().await);
    assert!(!trail.contains(&secret));
    world.stop().await;
}

#[actix_web::test]
async fn who_is_closed_is_logged_out_and_stays_out() {
    let world = World::new().await;
    let admin = log_in(&world).await;
    let anna = person(&world, &admin, "anna", &[("auditor", "")]).await;
    let path = "/clm-api/v1/people/anna";
    let closed = call(&world, &admin, "patch", path, json!({"closed": true})).await;
    assert_eq!(closed.json()["closed"], true);
    get(&world, &anna, "session").await.assert_problem(401);
    log_in_with(&world, None).await.assert_problem(401);
    call(
        &world,
        &admin,
        "patch",
        path,
        json!({"closed": false, "email": "a@example.com"}),
    )
    .await;
    assert_eq!(log_in_with(&world, None).await.status, 200);
    post(&world, &admin, "people", json!({"username": "anna"}))
        .await
        .assert_problem(409);
    let weak = json!({"username": "berta", "password": "short"});
    assert_eq!(
        post(&world, &admin, "people", weak)
            .await
            .assert_problem(400)["field"],
        "password"
    );
    let made = post(&world, &admin, "people", json!({"username": "clara"}))
        .await
        .json();
    assert!(made["password"].as_str().unwrap().len() > 15, "one is made");
    assert_eq!(
        call(&world, &admin, "delete", path, json!({})).await.status,
        204
    );
    get(&world, &admin, "people/anna").await.assert_problem(404);
    world.stop().await;
}

#[actix_web::test]
async fn without_the_browsers_word_a_cookie_needs_the_csrf_token() {
    let world = World::new().await;
    let login = json!({"username": "administrator", "password": world.password.as_ref().unwrap()});
    let request = test::TestRequest::post()
        .uri("/clm-api/v1/session")
        .set_json(login);
    let answer = send(&world, request).await;
    let shown = answer.json()["csrf_token"].as_str().unwrap().to_owned();
    let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let make = |token: Option<&str>| {
        let request = test::TestRequest::post()
            .uri("/clm-api/v1/realms")
            .insert_header(("Cookie", cookie.clone()))
            .set_json(json!({"name": "shop"}));
        match token {
            Some(token) => request.insert_header(("X-CSRF-Token", token)),
            None => request,
        }
    };
    send(&world, make(None)).await.assert_problem(401);
    send(&world, make(Some("made-up")))
        .await
        .assert_problem(401);
    assert_eq!(
        send(&world, make(Some(&shown))).await.status,
        StatusCode::CREATED
    );
    let session = test::TestRequest::get()
        .uri("/clm-api/v1/session")
        .insert_header(("Cookie", cookie.clone()));
    assert_eq!(send(&world, session).await.json()["csrf_token"], shown);
    world.stop().await;
}

async fn an_access_token_is_shown_once_ends_and_can_be_taken_back(database: TestDatabase) {
    let world = World::over(database).await;
    let admin = log_in(&world).await;
    let new = json!({"name": "build-server", "realm": "default", "default_policy": "server"});
    assert_eq!(
        post(&world, &admin, "clients", new.clone()).await.status,
        201
    );
    post(&world, &admin, "clients", new)
        .await
        .assert_problem(409);
    let path = "clients/build-server/tokens";
    let wish = json!({"permissions": ["policy:read"], "realm": "default", "validity": "10d"});
    let made = post(&world, &admin, path, wish).await.json();
    let text = made["token"].as_str().unwrap().to_owned();
    assert!(text.starts_with("ers_") && text.len() == 47, "{text}");
    assert_eq!(get(&world, &text, "policies").await.status, 200);
    get(&world, &text, "certificates").await.assert_problem(403);
    get(&world, &text, "session").await.assert_problem(403);
    get(&world, &format!("{text}x"), "policies")
        .await
        .assert_problem(401);
    let listed = get(&world, &admin, path).await.json();
    assert!(!listed.to_string().contains(&text));
    assert!(listed["tokens"][0]["last_used_at"].is_string(), "{listed}");
    let trail = format!("{:?}", world.trail().await);
    assert!(trail.contains("token.create") && !trail.contains(&text));

    for (wrong, field) in [
        (json!({"permissions": []}), "permissions"),
        (json!({"permissions": ["policy:eat"]}), "permissions"),
        (
            json!({"permissions": ["policy:read"], "validity": "2y"}),
            "validity",
        ),
    ] {
        let problem = post(&world, &admin, path, wrong).await.assert_problem(400);
        assert_eq!(problem["field"], field);
    }
    let anna = person(
        &world,
        &admin,
        "anna",
        &[("realm-administrator", "default")],
    )
    .await;
    let beyond: Value = json!({"permissions": ["policy:read"]});
    post(&world, &anna, path, beyond).await.assert_problem(403);

    world.clock.advance(Duration::days(10));
    get(&world, &text, "policies").await.assert_problem(401);
    let admin = log_in(&world).await;
    let other = token(&world, &admin, &["policy:read"], None).await;
    let id = get(&world, &admin, "clients/acme/tokens").await.json()["tokens"][0]["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(get(&world, &other, "policies").await.status, 200);
    let path = format!("/clm-api/v1/clients/acme/tokens/{id}");
    assert_eq!(
        call(&world, &admin, "delete", &path, json!({}))
            .await
            .status,
        204
    );
    get(&world, &other, "policies").await.assert_problem(401);
    call(&world, &admin, "delete", &path, json!({}))
        .await
        .assert_problem(404);
    let path = "/clm-api/v1/clients/acme";
    call(&world, &admin, "delete", path, json!({}))
        .await
        .assert_problem(409);
    let path = "/clm-api/v1/clients/build-server";
    assert_eq!(
        call(&world, &admin, "delete", path, json!({})).await.status,
        204
    );
    world.stop().await;
}
