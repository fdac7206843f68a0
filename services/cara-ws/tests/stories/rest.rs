//! Promises of REST under `/cara-ws-server`, over real TLS with curl:
//! - without an administrator's certificate nothing can be called; what a role does not give is refused, operation by
//!   operation, as the OpenAPI document says;
//! - what is done is written down, with how it ended;
//! - what takes two administrators is accepted, with where it waits, and done when the other approves;
//! - the ingress alone is believed about other people's certificates.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use cara_ws::{
    config::{FourEyes, Issuing},
    domain::{GuardedAct, Permission, Role},
};
use ers_pki::{
    key::{KeyAlgorithm, PrivateKey},
    name::Name,
    pem,
};
use ers_proto::cara::v1::{
    AddAdministratorCertificateRequest, IssueRequest, PutAdministratorRequest,
    administrators_client::AdministratorsClient,
};
use ers_runtime::{
    http::{self, AnyClientCertificate, Listener},
    tls::Identity,
};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::{databases::TestDatabase, on_every_database};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Replica, Way, clock, issuing, openssl};

on_every_database!(
    an_ra_issues_and_revokes_what_an_auditor_sees_done,
    administrators_are_made_changed_and_removed_but_never_the_last,
    what_takes_two_is_answered_with_where_it_waits,
);

/// CARA behind HTTPS, and somebody's files.
struct House {
    replica: Replica,
    url: String,
    folder: TempDir,
    identity: Arc<Identity>,
    root: String,
}

/// What somebody shows: files of certificate and key.
#[derive(Clone)]
struct Shown {
    certificate: PathBuf,
    key: PathBuf,
}

struct Answer {
    status: u16,
    body: Value,
}

impl House {
    async fn open(database: &TestDatabase) -> Self {
        Self::open_issuing(database, issuing()).await
    }

    async fn open_issuing(database: &TestDatabase, issuing: Issuing) -> Self {
        let signer = Arc::new(FakeSigner::new());
        let replica = Replica::start_issuing(&database.config, &signer, &clock(), issuing).await;
        let replica = replica.with_pki().await;
        let folder = tempfile::tempdir().unwrap();
        let identity = Arc::clone(&replica.identity);
        let mut house = Self {
            replica,
            url: String::new(),
            folder,
            identity,
            root: String::new(),
        };
        let server = house
            .issue("server", "tls-server", &["dns:localhost"])
            .await;
        let der = |path: &Path, label: &str| {
            pem::decode(&std::fs::read_to_string(path).unwrap(), &[label]).unwrap()
        };
        let tls = rustls::ServerConfig::builder()
            .with_client_cert_verifier(AnyClientCertificate::hinting(Vec::new()))
            .with_single_cert(
                vec![CertificateDer::from(der(
                    &server.certificate,
                    "CERTIFICATE",
                ))],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der(&server.key, "PRIVATE KEY"))),
            )
            .unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Some(Arc::new(tls))).unwrap();
        let port = listener.address().unwrap().port();
        house.url = format!("https://localhost:{port}/cara-ws-server");
        let context = house.replica.context.clone();
        let configure = house.replica.cara.configure();
        std::thread::spawn(move || {
            actix_web::rt::System::new()
                .block_on(async { http::serve(&context, listener, configure).await })
        });
        house
    }

    /// A certificate by the CA below the root, as PEM with the CA's, and its key.
    async fn issue(&mut self, name: &str, profile: &str, names: &[&str]) -> Shown {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let subject: Name = format!(
            "CN={}",
            if profile == "tls-server" {
                "localhost"
            } else {
                name
            }
        )
        .parse()
        .unwrap();
        let issued = self
            .replica
            .issuance("administrator")
            .issue(IssueRequest {
                request_id: format!("test-{name}"),
                issuer: "sub".into(),
                profile: profile.into(),
                public_key: key.public_key().spki_der().to_vec(),
                subject: subject.to_der().to_vec(),
                subject_alternative_names: names.iter().map(ToString::to_string).collect(),
                ..IssueRequest::default()
            })
            .await
            .unwrap()
            .into_inner();
        let chain: String = std::iter::once(&issued.certificate.unwrap().der)
            .chain(&issued.chain)
            .map(|der| pem::encode("CERTIFICATE", der))
            .collect();
        let shown = Shown {
            certificate: self.folder.path().join(format!("{name}.crt")),
            key: self.folder.path().join(format!("{name}.key")),
        };
        std::fs::write(&shown.certificate, chain).unwrap();
        std::fs::write(&shown.key, key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
        shown
    }

    fn administrators(&self) -> AdministratorsClient<Way> {
        AdministratorsClient::new(self.replica.way("administrator"))
    }

    async fn administrator(&mut self, name: &str, roles: &[&str], authorities: &[&str]) -> Shown {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let shown = self.issue(name, "tls-client", &[]).await;
        let mut administrators = self.administrators();
        administrators
            .put(PutAdministratorRequest {
                name: name.into(),
                roles: words(roles),
                authorities: words(authorities),
                disabled: false,
            })
            .await
            .unwrap();
        administrators
            .add_certificate(AddAdministratorCertificateRequest {
                name: name.into(),
                certificate: shown.der(),
            })
            .await
            .unwrap();
        shown
    }

    /// A service identity that CARA's own identity believes.
    async fn service(&mut self, name: &str) -> Shown {
        let shown = self
            .issue(
                name,
                "service-identity",
                &[
                    &format!("uri:spiffe://ers/{name}"),
                    &format!("dns:{name}.ers.internal"),
                ],
            )
            .await;
        if self.root.is_empty() {
            let root = self.replica.authority("root").await;
            self.root = pem::encode("CERTIFICATE", &root.certificate);
        }
        self.identity
            .replace(
                &std::fs::read_to_string(&shown.certificate).unwrap(),
                &std::fs::read_to_string(&shown.key).unwrap(),
                &self.root,
            )
            .unwrap();
        shown
    }

    fn call(&self, method: &str, path: &str, who: Option<&Shown>, body: Option<&Value>) -> Answer {
        self.call_with(method, path, who, body, &[])
    }

    fn call_with(
        &self,
        method: &str,
        path: &str,
        who: Option<&Shown>,
        body: Option<&Value>,
        headers: &[String],
    ) -> Answer {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--insecure", "--max-time", "30"])
            .args(["--write-out", "\n%{http_code}", "--request", method]);
        if let Some(who) = who {
            curl.arg("--cert").arg(&who.certificate);
            curl.arg("--key").arg(&who.key);
        }
        for header in headers {
            curl.args(["--header", header]);
        }
        if let Some(body) = body {
            curl.args(["--header", "Content-Type: application/json"]);
            curl.args(["--data-raw", &body.to_string()]);
        }
        let output = curl
            .arg(format!("{}{path}", self.url))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "curl {method} {path}");
        let said = String::from_utf8(output.stdout).unwrap();
        let (body, status) = said.rsplit_once('\n').unwrap();
        Answer {
            status: status.parse().unwrap(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }

    /// An answer of several lines of JSON.
    fn lines(&self, path: &str, who: &Shown, body: &Value) -> (u16, Vec<Value>) {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--insecure", "--max-time", "30"])
            .args(["--write-out", "%{http_code}", "--request", "POST"])
            .arg("--cert")
            .arg(&who.certificate)
            .arg("--key")
            .arg(&who.key)
            .args(["--header", "Content-Type: application/json"])
            .args(["--data-raw", &body.to_string()])
            .arg(format!("{}{path}", self.url))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let (body, status) = said.split_at(said.len() - 3);
        let lines = body
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        (status.parse().unwrap(), lines.collect())
    }

    /// A CSR that openssl made.
    fn csr(&self, name: &str) -> String {
        let key = self.folder.path().join("csr.key");
        let csr = self.folder.path().join("request.csr");
        openssl(&[
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            key.to_str().unwrap(),
            "-out",
            csr.to_str().unwrap(),
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            &format!("subjectAltName=DNS:{name}"),
        ]);
        std::fs::read_to_string(csr).unwrap()
    }
}

impl Shown {
    fn der(&self) -> Vec<u8> {
        pem::decode(&self.pem(), &["CERTIFICATE"]).unwrap()
    }

    /// The certificate alone.
    fn pem(&self) -> String {
        let chain = std::fs::read_to_string(&self.certificate).unwrap();
        let end = "-----END CERTIFICATE-----\n";
        let (first, _) = chain.split_once(end).unwrap();
        format!("{first}{end}")
    }
}

async fn an_ra_issues_and_revokes_what_an_auditor_sees_done(database: TestDatabase) {
    let mut house = House::open(&database).await;
    let ra = house.administrator("rita", &["ra"], &[]).await;
    let auditor = house.administrator("otto", &["auditor"], &[]).await;

    let me = house.call("GET", "/v1/session", Some(&ra), None);
    assert_eq!(me.status, 200, "{}", me.body);
    assert_eq!(me.body["administrator"], "rita");

    let wish = json!({
        "request_id": "order-7", "issuer": "sub", "profile": "tls-server", "csr": house.csr("www.rest.test"),
    });
    let issued = house.call("POST", "/v1/certificates", Some(&ra), Some(&wish));
    assert_eq!(issued.status, 201, "{}", issued.body);
    assert_eq!(issued.body["requester"], "administrator:rita");
    assert_eq!(
        issued.body["subject_alternative_names"],
        json!(["dns:www.rest.test"])
    );
    let serial = issued.body["serial"].as_str().unwrap().to_owned();
    let again = house.call("POST", "/v1/certificates", Some(&ra), Some(&wish));
    assert_eq!(again.body["serial"], issued.body["serial"]);
    // somebody else's decoder
    let file = house.folder.path().join("issued.pem");
    std::fs::write(&file, issued.body["certificate_pem"].as_str().unwrap()).unwrap();
    let text = openssl(&["x509", "-in", file.to_str().unwrap(), "-noout", "-text"]);
    assert!(text.contains("DNS:www.rest.test"), "{text}");

    let path = format!("/v1/certificates/sub/{serial}");
    let bad = json!({"reason": "bored"});
    let refused = house.call("POST", &format!("{path}/revocation"), Some(&ra), Some(&bad));
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (400, &json!("reason"))
    );
    let reason = json!({"reason": "superseded"});
    let revoked = house.call(
        "POST",
        &format!("{path}/revocation"),
        Some(&ra),
        Some(&reason),
    );
    assert_eq!(
        (revoked.status, &revoked.body["state"]),
        (200, &json!("revoked"))
    );
    let shown = house.call("GET", &path, Some(&auditor), None);
    assert_eq!(shown.body["revocation"]["requester"], "administrator:rita");

    for (search, status, hits) in [
        (format!("serial={serial}"), 200, 1),
        (format!("serial={serial}&state=valid"), 200, 0),
        (
            "name=dns:www.rest.test&state=revoked&issued_from=2026-01-01T00:00:00Z".to_owned(),
            200,
            1,
        ),
        ("name=dns:other.rest.test".to_owned(), 200, 0),
        ("state=odd".to_owned(), 400, 0),
        ("issued_from=yesterday".to_owned(), 400, 0),
        ("fingerprint=zz".to_owned(), 400, 0),
    ] {
        let path = format!("/v1/certificates?{search}");
        let found = house.call("GET", &path, Some(&auditor), None);
        assert_eq!(found.status, status, "{search}: {}", found.body);
        let list = found.body["certificates"].as_array().map_or(0, Vec::len);
        assert_eq!(list, hits, "{search}: {}", found.body);
    }

    // on hold and back, many at once, a key blocked
    let wish = json!({
        "issuer": "sub", "profile": "tls-server", "csr": house.csr("held.rest.test"),
    });
    let held = house.call("POST", "/v1/certificates", Some(&ra), Some(&wish));
    let held = format!(
        "/v1/certificates/sub/{}/revocation",
        held.body["serial"].as_str().unwrap()
    );
    let hold = json!({"reason": "certificateHold"});
    assert_eq!(
        house.call("POST", &held, Some(&ra), Some(&hold)).status,
        200
    );
    let released = house.call("DELETE", &held, Some(&ra), None);
    assert_eq!(
        (released.status, &released.body["state"]),
        (200, &json!("valid"))
    );
    let for_good = house.call("DELETE", &format!("{path}/revocation"), Some(&ra), None);
    assert_eq!(for_good.status, 409, "{}", for_good.body);
    let many =
        json!({"filter": {"issuer": "sub", "profile": "tls-server"}, "reason": "superseded"});
    let (status, lines) = house.lines("/v1/revocations", &ra, &many);
    let last = lines.last().unwrap();
    assert_eq!((status, &last["done"]), (200, &json!(true)), "{lines:?}");
    assert!(last["revoked"].as_u64().unwrap() >= 1, "{last}");
    assert!(last["unchanged"].as_u64().unwrap() >= 1, "{last}");
    let both =
        json!({"certificates": [{"issuer": "sub", "serial": "1"}], "filter": {"issuer": "sub"}});
    assert_eq!(house.lines("/v1/revocations", &ra, &both).0, 400);
    let key = format!("/v1/blocked-keys/{}", "00".repeat(32));
    assert_eq!(house.call("PUT", &key, Some(&ra), None).status, 204);
    assert_eq!(house.call("DELETE", &key, Some(&ra), None).status, 204);
    let refused = house.call("PUT", "/v1/blocked-keys/xyz", Some(&ra), None);
    assert_eq!(refused.status, 400, "{}", refused.body);

    let new =
        json!({"name": "mine", "subject": "CN=Mine", "key_algorithm": "P-256", "validity": "1y"});
    let refused = house.call("POST", "/v1/authorities", Some(&ra), Some(&new));
    assert_eq!(refused.status, 403, "{}", refused.body);

    let acts = house.call(
        "GET",
        "/v1/acts?administrator=administrator:rita",
        Some(&auditor),
        None,
    );
    let told: Vec<_> = acts.body["acts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| {
            (
                act["act"].as_str().unwrap(),
                act["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    let ended = [
        ("unblock-key", "done"),
        ("block-key", "done"),
        ("revoke-many", "done"),
        ("release-certificate", "refused"),
        ("release-certificate", "done"),
        ("revoke-certificate", "done"),
        ("issue-certificate", "done"),
        ("revoke-certificate", "done"),
        ("revoke-certificate", "refused"),
        ("issue-certificate", "done"),
        ("issue-certificate", "done"),
    ];
    assert_eq!(told, ended);
    let page = house.call("GET", "/v1/acts?page_size=3", Some(&auditor), None);
    let next = page.body["next_page_token"].as_str().unwrap().to_owned();
    let page = house.call(
        "GET",
        &format!("/v1/acts?page_size=1&page_token={next}"),
        Some(&auditor),
        None,
    );
    assert_eq!(page.body["acts"][0]["outcome"], "refused");
    let refused = house.call("GET", "/v1/acts?page_size=0", Some(&auditor), None);
    assert_eq!(refused.status, 400, "{}", refused.body);
}

async fn administrators_are_made_changed_and_removed_but_never_the_last(database: TestDatabase) {
    let mut house = House::open(&database).await;
    let chief = house
        .administrator("chief", &["ca-administrator"], &[])
        .await;
    let local = house
        .administrator("local", &["ca-administrator", "ra"], &["sub"])
        .await;

    // only some CAs: neither others' certificates nor more rights for oneself
    let all = house.call("GET", "/v1/certificates", Some(&local), None);
    assert_eq!((all.status, &all.body["field"]), (400, &json!("issuer")));
    let others = house.call("GET", "/v1/certificates?issuer=root", Some(&local), None);
    assert_eq!(others.status, 403);
    let own = house.call("GET", "/v1/certificates?issuer=sub", Some(&local), None);
    assert_eq!(own.status, 200, "{}", own.body);
    let listed = house.call("GET", "/v1/authorities", Some(&local), None);
    assert_eq!(listed.body["authorities"].as_array().unwrap().len(), 1);
    let more = json!({"roles": ["ca-administrator"]});
    let refused = house.call("PUT", "/v1/administrators/local", Some(&local), Some(&more));
    assert_eq!(refused.status, 403, "{}", refused.body);
    let beside =
        json!({"name": "beside", "subject": "CN=B", "key_algorithm": "P-256", "validity": "1y"});
    let refused = house.call("POST", "/v1/authorities", Some(&local), Some(&beside));
    assert_eq!(refused.status, 403, "{}", refused.body);

    // a CA's life, as far as it is theirs
    let path = "/v1/authorities/sub";
    let suspended = json!({"state": "suspended"});
    let state = house.call(
        "PUT",
        &format!("{path}/state"),
        Some(&local),
        Some(&suspended),
    );
    assert_eq!(
        (state.status, &state.body["state"]),
        (200, &json!("suspended"))
    );
    let active = json!({"state": "active"});
    assert_eq!(
        house
            .call("PUT", &format!("{path}/state"), Some(&local), Some(&active))
            .status,
        200
    );
    let odd = json!({"state": "asleep"});
    let refused = house.call("PUT", &format!("{path}/state"), Some(&local), Some(&odd));
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (400, &json!("state"))
    );
    let validity = json!({"validity": "2y"});
    let renewed = house.call(
        "POST",
        &format!("{path}/renewal"),
        Some(&local),
        Some(&validity),
    );
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let rolled = house.call(
        "POST",
        &format!("{path}/rollover"),
        Some(&local),
        Some(&validity),
    );
    assert_eq!(
        (rolled.status, &rolled.body["generation"]),
        (200, &json!(2)),
        "{}",
        rolled.body
    );
    let refused = house.call(
        "PUT",
        "/v1/authorities/root/state",
        Some(&local),
        Some(&suspended),
    );
    assert_eq!(refused.status, 403);
    let settings = json!({"settings": {"no-such-setting": 1}});
    let refused = house.call(
        "PUT",
        &format!("{path}/settings"),
        Some(&chief),
        Some(&settings),
    );
    assert_eq!(refused.status, 400, "{}", refused.body);
    let new = json!({
        "name": "carried", "subject": "CN=Carried", "key_algorithm": "P-256", "validity": "1y", "external": true,
    });
    let made = house.call("POST", "/v1/authorities", Some(&chief), Some(&new));
    assert_eq!(
        (made.status, &made.body["state"]),
        (201, &json!("awaiting-certificate")),
        "{}",
        made.body
    );
    let cross = json!({"request_pem": made.body["request_pem"], "validity": "1y"});
    let signed = house.call(
        "POST",
        "/v1/authorities/root/cross-certificates",
        Some(&chief),
        Some(&cross),
    );
    assert_eq!(signed.status, 200, "{}", signed.body);
    let carried = json!({"certificate_pem": signed.body["certificate_pem"], "chain_pem": signed.body["chain_pem"]});
    let taken = house.call(
        "POST",
        "/v1/authorities/carried/certificates",
        Some(&chief),
        Some(&carried),
    );
    assert_eq!(
        (taken.status, &taken.body["state"]),
        (200, &json!("active")),
        "{}",
        taken.body
    );

    // made with a certificate of theirs, changed, disabled
    let eve = house.issue("eve", "tls-client", &[]).await;
    let refused = house.call("GET", "/v1/session", Some(&eve), None);
    assert_eq!(
        refused.status, 403,
        "nobody knows her yet: {}",
        refused.body
    );
    let wrong = json!({"roles": ["root"]});
    let refused = house.call("PUT", "/v1/administrators/eve", Some(&chief), Some(&wrong));
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (400, &json!("roles"))
    );
    let operator = json!({"roles": ["operator"]});
    let made = house.call(
        "PUT",
        "/v1/administrators/eve",
        Some(&chief),
        Some(&operator),
    );
    assert_eq!(made.status, 200, "{}", made.body);
    let certificate = json!({"certificate_pem": eve.pem()});
    let path = "/v1/administrators/eve/certificates";
    let added = house.call("POST", path, Some(&chief), Some(&certificate));
    assert_eq!(added.status, 200, "{}", added.body);
    let fingerprint = added.body["certificates"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let taken = house.call(
        "POST",
        "/v1/administrators/local/certificates",
        Some(&chief),
        Some(&certificate),
    );
    assert_eq!(taken.status, 409, "{}", taken.body);
    assert_eq!(
        house.call("GET", "/v1/session", Some(&eve), None).status,
        200
    );
    let disabled = json!({"roles": ["operator"], "disabled": true});
    assert_eq!(
        house
            .call(
                "PUT",
                "/v1/administrators/eve",
                Some(&chief),
                Some(&disabled)
            )
            .status,
        200
    );
    assert_eq!(
        house.call("GET", "/v1/session", Some(&eve), None).status,
        403
    );
    let path = format!("{path}/{fingerprint}");
    assert_eq!(house.call("DELETE", &path, Some(&chief), None).status, 200);
    assert_eq!(house.call("DELETE", &path, Some(&chief), None).status, 404);
    assert_eq!(
        house
            .call("DELETE", "/v1/administrators/eve", Some(&chief), None)
            .status,
        204
    );

    // the last one stays
    for (method, body) in [("DELETE", None), ("PUT", Some(&operator))] {
        let refused = house.call(method, "/v1/administrators/chief", Some(&chief), body);
        assert_eq!(refused.status, 409, "{method}: {}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_refused_to_roles_that_lack_its_permission() {
    let database = ers_test_support::databases::fresh(ers_test_support::databases::Kind::Sqlite)
        .await
        .unwrap();
    let mut house = House::open(&database).await;
    let document = house.call("GET", "/openapi.json", None, None).body;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((
            role,
            house
                .administrator(role.as_str(), &[role.as_str()], &[])
                .await,
        ));
    }
    let permissions = Permission::ALL;
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if path.ends_with("/session") {
                continue;
            }
            operations += 1;
            let named = operation["x-permission"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} names no permission"));
            let permission = permissions
                .into_iter()
                .find(|permission| permission.as_str() == named)
                .unwrap_or_else(|| panic!("{method} {path}: {named} is no permission"));
            let path: String = path
                .trim_start_matches("/cara-ws-server")
                .split('/')
                .map(|part| if part.starts_with('{') { "00" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            // What is no JSON is refused after who asks, so that nothing is done here.
            let broken = (method != "get").then(|| json!("?"));
            let method = method.to_uppercase();
            let nobody = house.call(&method, &path, None, broken.as_ref());
            assert_eq!(nobody.status, 403, "{method} {path} without a certificate");
            for (role, person) in &people {
                let answer = house.call(&method, &path, Some(person), broken.as_ref());
                assert_eq!(
                    answer.status == 403,
                    !role.may(permission),
                    "{method} {path} as {role}: {} {}",
                    answer.status,
                    answer.body
                );
            }
        }
    }
    assert!(operations >= 28, "{operations}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_revoked_or_has_expired_shows_nobody() {
    let database = ers_test_support::databases::fresh(ers_test_support::databases::Kind::Sqlite)
        .await
        .unwrap();
    let mut house = House::open(&database).await;
    let ra = house.administrator("rita", &["ra"], &[]).await;
    let other = house.administrator("ralf", &["ra"], &[]).await;
    let serial = ers_pki::certificate::Certificate::from_der(&other.der())
        .unwrap()
        .serial()
        .to_hex();
    let path = format!("/v1/certificates/sub/{serial}/revocation");
    let revoked = house.call(
        "POST",
        &path,
        Some(&ra),
        Some(&json!({"reason": "keyCompromise"})),
    );
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(
        house.call("GET", "/v1/session", Some(&other), None).status,
        403
    );
    assert_eq!(
        house.call("GET", "/v1/session", Some(&ra), None).status,
        200
    );
    house.replica.clock.advance(time::Duration::days(400));
    assert_eq!(
        house.call("GET", "/v1/session", Some(&ra), None).status,
        403
    );
}

/// Keys and tokens are told as the signer tells them, to those who administer all CAs; the journal is walked for auditors.
#[tokio::test(flavor = "multi_thread")]
async fn keys_tokens_and_the_journal_are_shown_to_those_who_administer_all() {
    let database = ers_test_support::databases::fresh(ers_test_support::databases::Kind::Sqlite)
        .await
        .unwrap();
    let mut house = House::open(&database).await;
    let operator = house.administrator("olga", &["operator"], &[]).await;
    let auditor = house.administrator("otto", &["auditor"], &[]).await;
    let local = house
        .administrator("local", &["operator", "auditor"], &["sub"])
        .await;

    let tokens = house.call("GET", "/v1/tokens", Some(&operator), None);
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.body["tokens"][0]["name"], "software");
    assert_eq!(tokens.body["tokens"][0]["up"], true);
    let keys = house.call("GET", "/v1/keys", Some(&operator), None).body;
    let keys = keys["keys"].as_array().unwrap();
    assert!(keys.len() >= 2, "{keys:?}");
    assert!(keys.iter().all(|key| key["purposes"][0].is_string()));
    for path in ["/v1/tokens", "/v1/keys", "/v1/journal"] {
        assert_eq!(house.call("GET", path, Some(&local), None).status, 403);
    }

    let journal = house.call("GET", "/v1/journal", Some(&auditor), None).body;
    let entries = journal["chains"][0]["entries"].as_u64().unwrap();
    assert!(entries > 0);
    let (status, lines) = house.lines("/v1/journal/verification", &auditor, &json!({}));
    assert_eq!(status, 200);
    let last = lines.last().unwrap();
    assert_eq!((&last["done"], last.get("fault")), (&json!(true), None));
    let acts = house.call("GET", "/v1/acts?act=verify-journal", Some(&auditor), None);
    assert_eq!(acts.body["acts"][0]["outcome"], "done");
    let session = house.call("GET", "/v1/session", Some(&auditor), None).body;
    let permissions = session["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("read-acts")));
    assert!(!permissions.contains(&json!("publish-crls")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ingress_alone_is_believed_about_other_peoples_certificates() {
    let database = ers_test_support::databases::fresh(ers_test_support::databases::Kind::Sqlite)
        .await
        .unwrap();
    let mut house = House::open(&database).await;
    let ra = house.administrator("rita", &["ra"], &[]).await;
    let stranger = house.issue("stranger", "tls-client", &[]).await;
    let other_service = house.service("acme").await;
    let ingress = house.service("ingress").await;
    let own = house.service("administrator").await;
    let escaped = ra.pem().replace('\n', "%0A").replace(' ', "%20");
    let headers = |verified: &str| {
        [
            format!("ssl-client-verify: {verified}"),
            format!("ssl-client-cert: {escaped}"),
            "x-real-ip: 192.0.2.7".to_owned(),
        ]
    };
    let session = |who: Option<&Shown>, headers: &[String]| {
        house.call_with("GET", "/v1/session", who, None, headers)
    };
    let through = session(Some(&ingress), &headers("SUCCESS"));
    assert_eq!(
        (through.status, &through.body["administrator"]),
        (200, &json!("rita"))
    );
    for who in [None, Some(&stranger), Some(&other_service)] {
        assert_eq!(session(who, &headers("SUCCESS")).status, 403);
    }
    for verified in ["NONE", "FAILED:self signed", ""] {
        assert_eq!(
            session(Some(&ingress), &headers(verified)).status,
            403,
            "{verified}"
        );
    }
    assert_eq!(session(Some(&ingress), &[]).status, 403);
    let broken = [
        "ssl-client-verify: SUCCESS".to_owned(),
        "ssl-client-cert: %4".to_owned(),
    ];
    assert_eq!(session(Some(&ingress), &broken).status, 400);
    let platform = session(Some(&own), &headers("SUCCESS"));
    assert_eq!(platform.body["administrator"], "administrator");
}

/// Failure 49: over REST, an officer's act waits for another officer, whatever else the first may do.
async fn what_takes_two_is_answered_with_where_it_waits(database: TestDatabase) {
    let four_eyes = FourEyes {
        acts: [GuardedAct::CreateAuthority].into(),
        days: 1,
    };
    let issuing = Issuing {
        four_eyes,
        ..issuing()
    };
    let mut house = House::open_issuing(&database, issuing).await;
    let chief = house
        .administrator("chief", &["ca-administrator"], &[])
        .await;
    let auditor = house.issue("otto", "tls-client", &[]).await;
    let own = house.service("administrator").await;

    let new = json!({
        "name": "second", "subject": "CN=Second CA", "issuer": "root", "key_algorithm": "P-256", "validity": "5y",
    });
    let kept = house.call("POST", "/v1/authorities", Some(&chief), Some(&new));
    assert_eq!(kept.status, 202, "{}", kept.body);
    let place = kept.body["instance"].as_str().unwrap();
    let place = place.strip_prefix("/cara-ws-server").unwrap().to_owned();
    assert_eq!(
        house
            .call("GET", "/v1/authorities/second", Some(&chief), None)
            .status,
        404
    );
    let shown = house.call("GET", &place, Some(&chief), None);
    assert_eq!(shown.body["requester"], "administrator:chief");
    assert_eq!(shown.body["authority"], "root");
    let approving = format!("{place}/approve");
    assert_eq!(
        house.call("POST", &approving, Some(&chief), None).status,
        403
    );
    assert_eq!(
        house.call("POST", &approving, Some(&auditor), None).status,
        403
    );
    let listed = house.call("GET", "/v1/approvals?waiting=true", Some(&own), None);
    assert_eq!(
        listed.body["approvals"].as_array().unwrap().len(),
        1,
        "{}",
        listed.body
    );

    let done = house.call("POST", &approving, Some(&own), None);
    assert_eq!(
        (done.status, &done.body["outcome"]),
        (200, &json!("done")),
        "{}",
        done.body
    );
    assert_eq!(
        house
            .call("GET", "/v1/authorities/second", Some(&chief), None)
            .status,
        200
    );
    assert_eq!(house.call("POST", &approving, Some(&own), None).status, 409);
    let acts = house.call("GET", "/v1/acts", Some(&own), None).body;
    let acts = acts["acts"].as_array().unwrap();
    let of = |act: &str, who: &str, outcome: &str| {
        acts.iter().any(|told| {
            told["act"] == act && told["administrator"] == who && told["outcome"] == outcome
        })
    };
    assert!(
        of("create-authority", "administrator:chief", "begun"),
        "{acts:?}"
    );
    assert!(
        of("create-authority", "administrator:chief", "done"),
        "{acts:?}"
    );
    assert!(
        of("approve-act", "administrator:chief", "refused"),
        "{acts:?}"
    );
    assert!(of("approve-act", "administrator", "done"), "{acts:?}");
}
