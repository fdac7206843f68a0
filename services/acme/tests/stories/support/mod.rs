//! An ACME server on a real port with everything round it: a fake CLM that really issues, a DNS server, a web server.

pub mod alpn;
pub mod client;
pub mod clm;
pub mod dns;
pub mod web;

use std::sync::Arc;
use std::time::Duration;

use acme::{Acme, Config, Deps};
use ers_runtime::Context;
use ers_runtime::clock::{Clock as _, ManualClock, SystemClock};
use ers_runtime::config::Secret;
use ers_runtime::db::DatabaseConfig;
use ers_runtime::http::Listener;
use ers_signer_client::fake::FakeSigner;
use ers_test_support::databases::TestDatabase;
use url::Url;

pub use client::{Answer, Client, Key};
pub use ers_enrollment::testing::{FakeClm, Mode};

/// Everything that a story needs.
pub struct World {
    /// What Acme calls.
    pub clm: FakeClm,
    /// What the resolver asks.
    pub dns: dns::Dns,
    /// Where http-01 goes.
    pub web: web::Web,
    /// The clock of Acme.
    pub clock: Arc<ManualClock>,
    /// Without a slash at the end.
    pub base: String,
    /// Its surroundings.
    pub context: Context,
    config: Config,
    signer: Arc<FakeSigner>,
    _folder: tempfile::TempDir,
}

impl World {
    /// With defaults.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration of one's own.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(None, change).await
    }

    /// Over a database; `None`: SQLite.
    pub async fn on(database: Option<&TestDatabase>, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(SystemClock.now());
        let signer = Arc::new(FakeSigner::new());
        let clm = FakeClm::start(clm::setup(), clock.clone(), signer.clone()).await;
        let (dns, web) = (dns::Dns::start().await, web::Web::start().await);
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let base = format!("http://{}", listener.address().unwrap());
        let database = match database {
            Some(database) => database.config.clone(),
            None => DatabaseConfig {
                url: Secret::literal(format!("sqlite:{}/acme.db", folder.path().display())),
                max_connections: 8,
            },
        };
        let mut config = Config::new(Url::parse(&base).unwrap(), database);
        config.validation.http_port = web.address.port();
        config.validation.resolvers = vec![dns.address];
        config.validation.denied_networks = vec!["10.0.0.0/8".parse().unwrap()];
        config.validation.first_retry_ms = 10;
        config.validation.attempts = 3;
        config.validation.attempt_timeout_ms = 2000;
        change(&mut config);
        let context = Context::for_test("acme", clock.clone()).unwrap();
        let world = Self {
            clm,
            dns,
            web,
            clock,
            base,
            context,
            config,
            signer,
            _folder: folder,
        };
        world.start(listener).await;
        world
    }

    async fn start(&self, listener: Listener) {
        let acme = self.acme(&self.context).await;
        let context = self.context.clone();
        tokio::spawn(async move {
            ers_runtime::http::serve(&context, listener, acme.configure())
                .await
                .unwrap();
        });
    }

    async fn acme(&self, context: &Context) -> Acme {
        let deps = Deps {
            clm: self.clm.channel(),
            signer: self.signer.clone(),
        };
        acme::start(context.clone(), self.config.clone(), deps)
            .await
            .unwrap()
    }

    /// Another replica over the same database, on a port of its own; it believes in the same URLs.
    pub async fn replica(&self) -> String {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let address = listener.address().unwrap();
        self.start(listener).await;
        format!("http://{address}")
    }

    /// Ends Acme and starts it again on the same database and port.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.context = Context::for_test("acme", self.clock.clone()).unwrap();
        let address = self.base.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = loop {
            match Listener::bind(address, None) {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        self.start(listener).await;
    }

    /// Ends Acme.
    pub async fn stop(&self) {
        self.context.shutdown.stop();
        assert!(
            self.context.shutdown.drained(Duration::from_secs(5)).await,
            "tasks end"
        );
    }

    /// A client with an account.
    pub async fn client(&self) -> Client {
        let mut client = self.stranger();
        client.register().await;
        client
    }

    /// A client without an account.
    pub fn stranger(&self) -> Client {
        Client::new(&self.base, "/acme", Key::es256())
    }

    /// Lets the name lead to the web server and puts the answer to the challenge there.
    pub fn answer_http(&self, name: &str, token: &str, client: &Client) {
        self.dns.address_of(name, "127.0.0.1");
        let path = format!("/.well-known/acme-challenge/{token}");
        self.web.put(&path, &client.key_authorization(token));
    }

    /// An order of the names, all of them proven by http-01.
    pub async fn ready_order(&self, client: &mut Client, names: &[&str]) -> Order {
        let order = client.order(names).await;
        self.prove(client, &order).await;
        let order = Order {
            url: order.url,
            body: client.get(&order_url(&order.body)).await.ok(),
        };
        assert_eq!(order.body["status"], "ready");
        order
    }

    /// Answers the http-01 challenges of an order's pending authorizations; what became of each.
    pub async fn prove(&self, client: &mut Client, order: &Order) {
        for url in order.authorizations() {
            self.prove_one(client, &url).await;
        }
    }

    /// Answers the http-01 challenge of an authorization, unless it is valid.
    pub async fn prove_one(&self, client: &mut Client, url: &str) {
        let authorization = client.get(url).await.ok();
        if authorization["status"] == "valid" {
            return;
        }
        let name = authorization["identifier"]["value"].as_str().unwrap();
        let challenge = challenge(&authorization, "http-01");
        self.answer_http(name, challenge["token"].as_str().unwrap(), client);
        let answer = client.post(challenge["url"].as_str().unwrap(), "{}").await;
        answer.ok();
        assert_eq!(client.decided(url).await["status"], "valid");
    }

    /// A certificate for the names, and its PEM chain.
    pub async fn certificate(&self, client: &mut Client, names: &[&str]) -> String {
        let order = self.ready_order(client, names).await;
        let finalized = client.finalize(&order, &csr(names)).await.ok();
        assert_eq!(finalized["status"], "valid", "{finalized}");
        client
            .get(finalized["certificate"].as_str().unwrap())
            .await
            .text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.context.shutdown.stop();
    }
}

/// An order as the client knows it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its URL.
    pub url: String,
    /// Its JSON.
    pub body: serde_json::Value,
}

impl Order {
    /// URLs of its authorizations.
    pub fn authorizations(&self) -> Vec<String> {
        let urls = self.body["authorizations"].as_array().unwrap();
        urls.iter()
            .map(|url| url.as_str().unwrap().to_owned())
            .collect()
    }
}

fn order_url(body: &serde_json::Value) -> String {
    body["finalize"]
        .as_str()
        .unwrap()
        .strip_suffix("/finalize")
        .unwrap()
        .to_owned()
}

/// The challenge of a kind.
pub fn challenge(authorization: &serde_json::Value, kind: &str) -> serde_json::Value {
    let challenges = authorization["challenges"].as_array().unwrap();
    challenges
        .iter()
        .find(|found| found["type"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {authorization}"))
        .clone()
}

/// A CSR for DNS names by a fresh P-256 key, made by OpenSSL; DER.
pub fn csr(names: &[&str]) -> Vec<u8> {
    csr_of(&p256(), names, None)
}

/// A fresh P-256 key of OpenSSL.
pub fn p256() -> openssl::pkey::PKey<openssl::pkey::Private> {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
    openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap()
}

/// A CSR by a key.
pub fn csr_of(
    key: &openssl::pkey::PKeyRef<openssl::pkey::Private>,
    names: &[&str],
    common_name: Option<&str>,
) -> Vec<u8> {
    use openssl::x509::extension::SubjectAlternativeName;
    let mut builder = openssl::x509::X509ReqBuilder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    if let Some(common_name) = common_name {
        let mut subject = openssl::x509::X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", common_name).unwrap();
        builder.set_subject_name(&subject.build()).unwrap();
    }
    if !names.is_empty() {
        let mut extension = SubjectAlternativeName::new();
        for name in names {
            match name.parse::<std::net::IpAddr>() {
                Ok(_) => extension.ip(name),
                Err(_) => extension.dns(name),
            };
        }
        let extension = extension.build(&builder.x509v3_context(None)).unwrap();
        let mut stack = openssl::stack::Stack::new().unwrap();
        stack.push(extension).unwrap();
        builder.add_extensions(&stack).unwrap();
    }
    builder
        .sign(key, openssl::hash::MessageDigest::sha256())
        .unwrap();
    builder.build().to_der().unwrap()
}
