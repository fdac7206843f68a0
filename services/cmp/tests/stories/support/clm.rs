//! A CLM that says yes, no or later as the story wants, and issues from a CA of its own.

use std::collections::HashMap;
use std::sync::Arc;

use ers_pki::certificate::Certificate;
use ers_pki::crl;
use ers_pki::csr::Csr;
use ers_pki::issuance::{Issuer, Request as PkiRequest, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm};
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

use super::secret_of;

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

#[derive(Default)]
struct Inner {
    mode: Option<Mode>,
    outcomes: HashMap<String, wire::EnrollResponse>,
    asked: Vec<wire::EnrollRequest>,
    issued: Vec<(Certificate, wire::EnrollRequest)>,
    revoked: HashMap<Vec<u8>, wire::RevokeCertificateRequest>,
    /// Name, and whether it is a registration authority.
    secrets: HashMap<String, bool>,
    /// Names of certificates that are registration authorities'.
    authorities: Vec<String>,
    vendors: Vec<Certificate>,
    attempts: Vec<(String, bool)>,
    locked: bool,
    settings: wire::CmpSettings,
}

impl FakeClm {
    /// With a new CA and the policy `cmp`, which is the default.
    pub async fn start(clock: Arc<ManualClock>, signer: Arc<FakeSigner>) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let root = authority("CN=ca", &key, &clock);
        let algorithm = SignatureAlgorithm::default_for(KeyAlgorithm::P256);
        let issuer = Issuer::new(root.clone(), algorithm).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let settings = wire::CmpSettings {
            mac_allowed: true,
            signature_allowed: true,
            implicit_confirm_allowed: true,
            central_keys_allowed: false,
            ra_verified_allowed: true,
            confirm_within: Some(prost_types::Duration {
                seconds: 60,
                nanos: 0,
            }),
        };
        let inner = Mutex::new(Inner {
            settings,
            ..Inner::default()
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
        self.0.inner.lock().mode = Some(mode);
    }

    /// Its root.
    pub fn root(&self) -> &Certificate {
        &self.0.root
    }

    /// What devices asked for.
    pub fn asked(&self) -> Vec<wire::EnrollRequest> {
        let inner = self.0.inner.lock();
        inner
            .asked
            .iter()
            .filter(|request| request.protocol == "cmp")
            .cloned()
            .collect()
    }

    /// How many certificates devices got.
    pub fn issued(&self) -> usize {
        let inner = self.0.inner.lock();
        inner
            .issued
            .iter()
            .filter(|(_, request)| request.protocol == "cmp")
            .count()
    }

    /// How a certificate was revoked.
    pub fn revocation(&self, certificate: &[u8]) -> Option<wire::RevokeCertificateRequest> {
        self.0.inner.lock().revoked.get(certificate).cloned()
    }

    /// An end entity with a shared secret.
    pub fn share_secret(&self, name: &str, is_authority: bool) {
        self.0
            .inner
            .lock()
            .secrets
            .insert(name.to_owned(), is_authority);
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

    /// Who tried, and whether the MAC was right.
    pub fn attempts(&self) -> Vec<(String, bool)> {
        self.0.inner.lock().attempts.clone()
    }

    /// Changes what the policy allows. Policies are read anew some seconds later: do it first.
    pub fn allow(&self, change: impl FnOnce(&mut wire::CmpSettings)) {
        change(&mut self.0.inner.lock().settings);
    }

    /// Decides all that wait.
    pub fn decide(&self, approve: bool) {
        let waiting: Vec<_> = {
            let inner = self.0.inner.lock();
            let is_waiting = |request: &&wire::EnrollRequest| {
                let outcome = inner.outcomes.get(&request.request_id);
                outcome.is_some_and(|found| matches!(found.outcome, Some(Outcome::Waiting(_))))
            };
            inner.asked.iter().filter(is_waiting).cloned().collect()
        };
        for request in waiting {
            let outcome = match approve {
                true => self.issue(&request),
                false => refused(wire::RefusalReason::Declined),
            };
            self.0
                .inner
                .lock()
                .outcomes
                .insert(request.request_id, outcome);
        }
    }

    fn issue(&self, request: &wire::EnrollRequest) -> wire::EnrollResponse {
        let State {
            clock,
            issuer,
            key,
            root,
            ..
        } = &*self.0;
        let wanted = match request.csr.as_slice() {
            [] => PkiRequest {
                subject: Name::from_der(&request.subject).unwrap(),
                names: request
                    .subject_alternative_names
                    .iter()
                    .map(|name| name.parse().unwrap())
                    .collect(),
                ..PkiRequest::new(PublicKey::from_spki_der(&request.public_key).unwrap())
            },
            csr => {
                let csr = Csr::from_der(csr).unwrap();
                PkiRequest {
                    subject: csr.subject().clone(),
                    names: csr.names().to_vec(),
                    ..PkiRequest::new(csr.public_key().clone())
                }
            }
        };
        let profile = match request.policy.as_str() {
            "cmp-signer" => "cmp-ra",
            _ => "ieee-802-1ar-ldevid",
        };
        let profile = Profile::find_ready(profile).unwrap();
        let prepared = prepare(profile, issuer, &wanted, serial(), clock.now()).unwrap();
        let signature = key
            .sign(issuer.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        let certificate = prepared.assemble(&signature).unwrap();
        self.0
            .inner
            .lock()
            .issued
            .push((certificate.clone(), request.clone()));
        wire::EnrollResponse {
            outcome: Some(Outcome::Issued(wire::Issued {
                certificate: certificate.der().to_vec(),
                chain: vec![root.der().to_vec()],
                issuer: "fake".to_owned(),
                serial: certificate.serial().to_hex(),
            })),
        }
    }

    /// Its CRL, DER; nobody stands in it.
    pub fn crl(&self) -> Vec<u8> {
        let now = self.0.clock.now();
        let prepared = crl::prepare(&self.0.issuer, 1, now, now + time::Duration::DAY, []).unwrap();
        let signature = self
            .0
            .key
            .sign(self.0.issuer.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        prepared.assemble(&signature).unwrap().der().to_vec()
    }

    fn is_down(&self) -> Result<(), Status> {
        match self.0.inner.lock().mode {
            Some(Mode::Down) => Err(Status::unavailable("the story wants it so")),
            _ => Ok(()),
        }
    }
}

/// A root certificate.
pub fn authority(name: &str, key: &PrivateKey, clock: &ManualClock) -> Certificate {
    let name: Name = name.parse().unwrap();
    let algorithm = SignatureAlgorithm::default_for(key.algorithm());
    let itself = Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
    let request = PkiRequest {
        subject: name,
        ..PkiRequest::new(key.public_key().clone())
    };
    let profile = Profile::find_ready("root-ca").unwrap();
    let prepared = prepare(profile, &itself, &request, serial(), clock.now()).unwrap();
    let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}

/// A device's certificate by that root.
pub fn certify(
    root: &Certificate,
    ca: &PrivateKey,
    subject: &str,
    key: &PrivateKey,
    clock: &ManualClock,
) -> Certificate {
    let algorithm = SignatureAlgorithm::default_for(ca.algorithm());
    let issuer = Issuer::new(root.clone(), algorithm).unwrap();
    let request = PkiRequest {
        subject: subject.parse().unwrap(),
        ..PkiRequest::new(key.public_key().clone())
    };
    let profile = Profile::find_ready("ieee-802-1ar-ldevid").unwrap();
    let prepared = prepare(profile, &issuer, &request, serial(), clock.now()).unwrap();
    let signature = ca.sign(algorithm, prepared.to_be_signed()).unwrap();
    prepared.assemble(&signature).unwrap()
}

fn serial() -> SerialNumber {
    SerialNumber::from_random(rand::random()).unwrap()
}

/// What CLM refuses under a usual policy.
fn changes_identity(request: &wire::EnrollRequest) -> bool {
    Certificate::from_der(&request.renews)
        .is_ok_and(|old| old.subject().to_der() != request.subject)
}

fn refused(reason: wire::RefusalReason) -> wire::EnrollResponse {
    let refused = wire::Refused {
        reason: reason.into(),
        detail: "the story wants it so".to_owned(),
    };
    wire::EnrollResponse {
        outcome: Some(Outcome::Refused(refused)),
    }
}

fn waiting() -> wire::EnrollResponse {
    let retry_after = Some(prost_types::Duration {
        seconds: 1,
        nanos: 0,
    });
    wire::EnrollResponse {
        outcome: Some(Outcome::Waiting(wire::Waiting { retry_after })),
    }
}

fn authenticated(name: &str, is_authority: bool) -> wire::AuthenticateResponse {
    let standing = match is_authority {
        true => wire::Standing::RegistrationAuthority,
        false => wire::Standing::Holder,
    };
    let found = wire::Authenticated {
        end_entity: name.to_owned(),
        requester: format!("end-entity:{name}"),
        standing: standing.into(),
        method: "certificate".to_owned(),
        ..wire::Authenticated::default()
    };
    wire::AuthenticateResponse {
        outcome: Some(wire::authenticate_response::Outcome::Authenticated(found)),
    }
}

#[tonic::async_trait]
impl Enrollment for FakeClm {
    async fn enroll(&self, request: Request<wire::EnrollRequest>) -> Answer<wire::EnrollResponse> {
        let request = request.into_inner();
        self.is_down()?;
        let mode = {
            let mut inner = self.0.inner.lock();
            inner.asked.push(request.clone());
            if let Some(known) = inner.outcomes.get(&request.request_id) {
                return Ok(Response::new(known.clone()));
            }
            inner.mode.clone().unwrap_or(Mode::Issue)
        };
        let mode = if request.protocol == "system" {
            Mode::Issue
        } else {
            mode
        };
        let outcome = match &mode {
            Mode::Wait => waiting(),
            Mode::Refuse(reason) => refused(*reason),
            _ if changes_identity(&request) => refused(wire::RefusalReason::BadName),
            _ => self.issue(&request),
        };
        self.0
            .inner
            .lock()
            .outcomes
            .insert(request.request_id, outcome.clone());
        if mode == Mode::LoseAnswer {
            return Err(Status::unavailable("connection lost"));
        }
        Ok(Response::new(outcome))
    }

    async fn find_outcome(
        &self,
        request: Request<wire::FindOutcomeRequest>,
    ) -> Answer<wire::EnrollResponse> {
        self.is_down()?;
        let found = self
            .0
            .inner
            .lock()
            .outcomes
            .get(&request.into_inner().request_id)
            .cloned();
        found
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such request"))
    }

    async fn revoke(
        &self,
        request: Request<wire::RevokeCertificateRequest>,
    ) -> Answer<wire::RevokeCertificateResponse> {
        self.is_down()?;
        let request = request.into_inner();
        let Some(wire::revoke_certificate_request::By::Certificate(der)) = request.by.clone()
        else {
            return Err(Status::invalid_argument("by: a certificate is wanted"));
        };
        let mut inner = self.0.inner.lock();
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
        self.is_down()?;
        match request.into_inner().policy.as_str() {
            "" | "cmp" => {}
            "server" => return Err(Status::failed_precondition("the policy does not allow cmp")),
            _ => return Err(Status::not_found("no such policy")),
        }
        let attribute = |oid: &str, value: &str| wire::TemplateAttribute {
            oid: oid.to_owned(),
            required: true,
            value: value.to_owned(),
        };
        let template = wire::RequestTemplate {
            key_algorithms: vec!["P-256".to_owned(), "RSA-3072".to_owned()],
            subject: vec![attribute("2.5.4.3", ""), attribute("2.5.4.10", "Example")],
            ..wire::RequestTemplate::default()
        };
        Ok(Response::new(wire::EdgePolicy {
            name: "cmp".to_owned(),
            realm: "default".to_owned(),
            ca_chain: vec![self.0.root.der().to_vec()],
            template: Some(template),
            cmp: Some(self.0.inner.lock().settings),
            ..wire::EdgePolicy::default()
        }))
    }

    async fn load_external_account_key(
        &self,
        _: Request<wire::LoadExternalAccountKeyRequest>,
    ) -> Answer<wire::ExternalAccountKey> {
        Err(Status::permission_denied("not for cmp"))
    }

    async fn authenticate(
        &self,
        request: Request<wire::AuthenticateRequest>,
    ) -> Answer<wire::AuthenticateResponse> {
        let request = request.into_inner();
        let Some(wire::authenticate_request::Credential::Certificate(der)) = request.credential
        else {
            return Err(Status::invalid_argument("credential"));
        };
        let shown = Certificate::from_der(&der).unwrap();
        let inner = self.0.inner.lock();
        let known = inner.issued.iter().find(|(found, _)| *found == shown);
        if known.is_some() && inner.revoked.contains_key(&der) {
            let denied = wire::Denied {
                detail: "the certificate is revoked".to_owned(),
                retry_after: None,
            };
            let outcome = Some(wire::authenticate_response::Outcome::Denied(denied));
            return Ok(Response::new(wire::AuthenticateResponse { outcome }));
        }
        if let Some((_, request)) = known {
            let is_authority = inner.authorities.contains(&request.end_entity);
            return Ok(Response::new(authenticated(
                &request.end_entity,
                is_authority,
            )));
        }
        if inner
            .vendors
            .iter()
            .any(|vendor| shown.verify_signed_by(vendor).is_ok())
        {
            let name = shown.subject().common_name().unwrap_or_default();
            return Ok(Response::new(authenticated(&name, false)));
        }
        let denied = wire::Denied {
            detail: "nobody we know".to_owned(),
            retry_after: None,
        };
        let outcome = Some(wire::authenticate_response::Outcome::Denied(denied));
        Ok(Response::new(wire::AuthenticateResponse { outcome }))
    }

    async fn load_shared_secret(
        &self,
        request: Request<wire::LoadSharedSecretRequest>,
    ) -> Answer<wire::SharedSecret> {
        self.is_down()?;
        let name = request.into_inner().reference;
        let (found, locked) = {
            let inner = self.0.inner.lock();
            (inner.secrets.get(&name).copied(), inner.locked)
        };
        if locked {
            return Err(Status::resource_exhausted("too many wrong ones"));
        }
        let is_authority = found.ok_or_else(|| Status::not_found("no such end entity"))?;
        let sealed = self
            .0
            .signer
            .seal("clm/shared-secret", &secret_of(&name))
            .await
            .unwrap();
        let Some(wire::authenticate_response::Outcome::Authenticated(who)) =
            authenticated(&name, is_authority).outcome
        else {
            return Err(Status::internal("never"));
        };
        Ok(Response::new(wire::SharedSecret {
            sealed,
            end_entity: who.end_entity,
            requester: who.requester,
            standing: who.standing,
        }))
    }

    async fn report_attempt(
        &self,
        request: Request<wire::ReportAttemptRequest>,
    ) -> Answer<wire::ReportAttemptResponse> {
        let request = request.into_inner();
        self.0
            .inner
            .lock()
            .attempts
            .push((request.end_entity, request.succeeded));
        Ok(Response::new(wire::ReportAttemptResponse {}))
    }

    async fn find_certificate(
        &self,
        request: Request<wire::FindCertificateRequest>,
    ) -> Answer<wire::KnownCertificate> {
        let Some(wire::find_certificate_request::By::IssuerNameAndSerial(by)) =
            request.into_inner().by
        else {
            return Err(Status::invalid_argument("by"));
        };
        let inner = self.0.inner.lock();
        let is_meant = |(found, _): &&(Certificate, wire::EnrollRequest)| {
            found.issuer().to_der() == by.issuer_name && found.serial().to_hex() == by.serial
        };
        let (found, request) = inner
            .issued
            .iter()
            .find(is_meant)
            .ok_or_else(|| Status::not_found("none"))?;
        let is_revoked = inner.revoked.contains_key(found.der());
        Ok(Response::new(wire::KnownCertificate {
            certificate: found.der().to_vec(),
            chain: vec![self.0.root.der().to_vec()],
            state: if is_revoked { "revoked" } else { "valid" }.to_owned(),
            policy: request.policy.clone(),
            end_entity: request.end_entity.clone(),
            ..wire::KnownCertificate::default()
        }))
    }

    async fn load_crl(&self, _: Request<wire::LoadCrlRequest>) -> Answer<wire::LoadCrlResponse> {
        Ok(Response::new(wire::LoadCrlResponse { crl: self.crl() }))
    }

    async fn suggest_renewal(
        &self,
        _: Request<wire::SuggestRenewalRequest>,
    ) -> Answer<wire::RenewalWindow> {
        Err(Status::not_found("none"))
    }
}
