//! `Enrollment`: the one door for certificates. Each edge may only speak its own protocol.

use std::sync::Arc;

use ers_calls::{Answers, answer_each};
use ers_proto::clm::v1::{
    self as proto, enrollment_server::Enrollment as Service, revoke_certificate_request::By,
};
use ers_runtime::{
    error::status,
    grpc::{Caller, caller, turn},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;
use zeroize::Zeroizing;

use super::{
    read::{duration_of, optional, required, time_of, wrong},
    write, write_edge,
};
use crate::{
    domain::{id::AccountKeyId, protocol::Protocol},
    flows::{
        Actor, Authenticate, Credential, Enroll, Flows, KeySource, Naming, Revoke, SealedKey,
        SharedSecretOf, Which,
    },
};

/// Who may ask for certificates.
const ENROLLERS: [&str; 7] = [
    "acme",
    "est",
    "cmp",
    "scep",
    "aec",
    "operator",
    "administrator",
];
const ADMINISTRATOR: &str = "administrator";
const MOST_NAMES: usize = 1000;
const LONGEST_NAME: usize = 2048;
const LONGEST_METHOD: usize = 64;
const LONGEST_SEALED_KEY: usize = 16 * 1024;
const LONGEST_ADDRESS: usize = 64;
const LONGEST_TRANSACTION_ID: usize = 255;
const LONGEST_PASSWORD: usize = 1024;
const MOST_CHAIN: usize = 16;

/// Questions of one stream at the same time; who asks for more certificates than may be is told so sooner.
const AT_ONCE: usize = 4096;

#[derive(Clone)]
pub(super) struct Enrollment {
    flows: Arc<Flows>,
    /// Cancelled when no more is to be begun.
    stop: CancellationToken,
}

impl Enrollment {
    pub(super) fn new(flows: Arc<Flows>, stop: CancellationToken) -> Self {
        Self { flows, stop }
    }

    async fn enroll_for(
        &self,
        caller: &Caller,
        message: proto::EnrollRequest,
    ) -> Result<proto::EnrollResponse, Status> {
        caller.require(&ENROLLERS)?;
        let call = read_enroll(caller, message)?;
        let outcome = self.flows.enroll(&call).await.map_err(status)?;
        Ok(write::outcome(outcome))
    }

    async fn authenticate_for(
        &self,
        caller: &Caller,
        message: proto::AuthenticateRequest,
    ) -> Result<proto::AuthenticateResponse, Status> {
        caller.require(&["est", "cmp", "scep"])?;
        let call = read_authenticate(caller, message)?;
        let answer = self.flows.authenticate(&call).await.map_err(status)?;
        Ok(write_edge::answer(answer))
    }

    async fn load_shared_secret_for(
        &self,
        caller: &Caller,
        message: proto::LoadSharedSecretRequest,
    ) -> Result<proto::SharedSecret, Status> {
        caller.require(&["cmp"])?;
        let asked = SharedSecretOf {
            client: caller.name(),
            protocol: protocol_of(caller, &message.protocol)?,
            policy: optional("policy", &message.policy)?,
            reference: &message.reference,
            address: &message.address,
        };
        let secret = self
            .flows
            .load_shared_secret(&asked)
            .await
            .map_err(status)?;
        Ok(write_edge::shared_secret(secret))
    }

    async fn answer(
        &self,
        caller: &Caller,
        question: proto::EnrollmentQuestion,
    ) -> proto::EnrollmentAnswer {
        use proto::{enrollment_answer::Answer, enrollment_question::Question};
        let answer = match question.question {
            Some(Question::Enroll(message)) => {
                let enrolled = self.enroll_for(caller, message).await;
                enrolled.map(Answer::Enrolled)
            }
            Some(Question::Authenticate(message)) => {
                let authenticated = self.authenticate_for(caller, message).await;
                authenticated.map(Answer::Authenticated)
            }
            Some(Question::LoadSharedSecret(message)) => {
                let secret = self.load_shared_secret_for(caller, message).await;
                secret.map(Answer::SharedSecret)
            }
            None => Err(Status::invalid_argument("question: is required")),
        };
        proto::EnrollmentAnswer {
            number: question.number,
            answer: Some(answer.unwrap_or_else(|status| {
                Answer::Failure(proto::CallFailure {
                    code: status.code().into(),
                    message: status.message().to_owned(),
                })
            })),
        }
    }
}

#[tonic::async_trait]
impl Service for Enrollment {
    async fn enroll(
        &self,
        request: Request<proto::EnrollRequest>,
    ) -> Result<Response<proto::EnrollResponse>, Status> {
        let caller = caller(&request)?;
        let enrolled = self.enroll_for(&caller, request.into_inner()).await?;
        Ok(Response::new(enrolled))
    }

    type AskEachStream = Answers<proto::EnrollmentAnswer>;

    async fn ask_each(
        &self,
        request: Request<Streaming<proto::EnrollmentQuestion>>,
    ) -> Result<Response<Self::AskEachStream>, Status> {
        let caller = enroller(&request)?;
        let turn = turn(&request, &self.stop);
        let service = self.clone();
        let handle = move |question: proto::EnrollmentQuestion| {
            let (service, caller) = (service.clone(), caller.clone());
            let span = tracing::info_span!("rpc", otel.name = "rpc.ers.clm.v1.Enrollment.AskEach");
            ers_calls::trace::follow(&span, &question.traceparent);
            async move { service.answer(&caller, question).await }.instrument(span)
        };
        let answers = answer_each(request.into_inner(), AT_ONCE, turn, handle);
        Ok(Response::new(answers))
    }

    async fn find_outcome(
        &self,
        request: Request<proto::FindOutcomeRequest>,
    ) -> Result<Response<proto::EnrollResponse>, Status> {
        enroller(&request)?;
        let id = required("request_id", &request.get_ref().request_id)?;
        let outcome = self.flows.find_outcome(&id).await.map_err(status)?;
        Ok(Response::new(write::outcome(outcome)))
    }

    async fn revoke(
        &self,
        request: Request<proto::RevokeCertificateRequest>,
    ) -> Result<Response<proto::RevokeCertificateResponse>, Status> {
        let caller = enroller(&request)?;
        let call = read_revoke(&caller, request.into_inner())?;
        let already_revoked = self.flows.revoke(&call).await.map_err(status)?;
        Ok(Response::new(proto::RevokeCertificateResponse {
            already_revoked,
        }))
    }

    async fn load_policy(
        &self,
        request: Request<proto::LoadPolicyRequest>,
    ) -> Result<Response<proto::EdgePolicy>, Status> {
        let caller = enroller(&request)?;
        let message = request.into_inner();
        let protocol = protocol_of(&caller, &message.protocol)?;
        let name = optional("policy", &message.policy)?;
        let policy = self
            .flows
            .load_edge_policy(name.as_ref(), caller.name(), protocol)
            .await
            .map_err(status)?;
        Ok(Response::new(write_edge::edge_policy(&policy)))
    }

    async fn load_external_account_key(
        &self,
        request: Request<proto::LoadExternalAccountKeyRequest>,
    ) -> Result<Response<proto::ExternalAccountKey>, Status> {
        caller(&request)?.require(&["acme"])?;
        let unknown = || Status::not_found("key_id: there is no such external account key");
        // What is no key id of ours is an unknown one: it comes from whoever wants an account.
        let id: AccountKeyId = request.get_ref().key_id.parse().map_err(|_| unknown())?;
        let key = self
            .flows
            .find_external_account_key(&id)
            .await
            .map_err(status)?
            .ok_or_else(unknown)?;
        Ok(Response::new(proto::ExternalAccountKey {
            key_id: key.key_id.to_string(),
            sealed_key: key.sealed_key,
            policy: key.policy.to_string(),
            end_entity: key
                .end_entity
                .map(|name| name.to_string())
                .unwrap_or_default(),
            expires_at: key.expires_at_ms.map(write::timestamp_ms),
        }))
    }

    async fn authenticate(
        &self,
        request: Request<proto::AuthenticateRequest>,
    ) -> Result<Response<proto::AuthenticateResponse>, Status> {
        let caller = caller(&request)?;
        let answer = self.authenticate_for(&caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn load_shared_secret(
        &self,
        request: Request<proto::LoadSharedSecretRequest>,
    ) -> Result<Response<proto::SharedSecret>, Status> {
        let caller = caller(&request)?;
        let secret = self.load_shared_secret_for(&caller, request.into_inner());
        Ok(Response::new(secret.await?))
    }

    async fn report_attempt(
        &self,
        request: Request<proto::ReportAttemptRequest>,
    ) -> Result<Response<proto::ReportAttemptResponse>, Status> {
        let caller = caller(&request)?;
        caller.require(&["cmp"])?;
        let message = request.into_inner();
        let asked = SharedSecretOf {
            client: caller.name(),
            protocol: protocol_of(&caller, &message.protocol)?,
            policy: optional("policy", &message.policy)?,
            reference: &message.end_entity,
            address: &message.address,
        };
        self.flows
            .report_attempt(&asked, message.succeeded)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::ReportAttemptResponse {}))
    }

    async fn find_certificate(
        &self,
        request: Request<proto::FindCertificateRequest>,
    ) -> Result<Response<proto::KnownCertificate>, Status> {
        use proto::find_certificate_request::By;
        enroller(&request)?;
        let naming = match request.into_inner().by {
            Some(By::Certificate(der)) => Naming::Certificate(der),
            Some(By::Fingerprint(text)) => Naming::Fingerprint(text),
            Some(By::IssuerNameAndSerial(by)) => Naming::IssuerAndSerial {
                issuer: by.issuer_name,
                serial: by.serial,
            },
            None => return Err(Status::invalid_argument("by: is required")),
        };
        let known = self
            .flows
            .find_known_certificate(&naming)
            .await
            .map_err(status)?;
        Ok(Response::new(write_edge::known_certificate(
            known,
            self.flows.clock.now_ms(),
        )))
    }

    async fn load_crl(
        &self,
        request: Request<proto::LoadCrlRequest>,
    ) -> Result<Response<proto::LoadCrlResponse>, Status> {
        let caller = enroller(&request)?;
        let message = request.into_inner();
        let protocol = protocol_of(&caller, &message.protocol)?;
        let name = optional("policy", &message.policy)?;
        let crl = self
            .flows
            .load_crl(name.as_ref(), caller.name(), protocol)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::LoadCrlResponse { crl }))
    }

    async fn suggest_renewal(
        &self,
        request: Request<proto::SuggestRenewalRequest>,
    ) -> Result<Response<proto::RenewalWindow>, Status> {
        use proto::suggest_renewal_request::By;
        enroller(&request)?;
        let naming = match request.into_inner().by {
            Some(By::Certificate(der)) => Naming::Certificate(der),
            Some(By::KeyIdentifierAndSerial(by)) => Naming::KeyAndSerial {
                key: by.authority_key_identifier,
                serial: by.serial,
            },
            None => return Err(Status::invalid_argument("by: is required")),
        };
        let suggestion = self.flows.suggest_renewal(&naming).await.map_err(status)?;
        Ok(Response::new(write_edge::renewal_window(suggestion)))
    }
}

fn enroller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = caller(request)?;
    caller.require(&ENROLLERS)?;
    Ok(caller)
}

/// The protocol, which must be one that the caller speaks.
fn protocol_of(caller: &Caller, text: &str) -> Result<Protocol, Status> {
    let protocol: Protocol = required("protocol", text)?;
    if Protocol::of_caller(caller.name()).contains(&protocol) {
        return Ok(protocol);
    }
    tracing::warn!(target: "audit", caller = caller.name(), %protocol, "protocol refused");
    Err(Status::permission_denied(format!(
        "protocol: {caller} does not speak {protocol}"
    )))
}

fn read_enroll(caller: &Caller, message: proto::EnrollRequest) -> Result<Enroll, Status> {
    let key = match (message.csr.is_empty(), message.public_key.is_empty()) {
        (false, true) => KeySource::Csr(message.csr),
        (true, false) => KeySource::PublicKey(message.public_key),
        _ => {
            return Err(Status::invalid_argument(
                "csr: either this or public_key is required",
            ));
        }
    };
    let sealed_key = read_sealed_key(caller, &key, message.sealed_key)?;
    let names = message.subject_alternative_names;
    if names.len() > MOST_NAMES || names.iter().any(|name| name.len() > LONGEST_NAME) {
        let problem = format!("at most {MOST_NAMES} names of at most {LONGEST_NAME} octets");
        return Err(wrong("subject_alternative_names", problem));
    }
    if message.authenticated_by.len() > LONGEST_METHOD {
        return Err(wrong(
            "authenticated_by",
            format!("at most {LONGEST_METHOD} octets"),
        ));
    }
    Ok(Enroll {
        request_id: required("request_id", &message.request_id)?,
        client: caller.name().to_owned(),
        protocol: protocol_of(caller, &message.protocol)?,
        policy: optional("policy", &message.policy)?,
        requester: required("requester", &message.requester)?,
        end_entity: optional("end_entity", &message.end_entity)?,
        key,
        sealed_key,
        subject: Some(message.subject).filter(|der| !der.is_empty()),
        names,
        not_before: time_of("not_before", message.not_before)?,
        validity: duration_of(message.validity),
        names_proven: message.names_proven,
        renews: Some(message.renews).filter(|der| !der.is_empty()),
        authenticated_by: message.authenticated_by,
    })
}

/// The private half of a key that the caller had made for its client.
fn read_sealed_key(
    caller: &Caller,
    key: &KeySource,
    sealed: Vec<u8>,
) -> Result<Option<SealedKey>, Status> {
    if sealed.is_empty() {
        return Ok(None);
    }
    caller.require(&["est", "cmp"])?;
    if !matches!(key, KeySource::PublicKey(_)) {
        return Err(wrong("sealed_key", "only with public_key"));
    }
    if sealed.len() > LONGEST_SEALED_KEY {
        let problem = format!("at most {LONGEST_SEALED_KEY} octets");
        return Err(wrong("sealed_key", problem));
    }
    Ok(Some(SealedKey(sealed)))
}

fn read_authenticate(
    caller: &Caller,
    message: proto::AuthenticateRequest,
) -> Result<Authenticate, Status> {
    use proto::authenticate_request::Credential as Shown;
    let credential = match message.credential {
        Some(Shown::Password(shown)) => Credential::Password {
            end_entity: shown.end_entity,
            password: Zeroizing::new(shown.password),
        },
        Some(Shown::Certificate(der)) => Credential::Certificate(der),
        Some(Shown::Challenge(text)) => Credential::Challenge(Zeroizing::new(text)),
        None => return Err(Status::invalid_argument("credential: is required")),
    };
    if let Credential::Password { password, .. } = &credential
        && password.len() > LONGEST_PASSWORD
    {
        return Err(wrong(
            "password",
            format!("at most {LONGEST_PASSWORD} octets"),
        ));
    }
    for (field, text, longest) in [
        ("address", &message.address, LONGEST_ADDRESS),
        (
            "transaction_id",
            &message.transaction_id,
            LONGEST_TRANSACTION_ID,
        ),
    ] {
        if text.len() > longest || text.chars().any(char::is_control) {
            let problem = format!("at most {longest} octets without control characters");
            return Err(wrong(field, problem));
        }
    }
    if message.chain.len() > MOST_CHAIN {
        return Err(wrong("chain", format!("at most {MOST_CHAIN} certificates")));
    }
    Ok(Authenticate {
        client: caller.name().to_owned(),
        protocol: protocol_of(caller, &message.protocol)?,
        policy: optional("policy", &message.policy)?,
        address: message.address,
        credential,
        chain: message.chain,
        csr: message.csr,
        transaction_id: message.transaction_id,
    })
}

fn read_revoke(
    caller: &Caller,
    message: proto::RevokeCertificateRequest,
) -> Result<Revoke, Status> {
    let which = match message.by {
        Some(By::Certificate(der)) => Which::Certificate(der),
        Some(By::IssuerAndSerial(by)) => Which::IssuerAndSerial {
            issuer: by.issuer,
            serial: by.serial,
        },
        None => return Err(Status::invalid_argument("by: is required")),
    };
    let requester = message.requester;
    Ok(Revoke {
        which,
        reason: message.reason,
        administrator: (caller.name() == ADMINISTRATOR).then(|| Actor::named(requester.as_str())),
        requester: required("requester", &requester)?,
    })
}
