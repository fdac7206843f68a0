//! A certificate asked for: policy from memory, request read, decided, and issued, kept waiting, or refused. What is
//! allowed at once writes nothing here: CARA keeps it under the same request id.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};
use time::{Duration, OffsetDateTime};

use super::{Flows, SealedKey, issue::Outcome, read_request::read_request};
use crate::{
    clients::CaraError,
    domain::{
        decide::{Asked, AskedEndEntity, Decision, Plan, Standing, decide},
        id::{EndEntityName, PolicyName, RequestId, Requester},
        inventory::InventoryCertificate,
        policy::Policy,
        protocol::Protocol,
        refusal::{Refusal, RefusalReason},
    },
    store::StoreError,
};

const ADMINISTRATOR: &str = "administrator";

/// A certificate asked for, as it came.
#[derive(Debug, Clone)]
pub struct Enroll {
    /// The idempotency key.
    pub request_id: RequestId,
    /// Identity of the calling service.
    pub client: String,
    /// By which way.
    pub protocol: Protocol,
    /// Under which policy; absent: the client's default.
    pub policy: Option<PolicyName>,
    /// Who asks.
    pub requester: Requester,
    /// For whom.
    pub end_entity: Option<EndEntityName>,
    /// The key.
    pub key: KeySource,
    /// Its private half, where the edge had it made and the policy keeps such keys.
    pub sealed_key: Option<SealedKey>,
    /// Name, DER; absent: that of the CSR.
    pub subject: Option<Vec<u8>>,
    /// `dns:example.com` ...; none: those of the CSR.
    pub names: Vec<String>,
    /// From when on.
    pub not_before: Option<OffsetDateTime>,
    /// For how long.
    pub validity: Option<Duration>,
    /// Whether the edge has proven control of every name.
    pub names_proven: bool,
    /// The certificate that it follows, DER.
    pub renews: Option<Vec<u8>>,
    /// By what the asker was known; for the audit log.
    pub authenticated_by: String,
}

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// CertificationRequest, DER.
    Csr(Vec<u8>),
    /// SubjectPublicKeyInfo, DER; the edge's protocol has proven possession.
    PublicKey(Vec<u8>),
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// No policy of that name.
    #[error("enroll: there is no policy {0}")]
    NoPolicy(PolicyName),
    /// No policy named, and the client has no default.
    #[error("enroll: {0} named no policy and has no default")]
    NoDefault(String),
    /// As many are worked on as may be.
    #[error("enroll: too many requests at once")]
    Busy,
    /// The request id was used before with other content.
    #[error("enroll: {0} was used for another request")]
    RequestIdTaken(RequestId),
    /// The policy's CA cannot issue now.
    #[error("enroll: the CA of policy {policy} cannot issue now")]
    IssuerNotReady {
        /// The policy.
        policy: String,
        /// What CARA said.
        #[source]
        source: CaraError,
    },
    /// The policy names a CA or profile that CARA does not have, or CARA refused what the policy chose.
    #[error("enroll: policy {policy} does not fit CARA")]
    Misconfigured {
        /// The policy.
        policy: String,
        /// What CARA said.
        #[source]
        source: CaraError,
    },
    /// CARA did not answer as it should.
    #[error("enroll: CARA")]
    Cara(#[source] CaraError),
    /// The database.
    #[error("enroll: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Decides, and issues what is allowed.
    #[tracing::instrument(name = "clm.enroll", skip_all, fields(request_id = %call.request_id, requester = %call.requester,
        authenticated_by = call.authenticated_by))]
    pub async fn enroll(&self, call: &Enroll) -> Result<Outcome, EnrollError> {
        let Ok(_place) = self.places.try_acquire() else {
            self.metrics.enrolled(call.protocol, "busy");
            return Err(EnrollError::Busy);
        };
        let _under_way = self.metrics.under_way();
        let policy = self.policy_of(call)?;
        // boxed: whatever holds this call is copied about, and most of it is this
        let outcome = Box::pin(self.enroll_under(call, &policy)).await?;
        self.keep_key(call, &policy, &outcome).await?;
        self.metrics.enrolled(call.protocol, outcome.as_str());
        Ok(outcome)
    }

    /// The policy that a call is for.
    pub(crate) fn policy_of(&self, call: &Enroll) -> Result<Arc<Policy>, EnrollError> {
        match &call.policy {
            Some(name) => self
                .policies
                .find(name)
                .ok_or_else(|| EnrollError::NoPolicy(name.clone())),
            None => self
                .policies
                .find_default(&call.client)
                .ok_or_else(|| EnrollError::NoDefault(call.client.clone())),
        }
    }

    async fn enroll_under(
        &self,
        call: &Enroll,
        policy: &Arc<Policy>,
    ) -> Result<Outcome, EnrollError> {
        if let Err(refusal) = check_caller(call, policy) {
            return Ok(self.refuse(call, policy, None, refusal).await);
        }
        let renewed = match self.find_renewed(call, policy).await? {
            Ok(renewed) => renewed,
            Err(refusal) => {
                // What was issued for this request stays issued: its time to be asked for may be over since.
                if let Some(outcome) = self.asked_before(call).await? {
                    return Ok(outcome);
                }
                return Ok(self.refuse(call, policy, None, refusal).await);
            }
        };
        let end_entity = self.end_entity_of(call, policy, renewed.as_ref()).await?;
        let asked = match read_request(call, end_entity) {
            Ok(asked) => asked,
            Err(refusal) => return Ok(self.refuse(call, policy, None, refusal).await),
        };
        // A row, where there may be one, says more than the rules: a person may have decided.
        if policy.has_ever_waited
            && let Some(request) = self.store.find_request(&call.request_id).await?
        {
            return self.same_again(call, &asked, request).await;
        }
        let decision = decide(policy, &asked, self.clock.now());
        if let Decision::Waiting(plan) | Decision::Approved(plan) = &decision
            && let Err(refusal) = self
                .check_holder(call, policy, &asked, plan, renewed.as_ref())
                .await?
        {
            return Ok(self.refuse(call, policy, Some(&asked), refusal).await);
        }
        match decision {
            Decision::Refused(refusal) => {
                Ok(self.refuse(call, policy, Some(&asked), refusal).await)
            }
            Decision::Waiting(plan) => self.keep_waiting(call, policy, &asked, plan).await,
            Decision::Approved(plan) => {
                let spki = asked.public_key.spki_der();
                let outcome = self.issue(&call.request_id, &plan, spki).await?;
                if let Outcome::Refused(refusal) = outcome {
                    return Ok(self.refuse(call, policy, Some(&asked), refusal).await);
                }
                Ok(outcome)
            }
        }
    }

    /// Whether it may follow what it renews, and be beside what its holder has.
    async fn check_holder(
        &self,
        call: &Enroll,
        policy: &Policy,
        asked: &Asked,
        plan: &Plan,
        renewed: Option<&InventoryCertificate>,
    ) -> Result<Result<(), Refusal>, EnrollError> {
        if let Some(renewed) = renewed
            && let Err(refusal) =
                Self::check_renewal(policy, renewed, plan, asked.public_key.spki_der())
        {
            return Ok(Err(refusal));
        }
        self.claim(&call.request_id, policy, plan, renewed).await
    }

    /// What became of the same request id, when it was issued.
    async fn asked_before(&self, call: &Enroll) -> Result<Option<Outcome>, EnrollError> {
        let found = self
            .cara
            .find_by_request(&call.request_id)
            .await
            .map_err(EnrollError::Cara)?;
        let Some(found) = found else {
            return Ok(None);
        };
        let Ok(asked) = read_request(call, None) else {
            return Ok(None);
        };
        let same_key = ers_pki::certificate::Certificate::from_der(&found.der)
            .is_ok_and(|made| made.public_key().spki_der() == asked.public_key.spki_der());
        if same_key && found.origin.requester == call.requester.as_str() {
            Ok(Some(Outcome::Issued(self.with_chain(found).await?)))
        } else {
            Err(EnrollError::RequestIdTaken(call.request_id.clone()))
        }
    }

    async fn end_entity_of(
        &self,
        call: &Enroll,
        policy: &Policy,
        renewed: Option<&InventoryCertificate>,
    ) -> Result<Option<AskedEndEntity>, StoreError> {
        let inherited: Option<EndEntityName> =
            renewed.and_then(|renewed| renewed.origin.end_entity.parse().ok());
        let Some(name) = call.end_entity.as_ref().or(inherited.as_ref()) else {
            return Ok(None);
        };
        let realm = &policy.definition.rules().realm;
        let standing = match self.store.find_end_entity(realm, name).await? {
            None => Standing::Unknown,
            Some(entity) if entity.active => Standing::Active,
            Some(_) => Standing::Blocked,
        };
        Ok(Some(AskedEndEntity {
            name: name.clone(),
            standing,
        }))
    }
}

/// Under a policy of the platform's own only the administrator asks, and the services that it names.
fn check_caller(call: &Enroll, policy: &Policy) -> Result<(), Refusal> {
    let rules = policy.definition.rules();
    if call.protocol != Protocol::System
        || call.client == ADMINISTRATOR
        || rules.callers.contains(&call.client)
    {
        return Ok(());
    }
    Err(RefusalReason::NotAllowed.because(format!(
        "protocol: policy {} is not for {}",
        rules.name, call.client
    )))
}

impl Fault for EnrollError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPolicy(_) | Self::NoDefault(_) => Kind::NotFound,
            Self::Busy => Kind::ResourceExhausted,
            Self::RequestIdTaken(_) => Kind::InvalidArgument,
            Self::IssuerNotReady { .. } => Kind::Unavailable,
            Self::Misconfigured { .. } => Kind::Internal,
            Self::Cara(error) => match error.kind() {
                kind @ (Kind::Unavailable | Kind::ResourceExhausted) => kind,
                _ => Kind::Internal,
            },
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoPolicy(_) | Self::NoDefault(_) => Some("policy"),
            Self::RequestIdTaken(_) => Some("request_id"),
            Self::Busy
            | Self::IssuerNotReady { .. }
            | Self::Misconfigured { .. }
            | Self::Cara(_)
            | Self::Store(_) => None,
        }
    }
}
