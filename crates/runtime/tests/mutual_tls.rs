//! Promises:
//! - who calls is told by the URI SAN of the client certificate, and nothing else;
//! - without a certificate, with a foreign, an expired or a revoked one, or to a peer of another name: no call goes
//!   through;
//! - a renewed identity is used by the next call, without a restart;
//! - a connection ends when its peer is believed no longer.

#![cfg(test)]

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use ers_runtime::{
    Context,
    clock::SystemClock,
    grpc::{self, caller},
    tls::{Identity, IdentityFiles},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::{Code, Request, Response, Status};

/// A service made by hand: tells who calls.
#[derive(Clone)]
struct WhoCalls;

impl tonic::server::NamedService for WhoCalls {
    const NAME: &'static str = "test.WhoCalls";
}

impl tonic::codegen::Service<http::Request<tonic::body::Body>> for WhoCalls {
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let (parts, _) = request.into_parts();
        let request =
            Request::from_parts(tonic::metadata::MetadataMap::new(), parts.extensions, ());
        let status = match caller(&request) {
            Ok(caller) => Status::new(Code::Aborted, caller.name().to_owned()),
            Err(status) => status,
        };
        Box::pin(async move { Ok(status.into_http()) })
    }
}

/// An authority of openssl's making.
struct Authority(TempDir);

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // each has a name of its own: a CRL is for whoever has the name
        let name = folder.path().file_name().unwrap().display().to_string();
        openssl(
            folder.path(),
            &format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN={name} -days 10"
            ),
        );
        Self(folder)
    }

    fn issue(&self, file: &str, extension: &str, days: i32) {
        let folder = self.0.path();
        std::fs::write(folder.join("ext"), format!("{extension}\n")).unwrap();
        openssl(
            folder,
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {file}.key -out {file}.csr -subj /CN={file}"
            ),
        );
        openssl(
            folder,
            &format!(
                "x509 -req -in {file}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {file}.crt -extfile ext -days {days}"
            ),
        );
    }

    /// The CRL after another revocation, PEM.
    fn revoke(&self, name: &str) -> String {
        let folder = self.0.path();
        let config = "[ca]\ndefault_ca=ca\n[ca]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=5\n";
        std::fs::write(folder.join("ca.cnf"), config).unwrap();
        for (file, text) in [("index.txt", ""), ("number", "01\n")] {
            if !folder.join(file).exists() {
                std::fs::write(folder.join(file), text).unwrap();
            }
        }
        let with = "-config ca.cnf -cert ca.crt -keyfile ca.key";
        openssl(folder, &format!("ca {with} -revoke {name}.crt"));
        openssl(folder, &format!("ca {with} -gencrl -out ca.crl"));
        std::fs::read_to_string(folder.join("ca.crl")).unwrap()
    }

    fn service(&self, name: &str) -> Arc<Identity> {
        self.issue(
            name,
            &format!("subjectAltName=URI:spiffe://ers/{name},DNS:{name}.ers.internal"),
            5,
        );
        self.identity(name, self)
    }

    fn identity(&self, file: &str, believes: &Self) -> Arc<Identity> {
        let read = |folder: &TempDir, name: &str| {
            std::fs::read_to_string(folder.path().join(name)).unwrap()
        };
        let (certificate, key) = (
            read(&self.0, &format!("{file}.crt")),
            read(&self.0, &format!("{file}.key")),
        );
        Arc::new(Identity::from_pem(&certificate, &key, &read(&believes.0, "ca.crt")).unwrap())
    }

    fn files(&self, name: &str) -> IdentityFiles {
        let path = |file: String| self.0.path().join(file);
        IdentityFiles {
            certificate: path(format!("{name}.crt")),
            key: path(format!("{name}.key")),
            authorities: path("ca.crt".into()),
        }
    }
}

fn context(service: &'static str, identity: Arc<Identity>) -> Context {
    let context = Context::for_test(service, SystemClock::shared()).unwrap();
    Context {
        identity,
        ..context
    }
}

/// Serves [`WhoCalls`] as the service `signer`; gives its address.
async fn serve(identity: Arc<Identity>) -> String {
    let context = context("signer", identity);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        grpc::serve(&context, listener, tonic::service::Routes::new(WhoCalls)).await
    });
    address
}

/// Who the service says that we are, or the code with which we fail.
async fn ask(identity: Arc<Identity>, service: &str, address: &str) -> Result<String, Code> {
    ask_over(&grpc::connect(&context("test", identity), service, address)).await
}

/// The same, over a way that may have been used before.
async fn ask_over(channel: &grpc::Channel) -> Result<String, Code> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|_| Code::Unavailable)?;
    let path = http::uri::PathAndQuery::from_static("/test.WhoCalls/Ask");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let answer: Result<Response<()>, Status> = client.unary(Request::new(()), path, codec).await;
    match answer {
        Err(status) if status.code() == Code::Aborted => Ok(status.message().to_owned()),
        Err(status) => Err(status.code()),
        Ok(_) => Err(Code::Ok),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_told_by_the_uri_in_the_certificate() {
    let ours = Authority::new();
    let address = serve(ours.service("signer")).await;
    assert_eq!(
        ask(ours.service("cara-ws"), "signer", &address).await,
        Ok("cara-ws".into())
    );

    ours.issue("nameless", "subjectAltName=DNS:cara-ws.ers.internal", 5);
    assert_eq!(
        ask(ours.identity("nameless", &ours), "signer", &address).await,
        Err(Code::Unauthenticated)
    );
    ours.issue(
        "two",
        "subjectAltName=URI:spiffe://ers/acme,URI:spiffe://ers/signer",
        5,
    );
    assert_eq!(
        ask(ours.identity("two", &ours), "signer", &address).await,
        Err(Code::Unauthenticated)
    );
    ours.issue("other", "subjectAltName=URI:spiffe://elsewhere/cara-ws", 5);
    assert_eq!(
        ask(ours.identity("other", &ours), "signer", &address).await,
        Err(Code::Unauthenticated)
    );
}

fn read(authority: &Authority, file: &str) -> String {
    std::fs::read_to_string(authority.0.path().join(file)).unwrap()
}

/// With TLS 1.3 a client learns that it was refused when its first call is cut off.
fn assert_no_connection(answer: Result<String, Code>) {
    assert!(
        matches!(
            answer,
            Err(Code::Unavailable | Code::Cancelled | Code::Unknown)
        ),
        "{answer:?}"
    );
}

/// Failure 22: no client certificate, a foreign one, an expired one.
#[tokio::test(flavor = "multi_thread")]
async fn failure_22_a_stranger_gets_no_connection() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let address = serve(ours.service("signer")).await;
    // their certificate, our trust
    theirs.service("cara-ws");
    assert_no_connection(ask(theirs.identity("cara-ws", &ours), "signer", &address).await);
    // our certificate, but it believes only them
    ours.service("acme");
    assert_no_connection(ask(ours.identity("acme", &theirs), "signer", &address).await);
    // no identity at all
    assert_no_connection(ask(Arc::new(Identity::none().unwrap()), "signer", &address).await);
    // expired
    ours.issue("late", "subjectAltName=URI:spiffe://ers/cara-ws", -1);
    assert_no_connection(ask(ours.identity("late", &ours), "signer", &address).await);
    // the peer is another service than the one that is wanted
    assert_no_connection(ask(ours.service("cara-ws"), "clm-api", &address).await);
    assert_eq!(
        ask(ours.service("cara-ws"), "signer", &address).await,
        Ok("cara-ws".into())
    );
}

/// Failure 22: a revoked certificate, of the client or of the server; what is not revoked goes on.
#[tokio::test(flavor = "multi_thread")]
async fn failure_22_a_revoked_identity_gets_no_connection() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    ours.service("signer");
    ours.service("lost");
    theirs.service("cara-ws");
    // it believes both, and knows what each has revoked
    let believed = tempfile::tempdir().unwrap();
    let authorities = |crl: &str| {
        let text = format!("{}{}{crl}", read(&ours, "ca.crt"), read(&theirs, "ca.crt"));
        std::fs::write(believed.path().join("authorities"), text).unwrap();
    };
    authorities("");
    let watching = context("test", Arc::new(Identity::none().unwrap()));
    let files = IdentityFiles {
        authorities: believed.path().join("authorities"),
        ..ours.files("signer")
    };
    let address = serve(Identity::watched(files, &watching.shutdown).unwrap()).await;
    let lost = || ours.identity("lost", &ours);
    assert_eq!(ask(lost(), "signer", &address).await, Ok("lost".into()));
    authorities(&ours.revoke("lost"));
    let begun = std::time::Instant::now();
    while ask(lost(), "signer", &address).await.is_ok() {
        assert!(begun.elapsed().as_secs() < 20, "it is still believed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_no_connection(ask(lost(), "signer", &address).await);
    // the other authority has no CRL, and the rest of ours is not on it
    let foreign = theirs.identity("cara-ws", &ours);
    assert_eq!(ask(foreign, "signer", &address).await, Ok("cara-ws".into()));
    assert_eq!(
        ask(ours.service("acme"), "signer", &address).await,
        Ok("acme".into())
    );
    // and a client does not talk to a server that was revoked
    let crl = ours.revoke("signer");
    let (certificate, key) = (read(&ours, "acme.crt"), read(&ours, "acme.key"));
    let wary = Identity::from_pem(
        &certificate,
        &key,
        &format!("{}{crl}", read(&ours, "ca.crt")),
    );
    assert_no_connection(ask(Arc::new(wary.unwrap()), "signer", &address).await);
}

/// Failure 22: rotation without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn failure_22_a_renewed_identity_is_used_without_a_restart() {
    let ours = Authority::new();
    let address = serve(ours.service("signer")).await;
    ours.service("cara-ws");
    let watching = context("test", Arc::new(Identity::none().unwrap()));
    let identity = Identity::watched(ours.files("cara-ws"), &watching.shutdown).unwrap();
    assert_eq!(
        ask(Arc::clone(&identity), "signer", &address).await,
        Ok("cara-ws".into())
    );
    // a broken file is not used
    let good = std::fs::read(ours.files("cara-ws").certificate).unwrap();
    std::fs::write(ours.files("cara-ws").certificate, "nothing").unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        ask(Arc::clone(&identity), "signer", &address).await,
        Ok("cara-ws".into())
    );
    std::fs::write(ours.files("cara-ws").certificate, good).unwrap();
    ours.issue("cara-ws", "subjectAltName=URI:spiffe://ers/renamed", 5);
    let begun = std::time::Instant::now();
    while ask(Arc::clone(&identity), "signer", &address).await != Ok("renamed".into()) {
        assert!(
            begun.elapsed().as_secs() < 20,
            "the renewed identity is never used"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Failure 22: rotation without a restart, of a way that is in use.
#[tokio::test(flavor = "multi_thread")]
async fn failure_22_calls_go_over_a_connection_of_the_renewed_identity() {
    let ours = Authority::new();
    let address = serve(ours.service("signer")).await;
    let identity = ours.service("cara-ws");
    let way = grpc::connect(&context("test", Arc::clone(&identity)), "signer", &address);
    let other = way.clone();
    assert_eq!(ask_over(&way).await, Ok("cara-ws".into()));
    ours.service("acme");
    let (certificate, key) = (read(&ours, "acme.crt"), read(&ours, "acme.key"));
    identity
        .replace(&certificate, &key, &read(&ours, "ca.crt"))
        .unwrap();
    assert_eq!(ask_over(&way).await, Ok("acme".into()));
    assert_eq!(ask_over(&other).await, Ok("acme".into()));
}

/// Failure 22: a peer that was revoked while it was connected.
#[tokio::test(flavor = "multi_thread")]
async fn failure_22_a_connection_is_cut_when_its_peer_is_believed_no_longer() {
    let ours = Authority::new();
    let server = ours.service("signer");
    let address = serve(Arc::clone(&server)).await;
    let connect = |name| grpc::connect(&context("test", ours.service(name)), "signer", &address);
    let (lost, kept) = (connect("cara-ws"), connect("acme"));
    assert_eq!(ask_over(&lost).await, Ok("cara-ws".into()));
    assert_eq!(ask_over(&kept).await, Ok("acme".into()));
    let crl = ours.revoke("cara-ws");
    let authorities = format!("{}{crl}", read(&ours, "ca.crt"));
    let (certificate, key) = (read(&ours, "signer.crt"), read(&ours, "signer.key"));
    server.replace(&certificate, &key, &authorities).unwrap();
    let begun = std::time::Instant::now();
    while ask_over(&lost).await.is_ok() {
        assert!(
            begun.elapsed().as_secs() < 20,
            "the connection of a revoked peer stays"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_no_connection(ask_over(&lost).await);
    assert_eq!(ask_over(&kept).await, Ok("acme".into()));
}
