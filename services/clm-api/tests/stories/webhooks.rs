//! Promises:
//! - a challenge that is not ours is judged by the webhook that the policy names, which sees the request and our token
//! - it says whose request it is; a name that the realm does not know, or a no, lets in nobody
//! - when it is out of reach, or its certificate is not of the configured CA, the edge is told to try again

use std::sync::Arc;

use clm_api::config::WebhookConfig;
use ers_proto::clm::v1::{
    self as proto, authenticate_request::Credential, authenticate_response::Outcome as Let,
};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use tonic::{Code, Status};

use super::{
    authenticating::{add, denied, let_in},
    cara::ISSUER,
    clm::World,
    openssl,
};

/// Somebody who manages devices: answers what they are told to, over TLS with a certificate of their own.
struct Manager {
    port: u16,
    authorities: std::path::PathBuf,
    asked: mpsc::Receiver<String>,
    _folder: tempfile::TempDir,
}

impl Manager {
    async fn answering(answer: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (
            folder.path().join("key.pem"),
            folder.path().join("cert.pem"),
        );
        let form = folder.path().join("form.cnf");
        // a server's certificate that stands for itself: no CA's
        let text = "[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n[server]\n\
                    basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";
        std::fs::write(&form, text).unwrap();
        let made = std::process::Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-subj", "/CN=localhost", "-days", "36500"])
            .arg("-config")
            .arg(&form)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .unwrap();
        assert!(made.status.success());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(&certificate).unwrap()],
                PrivateKeyDer::from_pem_file(&key).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = mpsc::channel(8);
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = Vec::new();
                // The body is JSON, which ends with a brace.
                while !(request.ends_with(b"}")
                    && request.windows(4).any(|part| part == b"\r\n\r\n"))
                {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    request.extend_from_slice(&part[..read]);
                }
                sender
                    .send(String::from_utf8(request).unwrap())
                    .await
                    .unwrap();
                let response = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                stream.write_all(response.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
        Self {
            port,
            authorities: certificate,
            asked,
            _folder: folder,
        }
    }

    fn config(&self, authorities: &std::path::Path) -> WebhookConfig {
        let yaml = format!(
            "{{url: 'https://localhost:{}/scep', token: 'a token', authorities: '{}', timeout_seconds: 5}}",
            self.port,
            authorities.display()
        );
        ers_runtime::config::parse(&yaml, std::path::Path::new("webhook")).unwrap()
    }
}

async fn world(webhook: WebhookConfig) -> World {
    let world = World::with_webhook("mdm", webhook).await;
    world
        .apply(&format!(
            "name: managed\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [scep]\n\
             validity: {{default: 90d, longest: 1y}}\nscep: {{webhook: mdm}}\n"
        ))
        .await;
    world
}

async fn ask(world: &World) -> Result<Let, Status> {
    let request = proto::AuthenticateRequest {
        protocol: "scep".into(),
        policy: "managed".into(),
        csr: openssl::csr("/CN=tablet", &["DNS:tablet.test"]),
        transaction_id: "t-9".into(),
        credential: Some(Credential::Challenge("from the manager".into())),
        ..Default::default()
    };
    let response = world.enrollment("scep").authenticate(request).await?;
    Ok(response.into_inner().outcome.unwrap())
}

#[tokio::test]
async fn a_webhook_lets_in_and_says_who_it_is() {
    let mut manager = Manager::answering(r#"{"allowed": true, "endEntity": "tablet"}"#).await;
    let world = world(manager.config(&manager.authorities)).await;
    denied(ask(&world).await.unwrap());
    add(&world, "tablet").await;
    let known = let_in(ask(&world).await.unwrap());
    assert_eq!(
        (known.end_entity.as_str(), known.method.as_str()),
        ("tablet", "challenge")
    );
    let asked = manager.asked.recv().await.unwrap();
    assert!(asked.starts_with("POST /scep HTTP/1.1\r\n"), "{asked}");
    for part in [
        "Bearer a token",
        "\"challenge\":\"from the manager\"",
        "\"transactionId\":\"t-9\"",
        "\"subject\":\"CN=tablet\"",
        "dns:tablet.test",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_that_says_no_lets_in_nobody() {
    let manager = Manager::answering(r#"{"allowed": false}"#).await;
    let world = world(manager.config(&manager.authorities)).await;
    denied(ask(&world).await.unwrap());
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_that_cannot_be_believed_or_reached_is_asked_again_later() {
    let manager = Manager::answering(r#"{"allowed": true}"#).await;
    let stranger = Manager::answering("").await;
    let world = world(manager.config(&stranger.authorities)).await;
    assert_eq!(ask(&world).await.unwrap_err().code(), Code::Unavailable);
    world.stop().await;
}
