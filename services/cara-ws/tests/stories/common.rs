//! A CARA in the test's own process, called without a network as whoever the test says.

use std::{process::Command, sync::Arc};

use cara_ws::{
    Cara, StartError,
    config::{CrlConfig, FourEyes, Issuing, OcspConfig, usual_clock_tolerance},
    domain::{Randomness, SystemRandomness},
};
use ers_pki::{
    general_name::GeneralName,
    key::{KeyAlgorithm, PrivateKey},
};
use ers_proto::cara::v1::{
    Authority, CreateAuthorityRequest, IssueRequest, LoadAuthorityRequest,
    authorities_client::AuthoritiesClient, certificates_client::CertificatesClient,
    events_client::EventsClient, issuance_client::IssuanceClient,
    restoring_client::RestoringClient, revoking_client::RevokingClient,
    status_client::StatusClient,
};
use ers_runtime::{
    Context, clock::ManualClock, db::DatabaseConfig, grpc::Caller, shutdown::Shutdown,
    tls::Identity,
};
use ers_signer_client::{Signer, fake::FakeSigner};
use ers_test_support::databases::TestDatabase;
use time::macros::datetime;
use tonic::{
    Request, Status,
    service::{Interceptor, Routes, interceptor::InterceptedService},
};

pub const DAY: i64 = 86_400;

/// Calls in somebody's name: a service's, or `administrator:alice`.
#[derive(Clone)]
pub struct As(&'static str);

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let caller = match self.0.split_once(':') {
            Some((service, person)) => Caller::named(service).in_name_of(person),
            None => Caller::named(self.0),
        };
        request.extensions_mut().insert(caller);
        Ok(request)
    }
}

pub type Way = InterceptedService<Routes, As>;

/// One replica of CARA.
pub struct Replica {
    pub cara: Cara,
    pub clock: Arc<ManualClock>,
    pub context: Context,
    pub identity: Arc<Identity>,
    shutdown: Shutdown,
}

impl Replica {
    pub async fn start(
        database: &DatabaseConfig,
        signer: &Arc<FakeSigner>,
        clock: &Arc<ManualClock>,
    ) -> Self {
        let randomness = Arc::new(SystemRandomness);
        Self::start_with(database, signer, clock, randomness)
            .await
            .unwrap()
    }

    /// With other settings.
    pub async fn start_issuing(
        database: &DatabaseConfig,
        signer: &Arc<FakeSigner>,
        clock: &Arc<ManualClock>,
        issuing: Issuing,
    ) -> Self {
        Self::start_all(database, signer, clock, issuing, Arc::new(SystemRandomness))
            .await
            .unwrap()
    }

    /// With another source of randomness.
    pub async fn start_with(
        database: &DatabaseConfig,
        signer: &Arc<FakeSigner>,
        clock: &Arc<ManualClock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, StartError> {
        Self::start_all(database, signer, clock, issuing(), randomness).await
    }

    async fn start_all(
        database: &DatabaseConfig,
        signer: &Arc<FakeSigner>,
        clock: &Arc<ManualClock>,
        issuing: Issuing,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, StartError> {
        let context = Context::for_test("cara-ws", Arc::<ManualClock>::clone(clock)).unwrap();
        let shutdown = context.shutdown.clone();
        let signer: Arc<dyn Signer> = Arc::<FakeSigner>::clone(signer);
        let cara =
            cara_ws::start_with(context.clone(), database, issuing, signer, randomness).await?;
        Ok(Self {
            cara,
            clock: Arc::clone(clock),
            identity: Arc::clone(&context.identity),
            context,
            shutdown,
        })
    }

    /// Ends it, with everything that it does by itself.
    pub async fn stop(self) {
        self.shutdown.stop();
        drop(self.cara);
        assert!(
            self.shutdown
                .drained(std::time::Duration::from_secs(20))
                .await
        );
    }

    pub fn way(&self, who: &'static str) -> Way {
        InterceptedService::new(self.cara.routes(), As(who))
    }

    pub fn issuance(&self, who: &'static str) -> IssuanceClient<Way> {
        IssuanceClient::new(self.way(who))
    }

    pub fn revoking(&self) -> RevokingClient<Way> {
        RevokingClient::new(self.way("clm-api"))
    }

    pub fn administrator(&self) -> RevokingClient<Way> {
        RevokingClient::new(self.way("administrator"))
    }

    pub fn certificates(&self) -> CertificatesClient<Way> {
        CertificatesClient::new(self.way("administrator"))
    }

    pub fn authorities(&self) -> AuthoritiesClient<Way> {
        AuthoritiesClient::new(self.way("administrator"))
    }

    pub fn status(&self) -> StatusClient<Way> {
        StatusClient::new(self.way("rev-info"))
    }

    pub fn events(&self) -> EventsClient<Way> {
        EventsClient::new(self.way("clm-api"))
    }

    pub async fn authority(&self, name: &str) -> Authority {
        let request = LoadAuthorityRequest { name: name.into() };
        self.authorities().load(request).await.unwrap().into_inner()
    }

    pub fn restoring(&self, who: &'static str) -> RestoringClient<Way> {
        RestoringClient::new(self.way(who))
    }

    pub async fn create(&self, request: CreateAuthorityRequest) -> Result<Authority, Status> {
        Ok(self.authorities().create(request).await?.into_inner())
    }

    /// A root and a CA below it, `root` and `sub`.
    pub async fn with_pki(self) -> Self {
        self.create(root()).await.unwrap();
        self.create(sub()).await.unwrap();
        self
    }
}

/// A replica with a root and a CA below it, and its signer.
pub async fn with_pki(database: &TestDatabase) -> (Replica, Arc<FakeSigner>) {
    let signer = Arc::new(FakeSigner::new());
    let replica = Replica::start(&database.config, &signer, &clock())
        .await
        .with_pki()
        .await;
    (replica, signer)
}

pub fn clock() -> Arc<ManualClock> {
    ManualClock::at(datetime!(2026-11-22 12:00 UTC))
}

pub fn issuing() -> Issuing {
    Issuing {
        revocation_url: "http://revocation.test/rev-info".into(),
        ocsp_url: None,
        crl: CrlConfig::default(),
        ocsp: OcspConfig::default(),
        profiles: crate::linting::profiles(),
        four_eyes: FourEyes::default(),
        clock_tolerance_minutes: usual_clock_tolerance(),
        weak_keys: Vec::new(),
    }
}

pub fn root() -> CreateAuthorityRequest {
    CreateAuthorityRequest {
        name: "root".into(),
        subject: "CN=Test Root CA,O=Test".into(),
        key_algorithm: "P-256".into(),
        validity: Some(seconds(3650 * DAY)),
        ..CreateAuthorityRequest::default()
    }
}

pub fn sub() -> CreateAuthorityRequest {
    CreateAuthorityRequest {
        name: "sub".into(),
        subject: "CN=Test Sub CA,O=Test".into(),
        issuer: "root".into(),
        validity: Some(seconds(1825 * DAY)),
        path_length: Some(0),
        ..root()
    }
}

pub fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

/// A request for a server certificate with a key of its own.
pub fn request(id: &str, name: &str) -> IssueRequest {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    IssueRequest {
        request_id: id.into(),
        issuer: "sub".into(),
        profile: "tls-server".into(),
        public_key: key.public_key().spki_der().to_vec(),
        subject_alternative_names: vec![name.parse::<GeneralName>().unwrap().to_string()],
        ..IssueRequest::default()
    }
}

/// Runs openssl; gives what it said, on both channels, when it was content.
pub fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    said
}

/// The tables, past CARA.
pub async fn connect(database: &TestDatabase) -> sea_orm::DatabaseConnection {
    use secrecy::ExposeSecret as _;
    let url = database.config.url.resolve().unwrap();
    sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap()
}

/// The number that a statement gives as `n`.
pub async fn number(connection: &sea_orm::DatabaseConnection, statement: &str) -> i64 {
    use sea_orm::ConnectionTrait as _;
    let statement =
        sea_orm::Statement::from_string(connection.get_database_backend(), statement.to_owned());
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get::<i64>("", "n").unwrap()
}
