//! Promises:
//! - REST does what gRPC does: policies, certificates, revocation, approval, in one realm of words
//! - every error is a problem document, also for what does not read or is not there

use actix_web::{App, http::StatusCode, test};
use serde_json::{Value, json};

use super::{clm::World, openssl};

pub struct Answer {
    pub status: StatusCode,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub fn assert_problem(&self, status: u16) -> Value {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(
            self.headers.get("content-type").unwrap(),
            "application/problem+json"
        );
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(
            problem["title"].is_string() && problem["detail"].is_string(),
            "{body}"
        );
        problem
    }
}

pub async fn send(world: &World, request: test::TestRequest) -> Answer {
    let app = test::init_service(App::new().configure(world.clm.configure())).await;
    let response = test::call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    Answer {
        status,
        headers,
        body: test::read_body(response).await.to_vec(),
    }
}

pub async fn log_in(world: &World) -> String {
    let login = json!({"username": "administrator", "password": world.password.as_ref().unwrap()});
    let answer = send(
        world,
        test::TestRequest::post()
            .uri("/clm-api/v1/session")
            .set_json(login),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()["token"].as_str().unwrap().to_owned()
}

pub fn with(token: &str, request: test::TestRequest) -> test::TestRequest {
    request.insert_header(("Authorization", format!("Bearer {token}")))
}

pub async fn get(world: &World, token: &str, path: &str) -> Answer {
    send(
        world,
        with(
            token,
            test::TestRequest::get().uri(&format!("/clm-api/v1/{path}")),
        ),
    )
    .await
}

pub async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    let request = test::TestRequest::post()
        .uri(&format!("/clm-api/v1/{path}"))
        .set_json(body);
    send(world, with(token, request)).await
}

#[actix_web::test]
async fn a_csr_becomes_a_certificate_that_is_listed_shown_exported_and_revoked() {
    let world = World::new().await;
    let token = log_in(&world).await;
    let csr = openssl::csr_pem("/CN=www.rest.test", &["DNS:www.rest.test"]);
    let wish = json!({"csr": csr, "policy": "server", "validity": "30d", "request_id": "rest-1"});
    let made = post(&world, &token, "certificates", wish.clone()).await;
    assert_eq!(
        made.status,
        StatusCode::CREATED,
        "{}",
        String::from_utf8_lossy(&made.body)
    );
    let location = made
        .headers
        .get("location")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let body = made.json();
    assert_eq!(
        location,
        format!(
            "/clm-api/v1/certificates/{}",
            body["fingerprint"].as_str().unwrap()
        )
    );
    assert_eq!(
        post(&world, &token, "certificates", wish).await.json()["serial"],
        body["serial"]
    );
    world.caught_up().await;

    let listed = get(&world, &token, "certificates?search=rest.test&state=valid")
        .await
        .json();
    assert_eq!(listed["total"], 1);
    let one = &listed["certificates"][0];
    assert_eq!(
        (one["protocol"].as_str(), one["requester"].as_str()),
        (Some("rest"), Some("administrator:administrator"))
    );
    let path = format!("certificates/{}", body["serial"].as_str().unwrap());
    let shown = get(&world, &token, &path).await.json();
    assert_eq!(shown["certificate_pem"], body["certificate_pem"]);
    assert_eq!(shown["chain_pem"].as_array().unwrap().len(), 1);
    let pem = get(&world, &token, &format!("{path}?format=pem")).await;
    assert_eq!(
        pem.headers.get("content-type").unwrap(),
        "application/x-pem-file"
    );
    assert_eq!(
        String::from_utf8(pem.body).unwrap(),
        body["certificate_pem"].as_str().unwrap()
    );
    let accept = test::TestRequest::get()
        .uri(&format!("/clm-api/v1/{path}"))
        .insert_header(("Accept", "application/pkix-cert"));
    let der = send(&world, with(&token, accept)).await.body;
    assert!(openssl::verify(&der, world.cara.root().der()));

    let reason = json!({"reason": "keyCompromise"});
    let revoked = post(
        &world,
        &token,
        &format!("{path}/revocation"),
        reason.clone(),
    )
    .await;
    assert_eq!(
        (revoked.status, &revoked.json()["already_revoked"]),
        (StatusCode::OK, &json!(false))
    );
    let again = post(&world, &token, &format!("{path}/revocation"), reason).await;
    assert_eq!(again.json()["already_revoked"], true);
    let shown = get(&world, &token, &path).await.json();
    assert_eq!(
        (shown["state"].as_str(), shown["revocation_reason"].as_str()),
        (Some("revoked"), Some("keyCompromise"))
    );
    world.stop().await;
}

#[actix_web::test]
async fn a_refusal_is_a_problem_with_its_kind_and_field() {
    let world = World::new().await;
    let token = log_in(&world).await;
    let csr = openssl::csr_pem("/CN=x", &["email:a@b.test"]);
    let answer = post(&world, &token, "certificates", json!({"csr": csr})).await;
    let problem = answer.assert_problem(422);
    assert_eq!(problem["type"], "urn:ers:clm:refused:bad-name");
    assert!(
        problem["field"] == "subject" || problem["field"] == "subject_alternative_names",
        "{problem}"
    );
    world.stop().await;
}

#[actix_web::test]
async fn a_waiting_request_is_accepted_and_decided() {
    let world = World::new().await;
    world.apply_manual().await;
    let token = log_in(&world).await;
    let csr = openssl::csr_pem("/CN=a.test", &["DNS:a.test"]);
    let wish = json!({"csr": csr, "policy": "manual", "request_id": "w"});
    let waiting = post(&world, &token, "certificates", wish.clone()).await;
    assert_eq!(
        (waiting.status, &waiting.json()["state"]),
        (StatusCode::ACCEPTED, &json!("pending-approval"))
    );
    assert!(waiting.headers.contains_key("retry-after"));
    let listed = get(&world, &token, "requests?state=pending-approval")
        .await
        .json();
    assert_eq!(
        (&listed["total"], &listed["requests"][0]["id"]),
        (&json!(1), &json!("w"))
    );
    let decided = post(
        &world,
        &token,
        "requests/w/decision",
        json!({"approve": true}),
    )
    .await
    .json();
    assert_eq!(
        (&decided["state"], &decided["decided_by"]),
        (&json!("issued"), &json!("administrator"))
    );
    post(
        &world,
        &token,
        "requests/w/decision",
        json!({"approve": true}),
    )
    .await
    .assert_problem(409);
    assert_eq!(
        post(&world, &token, "certificates", wish).await.status,
        StatusCode::CREATED
    );
    world.stop().await;
}

#[actix_web::test]
async fn policies_are_read_and_changed() {
    let world = World::new().await;
    let token = log_in(&world).await;
    let put = async |name: &str, definition: &str| {
        let request = test::TestRequest::put()
            .uri(&format!("/clm-api/v1/policies/{name}"))
            .set_json(json!({"definition": definition}));
        send(&world, with(&token, request)).await
    };
    assert_eq!(
        put("manual", &super::clm::manual()).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        put("manual", &super::clm::manual()).await.status,
        StatusCode::OK
    );
    put("other", &super::clm::manual())
        .await
        .assert_problem(400);
    let problem = put("manual", "name: manual\nnope: 1\n")
        .await
        .assert_problem(400);
    assert!(
        problem["detail"].as_str().unwrap().contains("nope"),
        "{problem}"
    );
    assert_eq!(
        get(&world, &token, "policies/manual").await.json()["version"],
        1
    );
    get(&world, &token, "policies/nothing")
        .await
        .assert_problem(404);
    let listed = get(&world, &token, "policies?realm=system").await.json();
    assert_eq!(listed["policies"][1]["name"], "platform-tls");
    assert_eq!(
        get(&world, &token, "realms").await.json()["realms"][0]["name"],
        "default"
    );
    world.stop().await;
}

#[actix_web::test]
async fn what_does_not_read_or_is_not_there_is_a_problem() {
    let world = World::new().await;
    let token = log_in(&world).await;
    let malformed = test::TestRequest::post()
        .uri("/clm-api/v1/certificates")
        .insert_header(("Content-Type", "application/json"))
        .set_payload("{");
    send(&world, with(&token, malformed))
        .await
        .assert_problem(400);
    let text = test::TestRequest::post()
        .uri("/clm-api/v1/certificates")
        .set_payload("{}");
    send(&world, with(&token, text)).await.assert_problem(415);
    let large = json!({"csr": "x".repeat(300_000)});
    post(&world, &token, "certificates", large)
        .await
        .assert_problem(413);
    let unknown = post(
        &world,
        &token,
        "certificates",
        json!({"csr": "x", "colour": 1}),
    )
    .await;
    assert!(
        unknown.assert_problem(400)["detail"]
            .as_str()
            .unwrap()
            .contains("colour")
    );
    let pem = post(&world, &token, "certificates", json!({"csr": "x"}))
        .await
        .assert_problem(400);
    assert_eq!(pem["field"], "csr");
    for size in ["x", "-1", "4294967296", "1001"] {
        let path = format!("certificates?page_size={size}");
        let told = get(&world, &token, &path).await.assert_problem(400);
        let told = told["detail"].as_str().unwrap().to_owned();
        assert!(
            told.contains("page_size") && told.contains("1000"),
            "{told}"
        );
    }
    for path in [
        "certificates?colour=1",
        "certificates?expires_within=soon",
        "requests?state=x",
        "certificates/xyz",
    ] {
        get(&world, &token, path).await.assert_problem(400);
    }
    for path in ["nothing", "certificates/ffffffffffff"] {
        get(&world, &token, path).await.assert_problem(404);
    }
    send(&world, test::TestRequest::get().uri("/clm-api/elsewhere"))
        .await
        .assert_problem(404);
    send(&world, test::TestRequest::patch().uri("/clm-api/v1/realms"))
        .await
        .assert_problem(404);
    let missing = post(
        &world,
        &token,
        "requests/never/decision",
        json!({"approve": true}),
    )
    .await;
    missing.assert_problem(404);
    world.stop().await;
}
