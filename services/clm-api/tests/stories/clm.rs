//! CLM as tests use it: over a database of its own and a fake CARA, called as this or that service.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use clm_api::{
    Clm, Config, Defaults, Deps,
    config::{NotificationConfig, WebhookConfig},
};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::clm::v1::{
    self as proto, administration_client::AdministrationClient, enroll_response::Outcome,
    enrollment_client::EnrollmentClient, notifications_client::NotificationsClient,
};
use ers_runtime::{
    Context,
    clock::ManualClock,
    config::Secret,
    grpc::{Caller, Channel, Propagate},
};
use ers_signer_client::fake::FakeSigner;
use ers_test_support::databases::{Kind, TestDatabase, fresh};
use sea_orm::{ConnectionTrait as _, Database, QueryResult, Statement};
use secrecy::ExposeSecret as _;
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Status,
    service::{Interceptor, Routes, interceptor::InterceptedService},
    transport::{Endpoint, Server},
};

use super::cara::{FakeCara, ISSUER};

pub type Called = InterceptedService<Routes, As>;

/// Calls in the name of a service.
#[derive(Clone)]
pub struct As(pub &'static str);

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.extensions_mut().insert(Caller::named(self.0));
        Ok(request)
    }
}

pub struct World {
    pub clm: Clm,
    pub cara: FakeCara,
    pub clock: Arc<ManualClock>,
    pub signer: Arc<FakeSigner>,
    pub context: Context,
    pub password: Option<String>,
    database: Arc<TestDatabase>,
    settings: Settings,
}

/// What a story configures.
#[derive(Clone, Default)]
struct Settings {
    webhooks: BTreeMap<String, WebhookConfig>,
    notifications: NotificationConfig,
    redis: Option<String>,
}

impl World {
    /// A first start, over SQLite.
    pub async fn new() -> Self {
        Self::over(fresh(Kind::Sqlite).await.unwrap()).await
    }

    /// A first start, over a database.
    pub async fn over(database: TestDatabase) -> Self {
        let clock = ManualClock::at(datetime!(2026-11-22 12:00 UTC));
        let cara = FakeCara::new(Arc::clone(&clock));
        Self::start(
            clock,
            cara,
            Arc::default(),
            Arc::new(database),
            Settings::default(),
        )
        .await
    }

    /// A first start, over a database, that looks for what is to be told each second.
    pub async fn telling(database: TestDatabase, notifications: NotificationConfig) -> Self {
        let clock = ManualClock::at(datetime!(2026-11-22 12:00 UTC));
        let cara = FakeCara::new(Arc::clone(&clock));
        let settings = Settings {
            notifications,
            ..Settings::default()
        };
        Self::start(clock, cara, Arc::default(), Arc::new(database), settings).await
    }

    /// A first start, over a database, with sessions in Redis.
    pub async fn with_redis(database: TestDatabase, url: &str) -> Self {
        let clock = ManualClock::at(datetime!(2026-11-22 12:00 UTC));
        let cara = FakeCara::new(Arc::clone(&clock));
        let settings = Settings {
            redis: Some(url.to_owned()),
            ..Settings::default()
        };
        Self::start(clock, cara, Arc::default(), Arc::new(database), settings).await
    }

    /// A first start, over SQLite, with somebody who judges challenges.
    pub async fn with_webhook(name: &str, webhook: WebhookConfig) -> Self {
        let clock = ManualClock::at(datetime!(2026-11-22 12:00 UTC));
        let cara = FakeCara::new(Arc::clone(&clock));
        let database = Arc::new(fresh(Kind::Sqlite).await.unwrap());
        let settings = Settings {
            webhooks: BTreeMap::from([(name.to_owned(), webhook)]),
            ..Settings::default()
        };
        Self::start(clock, cara, Arc::default(), database, settings).await
    }

    /// Another replica over the same database and CARA.
    pub async fn replica(&self) -> Self {
        Self::start(
            Arc::clone(&self.clock),
            self.cara.clone(),
            Arc::clone(&self.signer),
            Arc::clone(&self.database),
            self.settings.clone(),
        )
        .await
    }

    async fn start(
        clock: Arc<ManualClock>,
        cara: FakeCara,
        signer: Arc<FakeSigner>,
        database: Arc<TestDatabase>,
        settings: Settings,
    ) -> Self {
        let context = Context::for_test("clm-api", clock.clone()).unwrap();
        let deps = Deps {
            cara: channel(&cara).await,
            signer: signer.clone(),
        };
        let config = Config {
            policy_refresh_ms: 50,
            webhooks: settings.webhooks.clone(),
            notifications: settings.notifications.clone(),
            redis: settings.redis.as_deref().map(Secret::literal),
            ..Config::over(database.config.clone())
        };
        let clm = clm_api::start(context.clone(), config, deps).await.unwrap();
        let defaults = Defaults {
            issuer: ISSUER.to_owned(),
            platform_issuer: None,
        };
        let made = clm.bootstrap(&defaults).await.unwrap();
        Self {
            clm,
            cara,
            clock,
            signer,
            context,
            password: made
                .administrator_password
                .map(|password| password.to_string()),
            database,
            settings,
        }
    }

    /// Ends it, as a process would.
    pub async fn stop(self) {
        self.context.shutdown.stop();
        assert!(self.context.shutdown.drained(Duration::from_secs(10)).await);
    }

    /// What stands in the trail of acts, oldest first: actor, act, object.
    pub async fn trail(&self) -> Vec<(String, String, String)> {
        let url = self.database.config.url.resolve().unwrap();
        let connection = Database::connect(url.expose_secret()).await.unwrap();
        let query = "SELECT actor, act, object FROM audit_event ORDER BY id";
        let statement = Statement::from_string(connection.get_database_backend(), query);
        let rows = connection.query_all_raw(statement).await.unwrap();
        let text = |row: &QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
        rows.iter()
            .map(|row| (text(row, "actor"), text(row, "act"), text(row, "object")))
            .collect()
    }

    /// Changes the database behind its back.
    pub async fn sql(&self, statement: &str) {
        let url = self.database.config.url.resolve().unwrap();
        let connection = Database::connect(url.expose_secret()).await.unwrap();
        connection.execute_unprepared(statement).await.unwrap();
    }

    /// Octets that stand in the database, of a query for one column.
    pub async fn bytes(&self, query: &str) -> Vec<Vec<u8>> {
        let url = self.database.config.url.resolve().unwrap();
        let connection = Database::connect(url.expose_secret()).await.unwrap();
        let statement = Statement::from_string(connection.get_database_backend(), query);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    /// Makes the trail unwritable.
    pub async fn lose_trail(&self) {
        let url = self.database.config.url.resolve().unwrap();
        let connection = Database::connect(url.expose_secret()).await.unwrap();
        connection
            .execute_unprepared("DROP TABLE audit_event")
            .await
            .unwrap();
    }

    pub fn enrollment(&self, caller: &'static str) -> EnrollmentClient<Called> {
        EnrollmentClient::with_interceptor(self.clm.routes(), As(caller))
    }

    pub fn administration(&self) -> AdministrationClient<Called> {
        AdministrationClient::with_interceptor(self.clm.routes(), As("administrator"))
    }

    pub fn notifications(&self) -> NotificationsClient<Called> {
        NotificationsClient::with_interceptor(self.clm.routes(), As("administrator"))
    }

    /// Asks as the command line does.
    pub async fn enroll(&self, request: proto::EnrollRequest) -> Outcome {
        let response = self
            .enrollment("administrator")
            .enroll(request)
            .await
            .unwrap();
        response.into_inner().outcome.unwrap()
    }

    pub async fn apply(&self, definition: &str) -> proto::ApplyPolicyResponse {
        let request = proto::ApplyPolicyRequest {
            definition: definition.to_owned(),
            actor: "anna".to_owned(),
        };
        let mut administration = self.administration();
        administration
            .apply_policy(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// A policy under which a person decides.
    pub async fn apply_manual(&self) {
        self.apply(&manual()).await;
    }

    pub async fn inventory(&self) -> proto::ListCertificatesResponse {
        self.search(proto::ListCertificatesRequest {
            page_size: 1000,
            ..Default::default()
        })
        .await
    }

    pub async fn search(
        &self,
        request: proto::ListCertificatesRequest,
    ) -> proto::ListCertificatesResponse {
        let mut administration = self.administration();
        administration
            .list_certificates(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// Waits until the inventory says the same as CARA.
    pub async fn caught_up(&self) {
        let mut wanted: Vec<(String, bool)> = self
            .cara
            .certificates()
            .into_iter()
            .map(|certificate| (certificate.serial, certificate.revocation.is_some()))
            .collect();
        wanted.sort();
        for _ in 0..400 {
            let mut found: Vec<(String, bool)> = self
                .inventory()
                .await
                .certificates
                .into_iter()
                .map(|certificate| (certificate.serial, certificate.state == "revoked"))
                .collect();
            found.sort();
            if found == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the inventory does not catch up with CARA");
    }
}

async fn channel(cara: &FakeCara) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = cara.routes();
    tokio::spawn(async move {
        Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    InterceptedService::new(endpoint.connect_lazy().into(), Propagate)
}

pub fn manual() -> String {
    format!(
        "name: manual\nrealm: default\nissuer: {ISSUER}\nprofile: tls-server\nprotocols: [cli, rest]\n\
         validity: {{default: 90d, longest: 90d}}\nnames: {{dns: ['*']}}\nmanual_approval: true\n"
    )
}

/// Asked from the command line, by public key.
pub fn wish(id: &str, name: &str) -> proto::EnrollRequest {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    proto::EnrollRequest {
        request_id: id.to_owned(),
        protocol: "cli".to_owned(),
        policy: "server".to_owned(),
        requester: "administrator:anna".to_owned(),
        public_key: key.public_key().spki_der().to_vec(),
        subject_alternative_names: vec![name.to_owned()],
        ..Default::default()
    }
}

pub fn issued(outcome: Outcome) -> proto::Issued {
    match outcome {
        Outcome::Issued(issued) => issued,
        other => panic!("{other:?}"),
    }
}

pub fn refused(outcome: Outcome) -> proto::Refused {
    match outcome {
        Outcome::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

pub fn waits(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Waiting(_))
}
