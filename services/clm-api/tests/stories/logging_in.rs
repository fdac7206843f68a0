//! Promises:
//! - the generated password logs in and can be changed; then only the new one does, and other sessions are over
//! - the cookie is of the kind that browsers guard; it does not work for other sites
//! - wrong passwords, and wrong names, are told the same way; after five the account is closed for a while
//! - guesses made at the same moment count each
//! - a session ends by logging out, by idleness and by age
//! - without an OpenID provider there are no device codes

use actix_web::{http::StatusCode, test};
use ers_proto::clm::v1 as proto;
use serde_json::json;
use time::Duration;
use tonic::Code;

use super::{
    clm::World,
    rest::{Answer, log_in, send, with},
};

const NEW: &str = "correct horse battery staple";

async fn try_login(world: &World, username: &str, password: &str) -> Answer {
    let login = json!({"username": username, "password": password});
    send(
        world,
        test::TestRequest::post()
            .uri("/clm-api/v1/session")
            .set_json(login),
    )
    .await
}

async fn session(world: &World, token: &str) -> StatusCode {
    send(
        world,
        with(token, test::TestRequest::get().uri("/clm-api/v1/session")),
    )
    .await
    .status
}

async fn change(world: &World, token: &str, present: &str, new: &str) -> Answer {
    let body = json!({"present_password": present, "new_password": new});
    let request = test::TestRequest::post()
        .uri("/clm-api/v1/account/password")
        .set_json(body);
    send(world, with(token, request)).await
}

#[actix_web::test]
async fn the_cookie_is_guarded_and_opens_the_same_doors() {
    let world = World::new().await;
    let answer = try_login(&world, "administrator", world.password.as_ref().unwrap()).await;
    let cookie = answer
        .headers
        .get("set-cookie")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    for guard in [
        "__Host-ers-session=",
        "Secure",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(guard), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap().to_owned();
    let request = || {
        test::TestRequest::get()
            .uri("/clm-api/v1/session")
            .insert_header(("Cookie", format!("a=b; {pair}")))
    };
    assert_eq!(
        send(&world, request()).await.json()["username"],
        "administrator"
    );
    let foreign = test::TestRequest::delete()
        .uri("/clm-api/v1/session")
        .insert_header(("Cookie", pair.clone()))
        .insert_header(("Sec-Fetch-Site", "same-site"));
    send(&world, foreign).await.assert_problem(401);
    let own = test::TestRequest::delete()
        .uri("/clm-api/v1/session")
        .insert_header(("Cookie", pair.clone()))
        .insert_header(("Sec-Fetch-Site", "same-origin"));
    assert_eq!(send(&world, own).await.status, StatusCode::NO_CONTENT);
    send(&world, request()).await.assert_problem(401);
    world.stop().await;
}

#[actix_web::test]
async fn a_changed_password_is_the_only_one_and_ends_other_sessions() {
    let world = World::new().await;
    let old = world.password.clone().unwrap();
    let (mine, other) = (log_in(&world).await, log_in(&world).await);
    let wrong = change(&world, &mine, "not the password", NEW)
        .await
        .assert_problem(400);
    assert_eq!(wrong["field"], "present_password");
    let weak = change(&world, &mine, &old, "short")
        .await
        .assert_problem(400);
    assert_eq!(weak["field"], "password");
    assert_eq!(
        change(&world, &mine, &old, NEW).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(session(&world, &mine).await, StatusCode::OK);
    assert_eq!(session(&world, &other).await, StatusCode::UNAUTHORIZED);
    try_login(&world, "administrator", &old)
        .await
        .assert_problem(401);
    assert_eq!(
        try_login(&world, "administrator", NEW).await.status,
        StatusCode::OK
    );
    world.stop().await;
}

#[actix_web::test]
async fn nobody_is_told_whether_the_name_or_the_password_was_wrong() {
    let world = World::new().await;
    let known = try_login(&world, "administrator", "wrong")
        .await
        .assert_problem(401);
    let unknown = try_login(&world, "nobody", "wrong")
        .await
        .assert_problem(401);
    let impossible = try_login(&world, "No Body\u{0}", "wrong")
        .await
        .assert_problem(401);
    assert_eq!(known, unknown);
    assert_eq!(known, impossible);
    world.stop().await;
}

#[actix_web::test]
async fn after_five_wrong_passwords_even_the_right_one_waits() {
    let world = World::new().await;
    let right = world.password.clone().unwrap();
    for _ in 0..5 {
        try_login(&world, "administrator", "wrong")
            .await
            .assert_problem(401);
    }
    let locked = try_login(&world, "administrator", &right).await;
    let problem = locked.assert_problem(429);
    assert_eq!(problem["retry_after"], 30);
    assert_eq!(locked.headers.get("retry-after").unwrap(), "30");
    world.clock.advance(Duration::seconds(29));
    try_login(&world, "administrator", &right)
        .await
        .assert_problem(429);
    world.clock.advance(Duration::seconds(1));
    assert_eq!(
        try_login(&world, "administrator", &right).await.status,
        StatusCode::OK
    );
    try_login(&world, "administrator", "wrong")
        .await
        .assert_problem(401);
    world.stop().await;
}

#[actix_web::test]
async fn the_lock_doubles_with_each_further_wrong_password() {
    let world = World::new().await;
    for _ in 0..5 {
        try_login(&world, "administrator", "wrong")
            .await
            .assert_problem(401);
    }
    world.clock.advance(Duration::seconds(30));
    try_login(&world, "administrator", "wrong")
        .await
        .assert_problem(401);
    let problem = try_login(&world, "administrator", "wrong")
        .await
        .assert_problem(429);
    assert_eq!(problem["retry_after"], 60);
    world.stop().await;
}

#[actix_web::test]
async fn guesses_at_the_same_moment_count_each() {
    let world = World::new().await;
    let guesses = (0..20).map(|_| try_login(&world, "administrator", "wrong"));
    let looked_at = futures::future::join_all(guesses)
        .await
        .into_iter()
        .filter(|answer| answer.status == StatusCode::UNAUTHORIZED)
        .count();
    assert!(looked_at <= 5, "{looked_at} passwords were looked at");
    world.stop().await;
}

#[actix_web::test]
async fn sessions_end_by_idleness() {
    let world = World::new().await;
    let token = log_in(&world).await;
    world.clock.advance(Duration::minutes(59));
    assert_eq!(session(&world, &token).await, StatusCode::OK);
    world.clock.advance(Duration::minutes(60));
    assert_eq!(session(&world, &token).await, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[actix_web::test]
async fn a_password_set_from_the_command_line_opens_a_locked_account() {
    let world = World::new().await;
    let token = log_in(&world).await;
    for _ in 0..6 {
        try_login(&world, "administrator", "wrong").await;
    }
    let set = async |username: &str, password: &str| {
        let request = proto::SetAdministratorPasswordRequest {
            username: username.into(),
            password: password.into(),
        };
        world
            .administration()
            .set_administrator_password(request)
            .await
    };
    set("administrator", NEW).await.unwrap();
    assert_eq!(
        session(&world, &token).await,
        StatusCode::UNAUTHORIZED,
        "sessions end"
    );
    assert_eq!(
        try_login(&world, "administrator", NEW).await.status,
        StatusCode::OK
    );
    assert_eq!(
        set("administrator", "weak").await.unwrap_err().code(),
        Code::InvalidArgument
    );
    assert_eq!(set("nobody", NEW).await.unwrap_err().code(), Code::NotFound);
    world.stop().await;
}

#[actix_web::test]
async fn without_a_provider_there_are_no_device_codes() {
    let world = World::new().await;
    let ask = async |path: &str, body: serde_json::Value| {
        let uri = format!("/clm-api/v1/{path}");
        send(&world, test::TestRequest::post().uri(&uri).set_json(body)).await
    };
    let told = ask("oidc/device", json!({})).await.assert_problem(404);
    assert_eq!(told["detail"], "log in: there is no OpenID provider here");
    let code = json!({"device_code": "verifier.code"});
    ask("session/device", code).await.assert_problem(404);
    ask("session/device", json!({})).await.assert_problem(400);
    world.stop().await;
}
