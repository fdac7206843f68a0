//! A CMP server on a real port with everything round it.

pub mod clm;
pub mod device;
pub mod openssl;

use std::path::Path;
use std::sync::Arc;

use cmp::{Config, Deps};
use ers_runtime::Context;
use ers_runtime::clock::{Clock as _, ManualClock, SystemClock};
use ers_runtime::http::Listener;
use ers_signer_client::Signer as _;
use ers_signer_client::fake::FakeSigner;
use ers_test_support::databases::{self, Kind, TestDatabase};

pub use device::{Device, Protection};
pub use ers_enrollment::testing::{FakeClm, Mode};
pub use openssl::OpenSsl;

/// Everything that a story needs.
pub struct World {
    /// What the server calls.
    pub clm: FakeClm,
    /// The clock of the server.
    pub clock: Arc<ManualClock>,
    /// Without a slash at the end.
    pub base: String,
    signer: Arc<FakeSigner>,
    context: Context,
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl World {
    /// Over SQLite.
    pub async fn new() -> Self {
        Self::over(databases::fresh(Kind::Sqlite).await.unwrap()).await
    }

    /// Over a database.
    pub async fn over(database: TestDatabase) -> Self {
        let clock = ManualClock::at(SystemClock.now());
        let signer = Arc::new(FakeSigner::new());
        let clm = FakeClm::start(clm::setup(), clock.clone(), signer.clone()).await;
        let mut world = Self {
            clm,
            base: String::new(),
            signer,
            context: Context::for_test("cmp", clock.clone()).unwrap(),
            clock,
            database,
            folder: tempfile::tempdir().unwrap(),
        };
        world.base = world.replica().await;
        std::fs::write(world.folder().join("root.pem"), world.clm.root().pem()).unwrap();
        world
    }

    /// Another replica over the same database, on a port of its own.
    pub async fn replica(&self) -> String {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let base = format!("http://{}", listener.address().unwrap());
        let config = Config {
            sweep_seconds: 1,
            ..Config::new(self.database.config.clone())
        };
        let deps = Deps {
            clm: self.clm.channel(),
            signer: self.signer.clone(),
        };
        let server = cmp::start(self.context.clone(), config, deps)
            .await
            .unwrap();
        let context = self.context.clone();
        tokio::spawn(async move {
            ers_runtime::http::serve(&context, listener, server.configure())
                .await
                .unwrap();
        });
        base
    }

    /// A folder for files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A device that shares a secret with the server.
    pub fn device(&self, name: &str) -> Device {
        self.clm.share_secret(name, &secret_of(name), false);
        Device::with_secret(&format!("{}/cmp/cmp", self.base), name)
    }

    /// What was sealed for CLM.
    pub async fn unseal(&self, context: &str, sealed: &[u8]) -> Vec<u8> {
        self.signer.unseal(context, sealed).await.unwrap().to_vec()
    }

    /// The signer seals nothing from now on; or does again.
    pub fn refuse_to_seal(&self, refuse: bool) {
        self.signer.refuse_to_seal(refuse);
    }

    /// `openssl cmp` in the folder.
    pub fn openssl(&self) -> OpenSsl {
        OpenSsl::new(&self.base, self.folder())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.context.shutdown.stop();
    }
}

/// The secret of an end entity.
pub fn secret_of(name: &str) -> Vec<u8> {
    format!("secret of {name}").into_bytes()
}

/// Waits until something is so.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}
