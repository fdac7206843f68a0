//! A CARA of our own: keeps its promises (idempotent requests, numbered events), issues real certificates with
//! `ers_pki`, and fails when told to.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
};

use ers_pki::{
    certificate::Certificate,
    issuance::{Issuer, Request as Wanted, prepare},
    key::{KeyAlgorithm, PrivateKey, PublicKey, SignatureAlgorithm},
    name::Name,
    profile::Profile,
    serial::SerialNumber,
};
use ers_proto::cara::v1::{
    self as proto, authorities_server, certificates_server, event::What, events_server,
    issuance_server, load_certificate_request::By, profiles_server, revoking_server, status_server,
};
use ers_runtime::clock::{Clock as _, ManualClock};
use futures::{Stream, StreamExt as _, stream};
use prost_types::Timestamp;
use time::{OffsetDateTime, macros::datetime};
use tokio::sync::watch;
use tonic::{Code, Request, Response, Status, Streaming};

pub const ISSUER: &str = "sub";

#[derive(Clone)]
pub struct FakeCara(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    root: Certificate,
    key: PrivateKey,
    clock: Arc<ManualClock>,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    certificates: BTreeMap<String, (proto::IssueRequest, proto::Certificate)>,
    events: Vec<proto::Event>,
    failure: Option<(Code, String)>,
    lose_answers: bool,
    feed_down: bool,
    tell_all_again: bool,
    calls: usize,
}

impl FakeCara {
    pub fn new(clock: Arc<ManualClock>) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let name: Name = "CN=Test CA".parse().unwrap();
        let own = Issuer::self_signed(
            name.clone(),
            key.public_key().clone(),
            SignatureAlgorithm::Sha256WithEcdsa,
        )
        .unwrap();
        let wanted = Wanted {
            subject: name,
            ..Wanted::new(key.public_key().clone())
        };
        let profile = Profile::find_ready("root-ca").unwrap();
        let prepared = prepare(profile, &own, &wanted, serial(), clock.now()).unwrap();
        let signature = key
            .sign(SignatureAlgorithm::Sha256WithEcdsa, prepared.to_be_signed())
            .unwrap();
        let root = prepared.assemble(&signature).unwrap();
        let issuer = Issuer::new(root.clone(), SignatureAlgorithm::Sha256WithEcdsa).unwrap();
        Self(Arc::new(Inner {
            issuer,
            root,
            key,
            clock,
            state: Mutex::default(),
            changed: watch::Sender::new(0),
        }))
    }

    pub fn routes(&self) -> tonic::service::Routes {
        tonic::service::Routes::new(issuance_server::IssuanceServer::new(self.clone()))
            .add_service(revoking_server::RevokingServer::new(self.clone()))
            .add_service(certificates_server::CertificatesServer::new(self.clone()))
            .add_service(authorities_server::AuthoritiesServer::new(self.clone()))
            .add_service(profiles_server::ProfilesServer::new(self.clone()))
            .add_service(events_server::EventsServer::new(self.clone()))
            .add_service(status_server::StatusServer::new(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// From now on every request for a certificate fails so.
    pub fn fail(&self, code: Code, message: &str) {
        self.state().failure = Some((code, message.to_owned()));
    }

    pub fn recover(&self) {
        let mut state = self.state();
        state.failure = None;
        state.lose_answers = false;
    }

    /// From now on certificates are made and the answers lost.
    pub fn lose_answers(&self) {
        self.state().lose_answers = true;
    }

    /// Cuts the event feed, or lets it be subscribed to again.
    pub fn feed_down(&self, down: bool) {
        self.state().feed_down = down;
        self.0.changed.send_modify(|generation| *generation += 1);
    }

    /// From now on a subscription begins with the first event, whatever was asked for.
    pub fn tell_all_again(&self) {
        self.state().tell_all_again = true;
    }

    pub fn certificates(&self) -> Vec<proto::Certificate> {
        let state = self.state();
        state
            .certificates
            .values()
            .map(|(_, certificate)| certificate.clone())
            .collect()
    }

    /// What was asked under that request id.
    pub fn asked(&self, request_id: &str) -> proto::IssueRequest {
        self.state().certificates[request_id].0.clone()
    }

    /// How often a certificate was asked for.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    pub fn root(&self) -> &Certificate {
        &self.0.root
    }

    /// Issues as if somebody else had asked.
    pub fn issue_for_others(&self, request_id: &str, name: &str) -> proto::Certificate {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        self.make(proto::IssueRequest {
            request_id: request_id.to_owned(),
            issuer: ISSUER.to_owned(),
            profile: "tls-server".to_owned(),
            public_key: key.public_key().spki_der().to_vec(),
            subject_alternative_names: vec![name.to_owned()],
            ..Default::default()
        })
        .unwrap()
    }

    pub fn revoke_for_others(&self, serial: &str, reason: &str) {
        self.mark_revoked(serial, reason).unwrap();
    }

    /// An event that is about no certificate.
    pub fn publish_crl(&self) {
        let mut state = self.state();
        let what = What::CrlPublished(proto::CrlPublished {
            issuer: ISSUER.to_owned(),
            number: 1,
            ..Default::default()
        });
        self.tell(&mut state, what);
    }

    fn tell(&self, state: &mut State, what: What) {
        let sequence = state.events.len() as u64 * 2 + 1; // with gaps, as numbers in databases have
        let at = Some(timestamp(self.0.clock.now()));
        state.events.push(proto::Event {
            sequence,
            at,
            what: Some(what),
        });
        self.0.changed.send_modify(|generation| *generation += 1);
    }

    fn make(&self, request: proto::IssueRequest) -> Result<proto::Certificate, Status> {
        let mut state = self.state();
        if let Some((before, certificate)) = state.certificates.get(&request.request_id) {
            return if *before == request {
                Ok(certificate.clone())
            } else {
                Err(Status::already_exists(
                    "request_id: used with other content",
                ))
            };
        }
        let certificate = self.sign(&request)?;
        let made = proto::Certificate {
            issuer: ISSUER.to_owned(),
            serial: certificate.serial().to_hex(),
            der: certificate.der().to_vec(),
            profile: request.profile.clone(),
            request_id: request.request_id.clone(),
            origin: request.origin.clone(),
            issued_at: Some(timestamp(self.0.clock.now())),
            not_before: Some(timestamp(certificate.not_before())),
            not_after: Some(timestamp(certificate.not_after())),
            state: proto::CertificateState::Valid.into(),
            revocation: None,
            adopted: false,
            profile_version: 0,
        };
        state
            .certificates
            .insert(request.request_id.clone(), (request, made.clone()));
        self.tell(&mut state, What::Issued(made.clone()));
        Ok(made)
    }

    fn sign(&self, request: &proto::IssueRequest) -> Result<Certificate, Status> {
        if request.issuer != ISSUER {
            return Err(Status::not_found("issuer: there is no such CA"));
        }
        let profile = Profile::find_ready(&request.profile)
            .ok_or_else(|| Status::not_found("profile: there is no such profile"))?;
        let wanted = Wanted {
            subject: match request.subject.as_slice() {
                [] => Name::empty(),
                der => Name::from_der(der).unwrap(),
            },
            names: request
                .subject_alternative_names
                .iter()
                .map(|name| name.parse().unwrap())
                .collect(),
            not_before: request
                .not_before
                .map(|at| OffsetDateTime::from_unix_timestamp(at.seconds).unwrap()),
            validity: request
                .validity
                .map(|validity| time::Duration::seconds(validity.seconds)),
            ..Wanted::new(PublicKey::from_spki_der(&request.public_key).unwrap())
        };
        let now = self.0.clock.now();
        let prepared =
            prepare(profile, &self.0.issuer, &wanted, serial(), now).map_err(|error| {
                Status::invalid_argument(format!("{}: {error}", error.field().unwrap_or("lint")))
            })?;
        let algorithm = prepared.signature_algorithm();
        let signature = self.0.key.sign(algorithm, prepared.to_be_signed()).unwrap();
        Ok(prepared.assemble(&signature).unwrap())
    }

    fn mark_revoked(
        &self,
        serial: &str,
        reason: &str,
    ) -> Result<(proto::Certificate, bool), Status> {
        let mut state = self.state();
        let found = state
            .certificates
            .values_mut()
            .find(|(_, certificate)| certificate.serial == serial)
            .ok_or_else(|| Status::not_found("serial: there is no such certificate"))?;
        if found.1.revocation.is_some() {
            return Ok((found.1.clone(), true));
        }
        found.1.state = proto::CertificateState::Revoked.into();
        found.1.revocation = Some(proto::Revocation {
            at: Some(timestamp(self.0.clock.now())),
            reason: reason.to_owned(),
            requester: String::new(),
            ..proto::Revocation::default()
        });
        let revoked = found.1.clone();
        self.tell(&mut state, What::Revoked(revoked.clone()));
        Ok((revoked, false))
    }
}

fn serial() -> SerialNumber {
    let mut random = [0; 20];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    SerialNumber::from_random(random).unwrap()
}

fn timestamp(time: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos: 0,
    }
}

#[tonic::async_trait]
impl issuance_server::Issuance for FakeCara {
    async fn issue(
        &self,
        request: Request<proto::IssueRequest>,
    ) -> Result<Response<proto::IssueResponse>, Status> {
        self.state().calls += 1;
        if let Some((code, message)) = self.state().failure.clone() {
            return Err(Status::new(code, message));
        }
        let certificate = self.make(request.into_inner())?;
        if self.state().lose_answers {
            return Err(Status::unavailable("the answer was lost"));
        }
        Ok(Response::new(proto::IssueResponse {
            certificate: Some(certificate),
            chain: vec![],
            findings: vec![],
        }))
    }

    type IssueEachStream = ers_calls::Answers<proto::IssueAnswer>;

    /// As a CARA of an earlier release: then each is asked by a call of its own.
    async fn issue_each(
        &self,
        _: Request<Streaming<proto::IssueQuestion>>,
    ) -> Result<Response<Self::IssueEachStream>, Status> {
        Err(Status::unimplemented("no such call"))
    }
}

#[tonic::async_trait]
impl revoking_server::Revoking for FakeCara {
    async fn revoke(
        &self,
        request: Request<proto::RevokeRequest>,
    ) -> Result<Response<proto::RevokeResponse>, Status> {
        let request = request.into_inner();
        let (certificate, already_revoked) = self.mark_revoked(&request.serial, &request.reason)?;
        Ok(Response::new(proto::RevokeResponse {
            certificate: Some(certificate),
            already_revoked,
            siblings: vec![],
        }))
    }

    async fn release(
        &self,
        _: Request<proto::ReleaseRequest>,
    ) -> Result<Response<proto::ReleaseResponse>, Status> {
        Err(not_ours())
    }

    type RevokeManyStream = ers_calls::Answers<proto::RevokeManyProgress>;

    async fn revoke_many(
        &self,
        _: Request<proto::RevokeManyRequest>,
    ) -> Result<Response<Self::RevokeManyStream>, Status> {
        Err(not_ours())
    }

    async fn revoke_by_proof(
        &self,
        _: Request<proto::RevokeByProofRequest>,
    ) -> Result<Response<proto::RevokeResponse>, Status> {
        Err(not_ours())
    }

    async fn block_key(
        &self,
        _: Request<proto::BlockKeyRequest>,
    ) -> Result<Response<proto::BlockKeyResponse>, Status> {
        Err(not_ours())
    }

    async fn unblock_key(
        &self,
        _: Request<proto::UnblockKeyRequest>,
    ) -> Result<Response<proto::UnblockKeyResponse>, Status> {
        Err(not_ours())
    }

    async fn publish_crls(
        &self,
        _: Request<proto::PublishCrlsRequest>,
    ) -> Result<Response<proto::PublishCrlsResponse>, Status> {
        Err(not_ours())
    }
}

#[tonic::async_trait]
impl certificates_server::Certificates for FakeCara {
    async fn load(
        &self,
        request: Request<proto::LoadCertificateRequest>,
    ) -> Result<Response<proto::Certificate>, Status> {
        let by = request.into_inner().by.unwrap();
        let found = self
            .certificates()
            .into_iter()
            .find(|certificate| match &by {
                By::RequestId(id) => certificate.request_id == *id,
                By::IssuerAndSerial(by) => certificate.serial == by.serial,
                By::Fingerprint(fingerprint) => {
                    let read = Certificate::from_der(&certificate.der).unwrap();
                    read.fingerprint().as_slice() == fingerprint
                }
            });
        found
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such certificate"))
    }

    async fn list(
        &self,
        _: Request<proto::ListCertificatesRequest>,
    ) -> Result<Response<proto::ListCertificatesResponse>, Status> {
        Err(Status::unimplemented("CLM does not list"))
    }

    async fn search(
        &self,
        _: Request<proto::SearchCertificatesRequest>,
    ) -> Result<Response<proto::SearchCertificatesResponse>, Status> {
        Err(Status::unimplemented("the fake has nothing to search"))
    }
}

#[tonic::async_trait]
impl authorities_server::Authorities for FakeCara {
    async fn create(
        &self,
        _: Request<proto::CreateAuthorityRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(Status::unimplemented("CLM makes no CAs"))
    }

    async fn load(
        &self,
        request: Request<proto::LoadAuthorityRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        if request.get_ref().name != ISSUER {
            return Err(Status::not_found("name: there is no such CA"));
        }
        Ok(Response::new(proto::Authority {
            name: ISSUER.to_owned(),
            certificate: self.0.root.der().to_vec(),
            ..Default::default()
        }))
    }

    async fn list(
        &self,
        _: Request<proto::ListAuthoritiesRequest>,
    ) -> Result<Response<proto::ListAuthoritiesResponse>, Status> {
        let root = &self.0.root;
        let listed = |name: &str| proto::Authority {
            name: name.to_owned(),
            subject: root.subject().to_string(),
            certificate: root.der().to_vec(),
            state: proto::AuthorityState::Active.into(),
            key_algorithm: "P-256".to_owned(),
            not_before: Some(timestamp(root.not_before())),
            not_after: Some(timestamp(root.not_after())),
            ..Default::default()
        };
        Ok(Response::new(proto::ListAuthoritiesResponse {
            authorities: vec![listed("unused-ca"), listed(ISSUER)],
        }))
    }

    async fn update(
        &self,
        _: Request<proto::UpdateAuthorityRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn renew(
        &self,
        _: Request<proto::RenewAuthorityRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn roll_over(
        &self,
        _: Request<proto::RollOverRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn switch(
        &self,
        _: Request<proto::SwitchGenerationRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn change_state(
        &self,
        _: Request<proto::ChangeAuthorityStateRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn import_certificate(
        &self,
        _: Request<proto::ImportCertificateRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn import_cross_certificate(
        &self,
        _: Request<proto::ImportCertificateRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn add_external(
        &self,
        _: Request<proto::AddExternalRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn import_crl(
        &self,
        _: Request<proto::ImportCrlRequest>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn import_long_crl(
        &self,
        _: Request<tonic::Streaming<proto::ImportLongCrlRequest>>,
    ) -> Result<Response<proto::Authority>, Status> {
        Err(not_ours())
    }

    async fn cross_sign(
        &self,
        _: Request<proto::CrossSignRequest>,
    ) -> Result<Response<proto::CrossSignResponse>, Status> {
        Err(not_ours())
    }
}

fn not_ours() -> Status {
    Status::unimplemented("CLM does not call this")
}

#[tonic::async_trait]
impl profiles_server::Profiles for FakeCara {
    async fn list(
        &self,
        _: Request<proto::ListProfilesRequest>,
    ) -> Result<Response<proto::ListProfilesResponse>, Status> {
        let profiles = Profile::ready()
            .iter()
            .map(|profile| proto::Profile {
                name: profile.name.clone(),
                definition: serde_json::to_string(profile).unwrap(),
                ..Default::default()
            })
            .collect();
        Ok(Response::new(proto::ListProfilesResponse { profiles }))
    }

    async fn load(
        &self,
        _: Request<proto::LoadProfileRequest>,
    ) -> Result<Response<proto::Profile>, Status> {
        Err(not_ours())
    }

    async fn put(
        &self,
        _: Request<proto::PutProfileRequest>,
    ) -> Result<Response<proto::PutProfileResponse>, Status> {
        Err(not_ours())
    }

    async fn rehearse(
        &self,
        _: Request<proto::RehearseProfileRequest>,
    ) -> Result<Response<proto::RehearseProfileResponse>, Status> {
        Err(not_ours())
    }

    async fn delete(
        &self,
        _: Request<proto::DeleteProfileRequest>,
    ) -> Result<Response<proto::DeleteProfileResponse>, Status> {
        Err(not_ours())
    }
}

#[tonic::async_trait]
impl events_server::Events for FakeCara {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<proto::Event, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<proto::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        if self.state().feed_down {
            return Err(Status::unavailable("the feed is down"));
        }
        let from = if self.state().tell_all_again {
            0
        } else {
            request.get_ref().from_sequence
        };
        let cursor = (self.clone(), self.0.changed.subscribe(), from);
        let events = stream::unfold(cursor, |(cara, mut changed, mut next)| async move {
            loop {
                changed.borrow_and_update();
                let (down, found) = {
                    let state = cara.state();
                    let found = state.events.iter().find(|event| event.sequence >= next);
                    (state.feed_down, found.cloned())
                };
                if down {
                    return None;
                }
                if let Some(event) = found {
                    next = event.sequence + 1;
                    return Some((Ok(event), (cara, changed, next)));
                }
                changed.changed().await.ok()?;
            }
        });
        Ok(Response::new(events.boxed()))
    }
}

/// What the fake has for a CRL; what it says is for others to test.
pub const CRL: &[u8] = b"a CRL";

#[tonic::async_trait]
impl status_server::Status for FakeCara {
    async fn list_responders(
        &self,
        _: Request<proto::ListRespondersRequest>,
    ) -> Result<Response<proto::ListRespondersResponse>, Status> {
        Err(not_ours())
    }

    async fn find(
        &self,
        _: Request<proto::FindStatusRequest>,
    ) -> Result<Response<proto::FindStatusResponse>, Status> {
        Err(not_ours())
    }

    async fn load_crl(
        &self,
        request: Request<proto::LoadCrlRequest>,
    ) -> Result<Response<proto::Crl>, Status> {
        let request = request.into_inner();
        if request.issuer != ISSUER || request.generation != 1 {
            return Err(Status::not_found("issuer: there is no such CRL"));
        }
        Ok(Response::new(proto::Crl {
            der: CRL.to_vec(),
            ..Default::default()
        }))
    }

    type ReadCrlStream = ers_calls::Answers<proto::CrlPart>;

    async fn read_crl(
        &self,
        _: Request<proto::ReadCrlRequest>,
    ) -> Result<Response<Self::ReadCrlStream>, Status> {
        Err(not_ours())
    }

    async fn list_crls(
        &self,
        request: Request<proto::ListCrlsRequest>,
    ) -> Result<Response<proto::ListCrlsResponse>, Status> {
        let issuer = request.into_inner().issuer;
        if issuer != ISSUER {
            return Ok(Response::new(proto::ListCrlsResponse::default()));
        }
        let crl = proto::CrlInfo {
            name: issuer.clone(),
            issuer,
            number: 7,
            this_update: Some(timestamp(datetime!(2026-11-22 06:00 UTC))),
            next_update: Some(timestamp(datetime!(2026-11-23 06:00 UTC))),
            ..Default::default()
        };
        Ok(Response::new(proto::ListCrlsResponse { crls: vec![crl] }))
    }
}
