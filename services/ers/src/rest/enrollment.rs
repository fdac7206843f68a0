//! `ers.clm.v1.Enrollment` over REST, as far as people ask for certificates themselves.

use ers_pki::{name::Name, pem};
use ers_proto::clm::v1::{self as proto, enroll_response::Outcome, enrollment_server::Enrollment};
use reqwest::Method;
use serde_json::json;
use tonic::{Code, Request, Response, Status, Streaming};

use super::{Rest, not_here, people::some, told};

impl Rest {
    async fn ask_for_certificate(&self, wish: proto::EnrollRequest) -> Result<Outcome, Status> {
        if wish.csr.is_empty() {
            return Err(Status::invalid_argument("csr: REST takes requests only"));
        }
        let subject = match wish.subject.as_slice() {
            [] => None,
            der => Some(
                Name::from_der(der)
                    .map_err(|error| Status::invalid_argument(format!("subject: {error}")))?,
            ),
        };
        let body = json!({
            "csr": pem::encode("CERTIFICATE REQUEST", &wish.csr),
            "policy": some(wish.policy),
            "request_id": some(wish.request_id),
            "subject": subject.map(|subject| subject.to_string()),
            "subject_alternative_names": wish.subject_alternative_names,
            "validity": wish.validity.map(|validity| format!("{}s", validity.seconds)),
            "end_entity": some(wish.end_entity),
        });
        let answered = self.call(Method::POST, "certificates", &body).await;
        match answered {
            Ok(told) if told::text(&told, "certificate_pem").is_empty() => {
                Ok(Outcome::Waiting(proto::Waiting::default()))
            }
            Ok(told) => {
                let der = |pem: &String| pem::decode(pem, &["CERTIFICATE"]).unwrap_or_default();
                Ok(Outcome::Issued(proto::Issued {
                    certificate: der(&told::text(&told, "certificate_pem")),
                    chain: told::texts(&told, "chain_pem").iter().map(der).collect(),
                    issuer: told::text(&told, "issuer"),
                    serial: told::text(&told, "serial"),
                }))
            }
            Err(status) if status.code() == Code::FailedPrecondition => {
                Ok(Outcome::Refused(proto::Refused {
                    detail: status.message().to_owned(),
                    ..proto::Refused::default()
                }))
            }
            Err(status) => Err(status),
        }
    }
}

macro_rules! answers {
    ($($missing:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl Enrollment for Rest {
            async fn enroll(
                &self,
                request: Request<proto::EnrollRequest>,
            ) -> Result<Response<proto::EnrollResponse>, Status> {
                let outcome = self.ask_for_certificate(request.into_inner()).await?;
                Ok(Response::new(proto::EnrollResponse {
                    outcome: Some(outcome),
                }))
            }

            type AskEachStream = ers_calls::Answers<proto::EnrollmentAnswer>;

            async fn ask_each(
                &self,
                _: Request<Streaming<proto::EnrollmentQuestion>>,
            ) -> Result<Response<Self::AskEachStream>, Status> {
                not_here()
            }

            $(async fn $missing(
                &self,
                _: Request<proto::$request>,
            ) -> Result<Response<proto::$response>, Status> {
                not_here()
            })*
        }
    };
}

answers! {
    find_outcome(FindOutcomeRequest) -> EnrollResponse;
    revoke(RevokeCertificateRequest) -> RevokeCertificateResponse;
    load_policy(LoadPolicyRequest) -> EdgePolicy;
    load_external_account_key(LoadExternalAccountKeyRequest) -> ExternalAccountKey;
    authenticate(AuthenticateRequest) -> AuthenticateResponse;
    load_shared_secret(LoadSharedSecretRequest) -> SharedSecret;
    report_attempt(ReportAttemptRequest) -> ReportAttemptResponse;
    find_certificate(FindCertificateRequest) -> KnownCertificate;
    load_crl(LoadCrlRequest) -> LoadCrlResponse;
    suggest_renewal(SuggestRenewalRequest) -> RenewalWindow;
}
