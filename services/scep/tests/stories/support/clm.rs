//! A CLM that says yes, no or later as the story wants, and issues from a CA of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_pki::csr::Csr;
use ers_pki::issuance::{Issuer, Request as PkiRequest, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm};
use ers_pki::name::Name;
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use ers_proto::clm::v1::authenticate_request::Credential;
use ers_proto::clm::v1::enrollment_server::{Enrollment, EnrollmentServer};
use ers_proto::clm::v1::{self as wire, authenticate_response, enroll_response::Outcome};
use ers_runtime::clock::{Clock as _, ManualClock};
use ers_runtime::grpc::{Channel, Propagate};
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
    /// Lets them wait for a person.
    Wait,
    /// Says no.
    Refuse(wire::RefusalReason),
    /// Is not there.
    Down,
    /// Issues, and the answer is lost.
    LoseAnswer,
}

/// The fake. Policies: `scep` (the default), `old` (takes old algorithms, allows no renewal), `scep-ra` (for itself),
/// `elsewhere` (of a CA that no RA certificate can be had of).
#[derive(Clone)]
pub struct FakeClm(Arc<State>);

struct State {
    clock: Arc<ManualClock>,
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
    own: Vec<wire::EnrollRequest>,
    questions: Vec<wire::AuthenticateRequest>,
    used: HashSet<String>,
    issued: Vec<Certificate>,
    next_ca: Vec<u8>,
    crl: Vec<u8>,
}

impl FakeClm {
    pub async fn start(clock: Arc<ManualClock>) -> Self {
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
        let crl = ers_pki::crl::prepare(
            &issuer,
            1,
            clock.now(),
            clock.now() + time::Duration::DAY,
            [],
        )
        .unwrap();
        let signature = key.sign(algorithm, crl.to_be_signed()).unwrap();
        let crl = crl.assemble(&signature).unwrap().der().to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let inner = Mutex::new(Inner {
            mode: Mode::Issue,
            outcomes: HashMap::new(),
            asked: Vec::new(),
            own: Vec::new(),
            questions: Vec::new(),
            used: HashSet::new(),
            issued: Vec::new(),
            next_ca: Vec::new(),
            crl,
        });
        let fake = Self(Arc::new(State {
            clock,
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

    /// Its root.
    pub fn root(&self) -> &Certificate {
        &self.0.root
    }

    /// The CRL of its root, DER.
    pub fn crl(&self) -> Vec<u8> {
        self.0.inner.lock().crl.clone()
    }

    /// What devices asked for.
    pub fn asked(&self) -> Vec<wire::EnrollRequest> {
        self.0.inner.lock().asked.clone()
    }

    /// What the server asked for itself.
    pub fn own(&self) -> Vec<wire::EnrollRequest> {
        self.0.inner.lock().own.clone()
    }

    /// Who it was asked about.
    pub fn questions(&self) -> Vec<wire::AuthenticateRequest> {
        self.0.inner.lock().questions.clone()
    }

    /// How many different certificates devices got.
    pub fn requests(&self) -> usize {
        let asked = self.asked();
        let ids: HashSet<String> = asked.into_iter().map(|asked| asked.request_id).collect();
        ids.len()
    }

    /// The CA certificate that comes next.
    pub fn announce(&self, next: Vec<u8>) {
        self.0.inner.lock().next_ca = next;
    }

    /// Decides all that wait.
    pub fn decide(&self, approve: bool) {
        let mut inner = self.0.inner.lock();
        for request in inner.asked.clone() {
            let outcome = if approve {
                self.issue(&mut inner, &request, "tls-server")
            } else {
                refused(wire::RefusalReason::Declined)
            };
            inner.outcomes.insert(request.request_id, outcome);
        }
    }

    fn issue(
        &self,
        inner: &mut Inner,
        request: &wire::EnrollRequest,
        profile: &str,
    ) -> wire::EnrollResponse {
        let State {
            clock,
            issuer,
            key,
            root,
            ..
        } = &*self.0;
        let wanted = if request.csr.is_empty() {
            let public_key = PublicKey::from_spki_der(&request.public_key).unwrap();
            PkiRequest {
                subject: Name::from_der(&request.subject).unwrap(),
                names: request
                    .subject_alternative_names
                    .iter()
                    .map(|name| name.parse().unwrap())
                    .collect(),
                ..PkiRequest::new(public_key)
            }
        } else {
            let csr = Csr::from_der(&request.csr).unwrap();
            PkiRequest {
                names: csr.names().to_vec(),
                ..PkiRequest::new(csr.public_key().clone())
            }
        };
        let profile = Profile::find_ready(profile).unwrap();
        let prepared = prepare(profile, issuer, &wanted, serial(), clock.now()).unwrap();
        let signature = key
            .sign(issuer.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        let certificate = prepared.assemble(&signature).unwrap();
        inner.issued.push(certificate.clone());
        wire::EnrollResponse {
            outcome: Some(Outcome::Issued(wire::Issued {
                certificate: certificate.der().to_vec(),
                chain: vec![root.der().to_vec()],
                issuer: "fake".to_owned(),
                serial: certificate.serial().to_hex(),
            })),
        }
    }

    fn is_down(&self) -> bool {
        self.0.inner.lock().mode == Mode::Down
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

fn known(end_entity: &str, method: &str) -> authenticate_response::Outcome {
    authenticate_response::Outcome::Authenticated(wire::Authenticated {
        end_entity: end_entity.to_owned(),
        requester: format!("end-entity:{end_entity}"),
        standing: wire::Standing::Holder.into(),
        method: method.to_owned(),
        renewal_only: false,
    })
}

#[tonic::async_trait]
impl Enrollment for FakeClm {
    async fn enroll(&self, request: Request<wire::EnrollRequest>) -> Answer<wire::EnrollResponse> {
        let request = request.into_inner();
        if self.is_down() {
            return Err(Status::unavailable("the story wants it so"));
        }
        let mut inner = self.0.inner.lock();
        let inner = &mut *inner;
        if request.protocol == "system" {
            assert_eq!(request.policy, "scep-ra");
            inner.own.push(request.clone());
            if let Some(found) = inner.outcomes.get(&request.request_id) {
                return Ok(Response::new(found.clone()));
            }
            let outcome = self.issue(inner, &request, "scep-ra");
            inner.outcomes.insert(request.request_id, outcome.clone());
            return Ok(Response::new(outcome));
        }
        let mode = inner.mode.clone();
        inner.asked.push(request.clone());
        if let Some(found) = inner.outcomes.get(&request.request_id) {
            return Ok(Response::new(found.clone()));
        }
        let outcome = match &mode {
            Mode::Wait => wire::EnrollResponse {
                outcome: Some(Outcome::Waiting(wire::Waiting { retry_after: None })),
            },
            Mode::Refuse(reason) => refused(*reason),
            _ => self.issue(inner, &request, "tls-server"),
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
        if self.is_down() {
            return Err(Status::unavailable("the story wants it so"));
        }
        let inner = self.0.inner.lock();
        let outcome = inner.outcomes.get(&request.into_inner().request_id);
        outcome
            .cloned()
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such request"))
    }

    /// `secret` for everybody; `once-…` for one request.
    async fn authenticate(
        &self,
        request: Request<wire::AuthenticateRequest>,
    ) -> Answer<wire::AuthenticateResponse> {
        if self.is_down() {
            return Err(Status::unavailable("the story wants it so"));
        }
        let request = request.into_inner();
        let mut inner = self.0.inner.lock();
        inner.questions.push(request.clone());
        let outcome = match request.credential.unwrap() {
            Credential::Challenge(text) if text == "secret" => known("anybody", "challenge"),
            Credential::Challenge(text)
                if text.starts_with("once-") && inner.used.insert(text.clone()) =>
            {
                known(&text, "challenge")
            }
            Credential::Certificate(der)
                if inner.issued.iter().any(|issued| *issued.der() == der) =>
            {
                known("holder", "certificate")
            }
            _ => authenticate_response::Outcome::Denied(wire::Denied {
                detail: "authenticate: not right, or used before".to_owned(),
                retry_after: None,
            }),
        };
        Ok(Response::new(wire::AuthenticateResponse {
            outcome: Some(outcome),
        }))
    }

    async fn find_certificate(
        &self,
        request: Request<wire::FindCertificateRequest>,
    ) -> Answer<wire::KnownCertificate> {
        use wire::find_certificate_request::By;
        let Some(By::IssuerNameAndSerial(wanted)) = request.into_inner().by else {
            return Err(Status::invalid_argument("by: issuer and serial are wanted"));
        };
        let inner = self.0.inner.lock();
        let found = inner.issued.iter().find(|issued| {
            *issued.issuer().to_der() == wanted.issuer_name
                && issued.serial().to_hex() == wanted.serial
        });
        let found = found.ok_or_else(|| Status::not_found("no such certificate"))?;
        // those of the server itself are of another realm
        let is_own = found.has_extended_key_usage(ers_pki::ExtendedKeyUsage::CMC_RA);
        Ok(Response::new(wire::KnownCertificate {
            certificate: found.der().to_vec(),
            realm: if is_own { "system" } else { "default" }.to_owned(),
            state: "valid".to_owned(),
            ..Default::default()
        }))
    }

    async fn load_crl(
        &self,
        _request: Request<wire::LoadCrlRequest>,
    ) -> Answer<wire::LoadCrlResponse> {
        Ok(Response::new(wire::LoadCrlResponse { crl: self.crl() }))
    }

    async fn load_policy(
        &self,
        request: Request<wire::LoadPolicyRequest>,
    ) -> Answer<wire::EdgePolicy> {
        if self.is_down() {
            return Err(Status::unavailable("the story wants it so"));
        }
        let request = request.into_inner();
        let name = match (request.protocol.as_str(), request.policy.as_str()) {
            ("scep", "") => "scep".to_owned(),
            ("scep", name) if ["scep", "old", "elsewhere"].contains(&name) => name.to_owned(),
            ("system", "scep-ra") => "scep-ra".to_owned(),
            _ => return Err(Status::not_found("no such policy")),
        };
        Ok(Response::new(wire::EdgePolicy {
            realm: "default".to_owned(),
            issuer: if name == "elsewhere" { "other" } else { "fake" }.to_owned(),
            ca_chain: vec![self.0.root.der().to_vec()],
            next_ca_certificate: self.0.inner.lock().next_ca.clone(),
            scep: Some(wire::ScepSettings {
                legacy_algorithms: name == "old",
                renewal_allowed: name != "old",
            }),
            name,
            ..Default::default()
        }))
    }

    async fn revoke(
        &self,
        _request: Request<wire::RevokeCertificateRequest>,
    ) -> Answer<wire::RevokeCertificateResponse> {
        Err(Status::unimplemented("not of SCEP"))
    }

    async fn load_external_account_key(
        &self,
        _request: Request<wire::LoadExternalAccountKeyRequest>,
    ) -> Answer<wire::ExternalAccountKey> {
        Err(Status::unimplemented("not of SCEP"))
    }

    async fn load_shared_secret(
        &self,
        _request: Request<wire::LoadSharedSecretRequest>,
    ) -> Answer<wire::SharedSecret> {
        Err(Status::unimplemented("not of SCEP"))
    }

    async fn report_attempt(
        &self,
        _request: Request<wire::ReportAttemptRequest>,
    ) -> Answer<wire::ReportAttemptResponse> {
        Err(Status::unimplemented("not of SCEP"))
    }

    async fn suggest_renewal(
        &self,
        _request: Request<wire::SuggestRenewalRequest>,
    ) -> Answer<wire::RenewalWindow> {
        Err(Status::unimplemented("not of SCEP"))
    }
}
