//! A CLM that says yes, no or later as the story wants, and issues from a CA of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::csr::Csr;
use ers_pki::issuance::{Issuer, Request as PkiRequest, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_pki::name::Name;
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use ers_proto::clm::v1::enrollment_server::{Enrollment, EnrollmentServer};
use ers_proto::clm::v1::{self as wire, enroll_response::Outcome};
use ers_runtime::clock::{Clock as _, ManualClock};
use ers_runtime::grpc::{Channel, Propagate};
use ers_signer_client::Signer as _;
use ers_signer_client::fake::FakeSigner;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

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

/// The fake.
#[derive(Clone)]
pub struct FakeClm(Arc<State>);

struct State {
    clock: Arc<ManualClock>,
    signer: Arc<FakeSigner>,
    address: String,
    root: Certificate,
    issuer: Issuer,
    key: PrivateKey,
    inner: Mutex<Inner>,
}

struct Inner {
    mode: Mode,
    outcomes: HashMap<String, wire::EnrollResponse>,
    asked: Vec<wire::EnrollRequest>,
    revoked: HashMap<Vec<u8>, wire::RevokeCertificateRequest>,
    external: HashMap<String, wire::ExternalAccountKey>,
    settings: HashMap<String, wire::AcmeSettings>,
    links: Vec<Vec<u8>>,
    windows: HashMap<String, wire::RenewalWindow>,
}

impl FakeClm {
    /// With a new CA, and the policies `acme` (the default), `acme-eab`, `short` and `plain` (no wildcards).
    pub async fn start(clock: Arc<ManualClock>, signer: Arc<FakeSigner>) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let name: Name = "CN=Fake CLM Root".parse().unwrap();
        let algorithm = SignatureAlgorithm::default_for(KeyAlgorithm::P256);
        let itself =
            Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
        let request = PkiRequest {
            subject: name,
            ..PkiRequest::new(key.public_key().clone())
        };
        let profile = Profile::find_ready("root-ca").unwrap();
        let prepared = prepare(profile, &itself, &request, serial(), clock.now()).unwrap();
        let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
        let root = prepared.assemble(&signature).unwrap();
        let issuer = Issuer::new(root.clone(), algorithm).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let inner = Mutex::new(Inner {
            mode: Mode::Issue,
            outcomes: HashMap::new(),
            asked: Vec::new(),
            revoked: HashMap::new(),
            external: HashMap::new(),
            settings: HashMap::new(),
            links: Vec::new(),
            windows: HashMap::new(),
        });
        let fake = Self(Arc::new(State {
            clock,
            signer,
            address,
            root,
            issuer,
            key,
            inner,
        }));
        let server =
            tonic::transport::Server::builder().add_service(EnrollmentServer::new(fake.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        fake
    }

    /// The way to it.
    pub fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.0.address.clone()).unwrap();
        InterceptedService::new(endpoint.connect_lazy().into(), Propagate)
    }

    /// What it does from now on.
    pub fn mode(&self, mode: Mode) {
        self.0.inner.lock().mode = mode;
    }

    /// Its root, DER.
    pub fn root(&self) -> Vec<u8> {
        self.0.root.der().to_vec()
    }

    /// What a policy says about ACME.
    pub fn settings(&self, policy: &str, settings: wire::AcmeSettings) {
        let mut inner = self.0.inner.lock();
        inner.settings.insert(policy.to_owned(), settings);
    }

    /// Has the root's key certified by an older root: the link certificate, DER.
    pub fn link_to_older_root(&self) -> Vec<u8> {
        use openssl::x509::extension::BasicConstraints;
        use openssl::x509::{X509, X509NameBuilder};
        let root = X509::from_der(self.0.root.der()).unwrap();
        let older = super::p256();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "Older Root").unwrap();
        let mut link = X509::builder().unwrap();
        link.set_version(2).unwrap();
        link.set_serial_number(root.serial_number()).unwrap();
        link.set_issuer_name(&name.build()).unwrap();
        link.set_subject_name(root.subject_name()).unwrap();
        link.set_not_before(root.not_before()).unwrap();
        link.set_not_after(root.not_after()).unwrap();
        link.set_pubkey(&root.public_key().unwrap()).unwrap();
        let ca = BasicConstraints::new().critical().ca().build().unwrap();
        link.append_extension(ca).unwrap();
        link.sign(&older, openssl::hash::MessageDigest::sha256())
            .unwrap();
        let link = link.build().to_der().unwrap();
        self.0.inner.lock().links.push(link.clone());
        link
    }

    /// Wants a certificate renewed in that window.
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

    /// What it was asked for.
    pub fn asked(&self) -> Vec<wire::EnrollRequest> {
        self.0.inner.lock().asked.clone()
    }

    /// How many certificates it issued.
    pub fn issued(&self) -> usize {
        let inner = self.0.inner.lock();
        let issued = inner
            .outcomes
            .values()
            .filter_map(|found| match &found.outcome {
                Some(Outcome::Issued(issued)) => Some(issued.serial.clone()),
                _ => None,
            });
        issued.collect::<HashSet<_>>().len()
    }

    /// How a certificate was revoked.
    pub fn revocation(&self, certificate: &[u8]) -> Option<wire::RevokeCertificateRequest> {
        self.0.inner.lock().revoked.get(certificate).cloned()
    }

    /// Decides all that wait.
    pub fn decide(&self, approve: bool) {
        let mut inner = self.0.inner.lock();
        for request in inner.asked.clone() {
            let outcome = if approve {
                self.issue(&request)
            } else {
                refused(wire::RefusalReason::Declined)
            };
            inner.outcomes.insert(request.request_id, outcome);
        }
    }

    /// A new external account key.
    pub async fn external_account(
        &self,
        key_id: &str,
        policy: &str,
        expires_at: Option<i64>,
    ) -> Vec<u8> {
        let secret = format!("secret of {key_id}").into_bytes();
        let sealed_key = self
            .0
            .signer
            .seal("acme/external-account", &secret)
            .await
            .unwrap();
        let key = wire::ExternalAccountKey {
            key_id: key_id.to_owned(),
            sealed_key,
            policy: policy.to_owned(),
            end_entity: format!("end-entity-of-{key_id}"),
            expires_at: expires_at.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
        };
        self.0.inner.lock().external.insert(key_id.to_owned(), key);
        secret
    }

    fn issue(&self, request: &wire::EnrollRequest) -> wire::EnrollResponse {
        let State {
            clock,
            issuer,
            key,
            root,
            ..
        } = &*self.0;
        let csr = Csr::from_der(&request.csr).unwrap();
        let wanted = PkiRequest {
            names: request
                .subject_alternative_names
                .iter()
                .map(|name| name.parse().unwrap())
                .collect(),
            validity: request
                .validity
                .map(|validity| Duration::try_from(validity).unwrap().try_into().unwrap()),
            ..PkiRequest::new(csr.public_key().clone())
        };
        let profile = Profile::find_ready("tls-server").unwrap();
        let prepared = prepare(profile, issuer, &wanted, serial(), clock.now()).unwrap();
        let signature = key
            .sign(issuer.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        let certificate = prepared.assemble(&signature).unwrap();
        wire::EnrollResponse {
            outcome: Some(Outcome::Issued(wire::Issued {
                certificate: certificate.der().to_vec(),
                chain: vec![root.der().to_vec()],
                issuer: "fake".to_owned(),
                serial: certificate.serial().to_hex(),
            })),
        }
    }
}

fn serial() -> SerialNumber {
    SerialNumber::from_random(rand::random()).unwrap()
}

fn refused(reason: wire::RefusalReason) -> wire::EnrollResponse {
    let refused = wire::Refused {
        reason: reason.into(),
        detail: "csr: the story wants it so".to_owned(),
    };
    wire::EnrollResponse {
        outcome: Some(Outcome::Refused(refused)),
    }
}

fn waiting() -> wire::EnrollResponse {
    let retry_after = Some(prost_types::Duration {
        seconds: 7,
        nanos: 0,
    });
    wire::EnrollResponse {
        outcome: Some(Outcome::Waiting(wire::Waiting { retry_after })),
    }
}

#[tonic::async_trait]
impl Enrollment for FakeClm {
    async fn enroll(&self, request: Request<wire::EnrollRequest>) -> Answer<wire::EnrollResponse> {
        let request = request.into_inner();
        if self.0.inner.lock().mode == Mode::IssueSlowly {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut inner = self.0.inner.lock();
        let mode = inner.mode.clone();
        match &mode {
            Mode::Down => return Err(Status::unavailable("the story wants it so")),
            Mode::Invalid => return Err(Status::invalid_argument("csr: the story wants it so")),
            _ => inner.asked.push(request.clone()),
        }
        if let Some(known) = inner.outcomes.get(&request.request_id) {
            return Ok(Response::new(known.clone()));
        }
        let outcome = match &mode {
            Mode::Wait => waiting(),
            Mode::Refuse(reason) => refused(*reason),
            _ => self.issue(&request),
        };
        inner.outcomes.insert(request.request_id, outcome.clone());
        if mode == Mode::LoseAnswer {
            return Err(Status::unavailable("connection lost"));
        }
        Ok(Response::new(outcome))
    }

    async fn find_outcome(
        &self,
        request: Request<wire::FindOutcomeRequest>,
    ) -> Answer<wire::EnrollResponse> {
        let inner = self.0.inner.lock();
        if inner.mode == Mode::Down {
            return Err(Status::unavailable("the story wants it so"));
        }
        let outcome = inner
            .outcomes
            .get(&request.into_inner().request_id)
            .cloned();
        outcome
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such request"))
    }

    async fn revoke(
        &self,
        request: Request<wire::RevokeCertificateRequest>,
    ) -> Answer<wire::RevokeCertificateResponse> {
        let request = request.into_inner();
        let Some(wire::revoke_certificate_request::By::Certificate(der)) = request.by.clone()
        else {
            return Err(Status::invalid_argument("by: a certificate is wanted"));
        };
        let certificate = Certificate::from_der(&der).unwrap();
        let mut inner = self.0.inner.lock();
        if inner.mode == Mode::Down {
            return Err(Status::unavailable("the story wants it so"));
        }
        if certificate.verify_signed_by(&self.0.root).is_err() {
            return Err(Status::not_found("no such certificate"));
        }
        let already_revoked = inner.revoked.contains_key(&der);
        inner.revoked.entry(der).or_insert(request);
        Ok(Response::new(wire::RevokeCertificateResponse {
            already_revoked,
        }))
    }

    async fn load_policy(
        &self,
        request: Request<wire::LoadPolicyRequest>,
    ) -> Answer<wire::EdgePolicy> {
        if self.0.inner.lock().mode == Mode::Down {
            return Err(Status::unavailable("the story wants it so"));
        }
        let name = match request.into_inner().policy.as_str() {
            "" => "acme".to_owned(),
            name if ["acme", "acme-eab", "plain", "short"].contains(&name) => name.to_owned(),
            "no-acme" => {
                return Err(Status::failed_precondition(
                    "the policy does not allow acme",
                ));
            }
            _ => return Err(Status::not_found("no such policy")),
        };
        let inner = self.0.inner.lock();
        Ok(Response::new(wire::EdgePolicy {
            realm: "default".to_owned(),
            description: format!("the policy {name}"),
            external_account_required: name == "acme-eab",
            wildcards_allowed: name != "plain",
            acme: inner.settings.get(&name).cloned(),
            link_certificates: inner.links.clone(),
            name,
            ..Default::default()
        }))
    }

    async fn load_external_account_key(
        &self,
        request: Request<wire::LoadExternalAccountKeyRequest>,
    ) -> Answer<wire::ExternalAccountKey> {
        let found = self
            .0
            .inner
            .lock()
            .external
            .get(&request.into_inner().key_id)
            .cloned();
        found
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such key"))
    }

    async fn authenticate(
        &self,
        _: Request<wire::AuthenticateRequest>,
    ) -> Answer<wire::AuthenticateResponse> {
        Err(Status::unimplemented("ACME does not ask for this"))
    }

    async fn load_shared_secret(
        &self,
        _: Request<wire::LoadSharedSecretRequest>,
    ) -> Answer<wire::SharedSecret> {
        Err(Status::unimplemented("ACME does not ask for this"))
    }

    async fn report_attempt(
        &self,
        _: Request<wire::ReportAttemptRequest>,
    ) -> Answer<wire::ReportAttemptResponse> {
        Err(Status::unimplemented("ACME does not ask for this"))
    }

    async fn find_certificate(
        &self,
        request: Request<wire::FindCertificateRequest>,
    ) -> Answer<wire::KnownCertificate> {
        use wire::find_certificate_request::By;
        let Some(By::Fingerprint(wanted)) = request.into_inner().by else {
            return Err(Status::invalid_argument("by: a fingerprint is wanted"));
        };
        let inner = self.0.inner.lock();
        let mut issued = inner.outcomes.values().filter_map(|found| {
            let Some(Outcome::Issued(issued)) = &found.outcome else {
                return None;
            };
            Some(&issued.certificate)
        });
        let fingerprint =
            |der: &[u8]| hex::encode(Certificate::from_der(der).unwrap().fingerprint());
        let found = issued.find(|der| fingerprint(der) == wanted).cloned();
        let certificate = found.ok_or_else(|| Status::not_found("no such certificate"))?;
        let state = match inner.revoked.contains_key(&certificate) {
            true => "revoked",
            false => "valid",
        };
        Ok(Response::new(wire::KnownCertificate {
            state: state.to_owned(),
            certificate,
            ..Default::default()
        }))
    }

    async fn load_crl(&self, _: Request<wire::LoadCrlRequest>) -> Answer<wire::LoadCrlResponse> {
        Err(Status::unimplemented("ACME does not ask for this"))
    }

    async fn suggest_renewal(
        &self,
        request: Request<wire::SuggestRenewalRequest>,
    ) -> Answer<wire::RenewalWindow> {
        use wire::suggest_renewal_request::By;
        let Some(By::KeyIdentifierAndSerial(by)) = request.into_inner().by else {
            return Err(Status::invalid_argument("by: key identifier and serial"));
        };
        let inner = self.0.inner.lock();
        if inner.mode == Mode::Down {
            return Err(Status::unavailable("the story wants it so"));
        }
        let ours = self.0.root.subject_key_identifier();
        let known = inner
            .windows
            .get(&by.serial)
            .filter(|_| ours == Some(&by.authority_key_identifier[..]));
        known
            .cloned()
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such certificate"))
    }
}
