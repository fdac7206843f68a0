//! A CLM for the edges' tests: it says yes, no or later as the story wants, and issues from a CA of its own.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what fails here fails a test"
)]

mod answers;
mod authority;
mod server;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enroll_response::Outcome;
use ers_proto::clm::v1::enrollment_server::EnrollmentServer;
use ers_runtime::clock::ManualClock;
use ers_runtime::grpc::{Channel, Propagate};
use ers_signer_client::Signer as _;
use ers_signer_client::fake::FakeSigner;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;

pub use authority::{Authority, certify};

/// What it does with the next requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Issues.
    Issue,
    /// Issues a moment later.
    IssueSlowly,
    /// Lets them wait for a person.
    Wait,
    /// Says no.
    Refuse(wire::RefusalReason),
    /// Says that the request is wrong.
    Invalid,
    /// Is not there.
    Down,
    /// Issues, and the answer is lost.
    LoseAnswer,
}

/// What an edge's stories find in it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The protocol of the edge.
    pub protocol: &'static str,
    /// Subject of its CA.
    pub ca: &'static str,
    /// The policies of that protocol, the default one first. What they do not say of the CA is said of this one's.
    pub policies: Vec<wire::EdgePolicy>,
    /// Policies of other protocols.
    pub not_for_us: &'static [&'static str],
    /// Profile of what devices get.
    pub profile: &'static str,
    /// Whether they get the subject that they ask for.
    pub takes_subject: bool,
    /// Policies of the edge's own certificates, and their profile.
    pub own: &'static [(&'static str, &'static str)],
    /// How long who waits should wait, seconds.
    pub retry_after: i64,
}

/// The fake.
#[derive(Clone)]
pub struct FakeClm(Arc<State>);

struct State {
    setup: Setup,
    clock: Arc<ManualClock>,
    signer: Arc<FakeSigner>,
    address: String,
    ca: Authority,
    crl: Vec<u8>,
    inner: Mutex<Inner>,
}

struct Inner {
    mode: Mode,
    policies: Vec<wire::EdgePolicy>,
    outcomes: HashMap<String, wire::EnrollResponse>,
    asked: Vec<wire::EnrollRequest>,
    issued: Vec<(Certificate, wire::EnrollRequest)>,
    revoked: HashMap<Vec<u8>, wire::RevokeCertificateRequest>,
    questions: Vec<wire::AuthenticateRequest>,
    used: HashSet<String>,
    external: HashMap<String, wire::ExternalAccountKey>,
    windows: HashMap<String, wire::RenewalWindow>,
    /// Name and secret, and whether it is a registration authority.
    secrets: HashMap<String, (Vec<u8>, bool)>,
    /// Names of certificates that are registration authorities'.
    authorities: Vec<String>,
    vendors: Vec<Certificate>,
    attempts: Vec<(String, bool)>,
    /// How often a shared secret was asked for.
    secrets_loaded: usize,
    locked: bool,
}

impl FakeClm {
    /// With a new CA.
    pub async fn start(setup: Setup, clock: Arc<ManualClock>, signer: Arc<FakeSigner>) -> Self {
        let ca = Authority::new(setup.ca, &*clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Mutex::new(Inner {
            mode: Mode::Issue,
            policies: setup.policies.clone(),
            outcomes: HashMap::new(),
            asked: Vec::new(),
            issued: Vec::new(),
            revoked: HashMap::new(),
            questions: Vec::new(),
            used: HashSet::new(),
            external: HashMap::new(),
            windows: HashMap::new(),
            secrets: HashMap::new(),
            authorities: Vec::new(),
            vendors: Vec::new(),
            attempts: Vec::new(),
            secrets_loaded: 0,
            locked: false,
        });
        let fake = Self(Arc::new(State {
            address: format!("http://{}", listener.local_addr().unwrap()),
            crl: ca.crl(&*clock),
            ca,
            setup,
            clock,
            signer,
            inner,
        }));
        let server =
            tonic::transport::Server::builder().add_service(EnrollmentServer::new(fake.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        fake
    }

    /// The way to it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.0.address.clone()).unwrap();
        InterceptedService::new(endpoint.connect_lazy().into(), Propagate)
    }

    /// What it does from now on.
    pub fn mode(&self, mode: Mode) {
        self.0.inner.lock().mode = mode;
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.0.ca.root()
    }

    /// The CRL of its root, DER; nobody stands in it.
    #[must_use]
    pub fn crl(&self) -> Vec<u8> {
        self.0.crl.clone()
    }

    /// Changes a policy. Edges read policies anew some seconds later: do it first.
    pub fn change_policy(&self, name: &str, change: impl FnOnce(&mut wire::EdgePolicy)) {
        let mut inner = self.0.inner.lock();
        let policy = inner.policies.iter_mut().find(|policy| policy.name == name);
        change(policy.unwrap());
    }

    /// What clients asked for.
    #[must_use]
    pub fn asked(&self) -> Vec<wire::EnrollRequest> {
        self.asked_as(self.0.setup.protocol)
    }

    /// What the edge asked for itself.
    #[must_use]
    pub fn own(&self) -> Vec<wire::EnrollRequest> {
        self.asked_as(crate::policy::SYSTEM)
    }

    fn asked_as(&self, protocol: &str) -> Vec<wire::EnrollRequest> {
        let inner = self.0.inner.lock();
        let asked = inner.asked.iter();
        asked
            .filter(|request| request.protocol == protocol)
            .cloned()
            .collect()
    }

    /// How many different requests clients made.
    #[must_use]
    pub fn requests(&self) -> usize {
        let asked = self.asked().into_iter();
        let ids: HashSet<String> = asked.map(|asked| asked.request_id).collect();
        ids.len()
    }

    /// How many certificates clients got.
    #[must_use]
    pub fn issued(&self) -> usize {
        let inner = self.0.inner.lock();
        let issued = inner.issued.iter();
        issued
            .filter(|(_, request)| request.protocol == self.0.setup.protocol)
            .count()
    }

    /// How a certificate was revoked.
    #[must_use]
    pub fn revocation(&self, certificate: &[u8]) -> Option<wire::RevokeCertificateRequest> {
        self.0.inner.lock().revoked.get(certificate).cloned()
    }

    /// How many certificates were revoked.
    #[must_use]
    pub fn revocations(&self) -> usize {
        self.0.inner.lock().revoked.len()
    }

    /// Who it was asked about.
    #[must_use]
    pub fn questions(&self) -> Vec<wire::AuthenticateRequest> {
        self.0.inner.lock().questions.clone()
    }

    /// Decides all that wait.
    pub fn decide(&self, approve: bool) {
        let mut inner = self.0.inner.lock();
        let is_waiting = |request: &&wire::EnrollRequest| {
            let outcome = inner.outcomes.get(&request.request_id);
            outcome.is_some_and(|found| matches!(found.outcome, Some(Outcome::Waiting(_))))
        };
        let waiting: Vec<_> = inner.asked.iter().filter(is_waiting).cloned().collect();
        let mut decided = HashSet::new();
        for request in waiting {
            if !decided.insert(request.request_id.clone()) {
                continue;
            }
            let outcome = match approve {
                true => self.issue(&mut inner, &request),
                false => answers::refused(wire::RefusalReason::Declined),
            };
            inner.outcomes.insert(request.request_id, outcome);
        }
    }

    /// Wants the certificate of a serial number (hex) renewed in that window, seconds since 1970.
    pub fn window(&self, serial: &str, start: i64, end: i64, pulled_forward: bool) {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let window = wire::RenewalWindow {
            start: at(start),
            end: at(end),
            explanation_url: "https://ca.test/why".to_owned(),
            pulled_forward,
        };
        let mut inner = self.0.inner.lock();
        inner.windows.insert(serial.to_owned(), window);
    }

    /// A new external account key; gives the key.
    pub async fn external_account(
        &self,
        key_id: &str,
        policy: &str,
        expires_at: Option<i64>,
    ) -> Vec<u8> {
        let secret = format!("secret of {key_id}").into_bytes();
        let sealed = self.0.signer.seal("acme/external-account", &secret).await;
        let key = wire::ExternalAccountKey {
            key_id: key_id.to_owned(),
            sealed_key: sealed.unwrap(),
            policy: policy.to_owned(),
            end_entity: format!("end-entity-of-{key_id}"),
            expires_at: expires_at.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
        };
        self.0.inner.lock().external.insert(key_id.to_owned(), key);
        secret
    }

    /// An end entity with a shared secret.
    pub fn share_secret(&self, name: &str, secret: &[u8], is_authority: bool) {
        let secret = (secret.to_vec(), is_authority);
        self.0.inner.lock().secrets.insert(name.to_owned(), secret);
    }

    /// The certificates of this end entity are a registration authority's.
    pub fn trust_authority(&self, name: &str) {
        self.0.inner.lock().authorities.push(name.to_owned());
    }

    /// Certificates of this CA are believed.
    pub fn trust_vendor(&self, root: &Certificate) {
        self.0.inner.lock().vendors.push(root.clone());
    }

    /// Too many attempts.
    pub fn lock(&self) {
        self.0.inner.lock().locked = true;
    }

    /// How often a shared secret was asked for.
    #[must_use]
    pub fn secrets_loaded(&self) -> usize {
        self.0.inner.lock().secrets_loaded
    }

    /// Who tried, and whether the MAC was right, as the edge told it.
    #[must_use]
    pub fn attempts(&self) -> Vec<(String, bool)> {
        self.0.inner.lock().attempts.clone()
    }
}
