//! A SCEP server on a real port with a fake CLM that really issues, and devices that speak to it.

pub mod clm;
pub mod device;

use std::sync::Arc;
use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::cms::{EmbeddedCertificate, SignedData};
use ers_runtime::Context;
use ers_runtime::clock::{Clock as _, ManualClock, SystemClock};
use ers_runtime::config::Secret;
use ers_runtime::db::DatabaseConfig;
use ers_runtime::http::Listener;
use ers_signer_client::fake::FakeSigner;
use scep::{Config, Deps};

pub use device::Device;
pub use ers_enrollment::testing::{FakeClm, Mode};

/// Everything that a story needs.
pub struct World {
    /// What the server calls.
    pub clm: FakeClm,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Without a slash at the end.
    pub base: String,
    context: Context,
    config: Config,
    signer: Arc<FakeSigner>,
    _folder: tempfile::TempDir,
}

impl World {
    /// Over a database in a file.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = DatabaseConfig {
            url: Secret::literal(format!("sqlite:{}/scep.db", folder.path().display())),
            max_connections: 4,
        };
        Self::start(folder, Config::new(database)).await
    }

    /// Over a database of any kind.
    pub async fn over(database: &ers_test_support::databases::TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start(folder, Config::new(database.config.clone())).await
    }

    async fn start(folder: tempfile::TempDir, config: Config) -> Self {
        let clock = ManualClock::at(SystemClock.now());
        let signer = Arc::new(FakeSigner::new());
        let clm = FakeClm::start(clm::setup(), clock.clone(), signer.clone()).await;
        let context = Context::for_test("scep", clock.clone()).unwrap();
        let mut world = Self {
            clm,
            clock,
            base: String::new(),
            context,
            config,
            signer,
            _folder: folder,
        };
        world.base = world.replica().await;
        world
    }

    /// Another replica over the same database, on a port of its own.
    pub async fn replica(&self) -> String {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let address = listener.address().unwrap();
        let deps = Deps {
            clm: self.clm.channel(),
            signer: self.signer.clone(),
        };
        let scep = scep::start(self.context.clone(), self.config.clone(), deps)
            .await
            .unwrap();
        let context = self.context.clone();
        tokio::spawn(async move {
            ers_runtime::http::serve(&context, listener, scep.configure())
                .await
                .unwrap();
        });
        format!("http://{address}")
    }

    /// The RA certificate that devices encrypt to.
    pub async fn authority(&self, path: &str) -> Certificate {
        let url = format!("{}{path}?operation=GetCACert&message=x", self.base);
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.bytes().await.unwrap();
        Certificate::from_der(certificates(&body)[0].der()).unwrap()
    }

    /// Waits until the background has made the RA certificate of the default policy.
    pub async fn settled(&self) {
        for _ in 0..400 {
            if !self.clm.own().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no RA certificate");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.context.shutdown.stop();
    }
}

/// The certificates in a message of certificates only.
pub fn certificates(message: &[u8]) -> Vec<EmbeddedCertificate> {
    SignedData::from_ber(message)
        .unwrap()
        .certificates()
        .to_vec()
}
