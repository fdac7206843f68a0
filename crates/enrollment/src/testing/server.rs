//! The calls, as CLM answers them.

use std::time::Duration;

use ers_pki::ExtendedKeyUsage;
use ers_pki::certificate::Certificate;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::enrollment_server::Enrollment;
use ers_proto::clm::v1::find_certificate_request::By;
use ers_signer_client::Signer as _;
use tonic::{Request, Response, Status, Streaming};

use super::answers::{requester, standing};
use super::{FakeClm, Mode};
use crate::policy::SYSTEM;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Enrollment for FakeClm {
    async fn enroll(&self, request: Request<wire::EnrollRequest>) -> Answer<wire::EnrollResponse> {
        let request = request.into_inner();
        self.is_up()?;
        let mode = self.0.inner.lock().mode.clone();
        if mode == Mode::IssueSlowly {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        if mode == Mode::Invalid {
            return Err(Status::invalid_argument("csr: the story wants it so"));
        }
        let mut inner = self.0.inner.lock();
        let content = (request.csr.clone(), request.public_key.clone());
        let mut before = inner.asked.iter();
        let is_other = before.any(|asked| {
            asked.request_id == request.request_id
                && (&asked.csr, &asked.public_key) != (&content.0, &content.1)
        });
        inner.asked.push(request.clone());
        if let Some(known) = inner.outcomes.get(&request.request_id) {
            if is_other {
                let text = "request_id: enroll: it was used for another request";
                return Err(Status::invalid_argument(text));
            }
            return Ok(Response::new(known.clone()));
        }
        let mode = match request.protocol.as_str() {
            SYSTEM => Mode::Issue,
            _ => mode,
        };
        let outcome = self.outcome(&mut inner, &mode, &request);
        inner.outcomes.insert(request.request_id, outcome.clone());
        if mode == Mode::LoseAnswer {
            return Err(Status::unavailable("connection lost"));
        }
        Ok(Response::new(outcome))
    }

    type AskEachStream = ers_calls::Answers<wire::EnrollmentAnswer>;

    /// As of a release that knows no streams: calls of their own must do.
    async fn ask_each(
        &self,
        _: Request<Streaming<wire::EnrollmentQuestion>>,
    ) -> Answer<Self::AskEachStream> {
        Err(Status::unimplemented("no streams"))
    }

    async fn find_outcome(
        &self,
        request: Request<wire::FindOutcomeRequest>,
    ) -> Answer<wire::EnrollResponse> {
        self.is_up()?;
        let request_id = request.into_inner().request_id;
        let found = self.0.inner.lock().outcomes.get(&request_id).cloned();
        found
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such request"))
    }

    async fn revoke(
        &self,
        request: Request<wire::RevokeCertificateRequest>,
    ) -> Answer<wire::RevokeCertificateResponse> {
        self.is_up()?;
        let request = request.into_inner();
        let Some(wire::revoke_certificate_request::By::Certificate(der)) = request.by.clone()
        else {
            return Err(Status::invalid_argument("by: a certificate is wanted"));
        };
        let certificate = Certificate::from_der(&der).unwrap();
        if certificate.verify_signed_by(self.root()).is_err() {
            return Err(Status::not_found("no such certificate"));
        }
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
        self.is_up()?;
        let wire::LoadPolicyRequest { policy, protocol } = request.into_inner();
        let no_such = || Status::not_found("no such policy");
        let inner = self.0.inner.lock();
        let mut found = if protocol == SYSTEM {
            let mut own = self.0.setup.own.iter();
            let (name, _) = own.find(|(name, _)| *name == policy).ok_or_else(no_such)?;
            wire::EdgePolicy {
                name: (*name).to_owned(),
                ..wire::EdgePolicy::default()
            }
        } else if self.0.setup.not_for_us.contains(&policy.as_str()) {
            return Err(Status::failed_precondition("the policy is not for this"));
        } else if policy.is_empty() {
            inner.policies.first().ok_or_else(no_such)?.clone()
        } else {
            let mut all = inner.policies.iter();
            let found = all.find(|found| found.name == policy);
            found.ok_or_else(no_such)?.clone()
        };
        if found.realm.is_empty() {
            "default".clone_into(&mut found.realm);
        }
        if found.issuer.is_empty() {
            "fake".clone_into(&mut found.issuer);
        }
        if found.ca_chain.is_empty() {
            found.ca_chain = vec![self.root().der().to_vec()];
        }
        Ok(Response::new(found))
    }

    async fn load_external_account_key(
        &self,
        request: Request<wire::LoadExternalAccountKeyRequest>,
    ) -> Answer<wire::ExternalAccountKey> {
        let key_id = request.into_inner().key_id;
        let found = self.0.inner.lock().external.get(&key_id).cloned();
        found
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such key"))
    }

    async fn authenticate(
        &self,
        request: Request<wire::AuthenticateRequest>,
    ) -> Answer<wire::AuthenticateResponse> {
        self.is_up()?;
        let request = request.into_inner();
        let mut inner = self.0.inner.lock();
        inner.questions.push(request.clone());
        let Some(credential) = request.credential else {
            return Err(Status::invalid_argument("credential: must be shown"));
        };
        Ok(Response::new(self.judge(&mut inner, credential)))
    }

    async fn load_shared_secret(
        &self,
        request: Request<wire::LoadSharedSecretRequest>,
    ) -> Answer<wire::SharedSecret> {
        self.is_up()?;
        let name = request.into_inner().reference;
        let (found, nothing_counted) = {
            let mut inner = self.0.inner.lock();
            inner.secrets_loaded += 1;
            if inner.locked {
                return Err(Status::resource_exhausted("too many wrong ones"));
            }
            let last = inner.attempts.iter().rev().find(|(who, _)| *who == name);
            let nothing_counted = last.is_none_or(|(_, succeeded)| *succeeded);
            (inner.secrets.get(&name).cloned(), nothing_counted)
        };
        let (secret, is_authority) =
            found.ok_or_else(|| Status::not_found("no such end entity"))?;
        let sealed = self.0.signer.seal("clm/shared-secret", &secret).await;
        Ok(Response::new(wire::SharedSecret {
            sealed: sealed.unwrap(),
            requester: requester(&name),
            standing: standing(is_authority).into(),
            end_entity: name,
            nothing_counted,
        }))
    }

    async fn report_attempt(
        &self,
        request: Request<wire::ReportAttemptRequest>,
    ) -> Answer<wire::ReportAttemptResponse> {
        let request = request.into_inner();
        let attempt = (request.end_entity, request.succeeded);
        self.0.inner.lock().attempts.push(attempt);
        Ok(Response::new(wire::ReportAttemptResponse {}))
    }

    async fn find_certificate(
        &self,
        request: Request<wire::FindCertificateRequest>,
    ) -> Answer<wire::KnownCertificate> {
        let by = request.into_inner().by;
        let is_meant = |found: &Certificate| match &by {
            Some(By::IssuerNameAndSerial(by)) => {
                found.issuer().to_der() == by.issuer_name && found.serial().to_hex() == by.serial
            }
            Some(By::Fingerprint(wanted)) => hex::encode(found.fingerprint()) == *wanted,
            Some(By::Certificate(der)) => found.der() == der,
            _ => false,
        };
        let inner = self.0.inner.lock();
        let mut issued = inner.issued.iter();
        let (found, request) = issued
            .find(|(found, _)| is_meant(found))
            .ok_or_else(|| Status::not_found("no such certificate"))?;
        let is_revoked = inner.revoked.contains_key(found.der());
        // those of the edge itself are of another realm
        let is_own = found.has_extended_key_usage(ExtendedKeyUsage::CMC_RA);
        Ok(Response::new(wire::KnownCertificate {
            certificate: found.der().to_vec(),
            chain: vec![self.root().der().to_vec()],
            state: if is_revoked { "revoked" } else { "valid" }.to_owned(),
            realm: if is_own { SYSTEM } else { "default" }.to_owned(),
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
        request: Request<wire::SuggestRenewalRequest>,
    ) -> Answer<wire::RenewalWindow> {
        use wire::suggest_renewal_request::By;
        self.is_up()?;
        let Some(By::KeyIdentifierAndSerial(by)) = request.into_inner().by else {
            return Err(Status::invalid_argument("by: key identifier and serial"));
        };
        let ours = self.root().subject_key_identifier();
        let is_ours = ours == Some(&by.authority_key_identifier[..]);
        let found = self.0.inner.lock().windows.get(&by.serial).cloned();
        found
            .filter(|_| is_ours)
            .map(Response::new)
            .ok_or_else(|| Status::not_found("no such certificate"))
    }
}
