//! A signer for a test, asked over its gRPC codec by callers of any name; and bytes worth signing.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each story uses a part of it"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_pki::issuance::{Issuer, Prepared, Request, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm};
use ers_pki::name::Name;
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use ers_runtime::Context;
use ers_runtime::clock::SystemClock;
use ers_runtime::grpc::Caller;
use ers_signer_client::{
    Key, KeyLimits, NewKey, Purpose, SignCall, Signed, Signer as _, SignerClient, SignerError,
};
use sea_orm::DatabaseConnection;
use signer::{Config, Signer, StartError};
use tempfile::TempDir;
use time::OffsetDateTime;
use tower::ServiceExt;

/// A signer and its surroundings.
pub struct Signing {
    pub context: Context,
    pub signer: Signer,
    pub folder: Arc<TempDir>,
}

/// A configuration over an SQLite file in a folder, with more lines of YAML.
pub fn config(folder: &Path, more: &str) -> Config {
    let url = format!("sqlite:{}/signer.db", folder.display());
    let password = if more.contains("master_password") {
        ""
    } else {
        "master_password: open sesame\n"
    };
    let text = format!("database: {{ url: '{url}' }}\n{password}{more}");
    ers_runtime::config::parse(&text, Path::new("signer.yaml")).unwrap()
}

impl Signing {
    pub async fn start() -> Self {
        Self::with("").await
    }

    pub async fn with(more: &str) -> Self {
        Self::try_with(Arc::new(tempfile::tempdir().unwrap()), more)
            .await
            .unwrap()
    }

    pub async fn try_with(folder: Arc<TempDir>, more: &str) -> Result<Self, StartError> {
        let context = Context::for_test("signer", SystemClock::shared()).unwrap();
        let signer = signer::start(context.clone(), config(folder.path(), more)).await?;
        Ok(Self {
            context,
            signer,
            folder,
        })
    }

    /// A signer over a database of any kind.
    pub async fn over(
        database: &ers_test_support::databases::TestDatabase,
        more: &str,
    ) -> Result<Self, StartError> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut config = config(folder.path(), more);
        config.database = database.config.clone();
        let context = Context::for_test("signer", SystemClock::shared()).unwrap();
        let signer = signer::start(context.clone(), config).await?;
        Ok(Self {
            context,
            signer,
            folder,
        })
    }

    /// Ends it in order, and gives back its folder.
    pub async fn stop(self) -> Arc<TempDir> {
        let Self {
            context,
            signer,
            folder,
        } = self;
        context.shutdown.stop();
        drop(signer);
        assert!(
            context
                .shutdown
                .drained(std::time::Duration::from_secs(10))
                .await
        );
        folder
    }

    /// A client that the signer takes for the named caller.
    pub fn caller(&self, name: &str) -> SignerClient {
        let caller = Caller::named(name);
        let channel = self.signer.routes().map_request(
            move |mut request: tonic::codegen::http::Request<_>| {
                request.extensions_mut().insert(caller.clone());
                request
            },
        );
        SignerClient::new(channel)
    }

    /// The database, for those who tamper with it.
    pub async fn database(&self) -> DatabaseConnection {
        open_database(self.folder.path()).await
    }

    /// The reasons of health checks that are down.
    pub fn down(&self) -> Vec<String> {
        self.context
            .health
            .states()
            .into_iter()
            .filter_map(|state| state.reason)
            .collect()
    }

    /// Waits until all checks are up, or fails.
    pub async fn wait_until_ready(&self) {
        for _ in 0..400 {
            if self.context.health.is_ready() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("not ready: {:?}", self.down());
    }
}

pub async fn open_database(folder: &Path) -> DatabaseConnection {
    sea_orm::Database::connect(format!("sqlite:{}/signer.db", folder.display()))
        .await
        .unwrap()
}

/// A key of a CA, as cara-ws asks for it.
pub fn ca_key(label: &str, algorithm: KeyAlgorithm) -> NewKey {
    new_key(
        label,
        algorithm,
        &[Purpose::Certificate, Purpose::Crl],
        KeyLimits {
            may_sign_ca_certificates: true,
            ..KeyLimits::default()
        },
    )
}

pub fn new_key(
    label: &str,
    algorithm: KeyAlgorithm,
    purposes: &[Purpose],
    limits: KeyLimits,
) -> NewKey {
    NewKey {
        request_id: "request-1".to_owned(),
        label: label.to_owned(),
        algorithm,
        purposes: purposes.to_vec(),
        token: None,
        limits,
    }
}

/// Asks for a signature.
pub async fn sign(
    client: &SignerClient,
    key: &Key,
    purpose: Purpose,
    to_be_signed: &[u8],
) -> Result<Signed, SignerError> {
    sign_with(
        client,
        key,
        purpose,
        SignatureAlgorithm::default_for(key.algorithm),
        to_be_signed,
    )
    .await
}

pub async fn sign_with(
    client: &SignerClient,
    key: &Key,
    purpose: Purpose,
    signature_algorithm: SignatureAlgorithm,
    to_be_signed: &[u8],
) -> Result<Signed, SignerError> {
    let call = SignCall {
        request_id: "request-1",
        key_id: &key.id,
        purpose,
        signature_algorithm,
        to_be_signed,
        context: b"note".to_vec(),
        public_key: Some(&key.public_key),
    };
    client.sign(call).await
}

/// Serial numbers that look random, which is asked of them.
pub fn serial(number: u32) -> SerialNumber {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number.to_be_bytes());
    SerialNumber::from_random(digest.as_ref()[..20].try_into().unwrap()).unwrap()
}

pub fn now() -> OffsetDateTime {
    use ers_runtime::clock::Clock;
    SystemClock.now()
}

/// The certificate of a root with this key, ready to be signed by it.
pub fn root(public_key: &PublicKey) -> Prepared {
    let name: Name = "CN=Test Root,O=ERS".parse().unwrap();
    let algorithm = SignatureAlgorithm::default_for(public_key.algorithm());
    let issuer = Issuer::self_signed(name.clone(), public_key.clone(), algorithm).unwrap();
    certify("root-ca", &issuer, public_key, name, None)
}

/// What an issuer may have signed for a key, by a ready profile.
pub fn certify(
    profile: &str,
    issuer: &Issuer,
    public_key: &PublicKey,
    subject: Name,
    validity: Option<time::Duration>,
) -> Prepared {
    let mut request = Request {
        subject,
        validity,
        ..Request::new(public_key.clone())
    };
    if profile == "tls-server" {
        request.names = vec!["dns:www.example.com".parse().unwrap()];
    }
    prepare(
        Profile::find_ready(profile).unwrap(),
        issuer,
        &request,
        serial(7),
        now(),
    )
    .unwrap()
}

/// A software key of a subscriber.
pub fn subscriber() -> PublicKey {
    PrivateKey::generate(KeyAlgorithm::P256)
        .unwrap()
        .public_key()
        .clone()
}

/// Signs the root's own certificate.
pub async fn signed_root(client: &SignerClient, key: &Key) -> Certificate {
    let prepared = root(&key.public_key);
    let signed = sign(client, key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    prepared.assemble(&signed.signature).unwrap()
}

pub fn issuer(certificate: &Certificate) -> Issuer {
    let algorithm = SignatureAlgorithm::default_for(certificate.public_key().algorithm());
    Issuer::new(certificate.clone(), algorithm).unwrap()
}

/// Runs openssl in a folder.
pub fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Lets openssl judge a signature.
pub fn openssl_accepts(
    folder: &Path,
    key: &PublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) {
    for (name, bytes) in [
        ("key.der", key.spki_der()),
        ("message", message),
        ("signature", signature),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let digest = match algorithm {
        SignatureAlgorithm::Sha256WithRsa
        | SignatureAlgorithm::Sha256WithRsaPss
        | SignatureAlgorithm::Sha256WithEcdsa => Some("sha256"),
        SignatureAlgorithm::Sha384WithRsa
        | SignatureAlgorithm::Sha384WithRsaPss
        | SignatureAlgorithm::Sha384WithEcdsa => Some("sha384"),
        SignatureAlgorithm::Sha512WithRsa
        | SignatureAlgorithm::Sha512WithRsaPss
        | SignatureAlgorithm::Sha512WithEcdsa => Some("sha512"),
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => None,
    };
    let mut arguments = vec![
        "pkeyutl",
        "-verify",
        "-pubin",
        "-keyform",
        "DER",
        "-inkey",
        "key.der",
        "-rawin",
        "-in",
        "message",
        "-sigfile",
        "signature",
    ];
    arguments.extend(digest.iter().flat_map(|digest| ["-digest", *digest]));
    if algorithm.is_rsa_pss() {
        // a salt as long as the hash
        arguments.extend(["-pkeyopt", "rsa_padding_mode:pss"]);
        arguments.extend(["-pkeyopt", "rsa_pss_saltlen:digest"]);
    }
    let output = openssl(folder, &arguments);
    assert!(
        output.status.success(),
        "{algorithm}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// An OCSP signer's certificate for a key, and an answer that it is to sign.
pub async fn ocsp_response(
    root: &Certificate,
    cara: &SignerClient,
    ca: &Key,
    responder: &Key,
) -> ers_pki::ocsp::PreparedResponse {
    use ers_pki::ocsp::{Answer, CertId, CertStatus, IssuerHashes, Responder, prepare};
    let name = "CN=OCSP".parse().unwrap();
    let certificate = certify(
        "ocsp-signer",
        &issuer(root),
        &responder.public_key,
        name,
        None,
    );
    let signed = sign(cara, ca, Purpose::Certificate, certificate.to_be_signed())
        .await
        .unwrap();
    let certificate = certificate.assemble(&signed.signature).unwrap();
    let algorithm = SignatureAlgorithm::default_for(responder.algorithm);
    let responder = Responder::new(certificate, root, algorithm).unwrap();
    let answer = Answer {
        cert_id: CertId::sha1(&IssuerHashes::new(root), serial(9)),
        status: CertStatus::Good,
        this_update: now(),
        next_update: Some(now() + time::Duration::HOUR),
    };
    prepare(&responder, &[answer], now(), None).unwrap()
}

/// A CRL with so many entries.
pub fn crl(root: &Certificate, entries: u32) -> ers_pki::crl::PreparedCrl {
    let revoked = (1..=entries).map(|number| ers_pki::crl::RevokedEntry {
        serial: serial(number),
        at: now(),
        reason: ers_pki::revocation::Reason::KeyCompromise,
        invalidity_date: None,
    });
    ers_pki::crl::prepare(
        &issuer(root),
        1,
        now(),
        now() + time::Duration::DAY,
        revoked,
    )
    .unwrap()
}
