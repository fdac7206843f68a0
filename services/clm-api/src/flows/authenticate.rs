//! Who asks, by what an edge was shown. One answer for the unknown and the wrong, and it takes as long; attempts are
//! counted before what was shown is looked at, so that guesses made at the same moment count too.

mod certificate;
mod challenge;

use ers_runtime::error::{Fault, Kind};
use time::Duration;
use zeroize::Zeroizing;

use super::{
    Flows, LoadPolicyError, PasswordError,
    turns::{TooManyWait, Turn},
};
use crate::{
    clients::{CaraError, WebhookError},
    domain::{
        attempts::AttemptId,
        end_entity::requester_of,
        id::{EndEntityName, PolicyName},
        policy::Policy,
        protocol::Protocol,
    },
    store::StoreError,
};

/// How often counting is tried when others count at the same moment.
const COUNTING_ATTEMPTS: usize = 16;
const WRONG: &str = "what was shown does not let in";

/// Somebody asks to be let in.
pub struct Authenticate {
    /// Identity of the calling service.
    pub client: String,
    /// By which way.
    pub protocol: Protocol,
    /// Under which policy; absent: the client's default.
    pub policy: Option<PolicyName>,
    /// Where from; empty when not known.
    pub address: String,
    /// What was shown.
    pub credential: Credential,
    /// What came along with a certificate, DER.
    pub chain: Vec<Vec<u8>>,
    /// The request that a challenge is for, DER; may be empty.
    pub csr: Vec<u8>,
    /// The edge's name for the transaction.
    pub transaction_id: String,
}

/// What was shown.
pub enum Credential {
    /// A name and a password.
    Password {
        /// Name of an end entity, as it was typed.
        end_entity: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A certificate, DER, whose key was proven.
    Certificate(Vec<u8>),
    /// A challenge.
    Challenge(Zeroizing<String>),
}

/// As what somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// Asks for itself.
    Holder,
    /// May ask and revoke for others.
    RegistrationAuthority,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Let in.
    Known(Known),
    /// Not let in.
    Denied {
        /// For the one who asked.
        detail: String,
        /// Nothing is looked at before.
        retry_after: Option<Duration>,
    },
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The end entity, when there is one.
    pub end_entity: Option<EndEntityName>,
    /// As one who asks for certificates.
    pub requester: String,
    /// As what.
    pub capacity: Capacity,
    /// By what.
    pub method: &'static str,
    /// A certificate of the policy's own, without an end entity: it speaks for the names in it and nothing else.
    pub renewal_only: bool,
}

/// An attempt that was counted, or is not even looked at.
enum Begun {
    /// It is looked at while this is kept.
    InTurn(Turn),
    /// It is not.
    Locked(Answer),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Too many attempts at once.
    #[error("authenticate")]
    Busy(#[from] TooManyWait),
    /// No such policy, or not for the protocol.
    #[error("authenticate")]
    Policy(#[from] LoadPolicyError),
    /// The password cannot be checked now.
    #[error("authenticate")]
    Password(#[from] PasswordError),
    /// CARA did not answer.
    #[error("authenticate: CARA")]
    Cara(#[from] CaraError),
    /// The webhook did not answer.
    #[error("authenticate: webhook")]
    Webhook(#[from] WebhookError),
    /// The database.
    #[error("authenticate: database")]
    Store(#[from] StoreError),
}

impl Answer {
    pub(super) fn wrong() -> Self {
        Self::Denied {
            detail: WRONG.to_owned(),
            retry_after: None,
        }
    }

    fn not_allowed(what: &str, policy: &Policy) -> Self {
        Self::Denied {
            detail: format!("policy {} takes no {what}", policy.definition.name()),
            retry_after: None,
        }
    }
}

impl Flows {
    /// Lets in or not.
    #[tracing::instrument(name = "clm.authenticate", skip_all)]
    pub async fn authenticate(&self, call: &Authenticate) -> Result<Answer, AuthenticateError> {
        let policy = self.load_policy(call.policy.as_ref(), &call.client, call.protocol)?;
        let (answer, who) = match &call.credential {
            Credential::Password {
                end_entity,
                password,
            } => (
                self.by_password(&policy, call, end_entity, password)
                    .await?,
                end_entity.chars().take(255).collect(),
            ),
            Credential::Certificate(der) => self.by_certificate(&policy, call, der).await?,
            Credential::Challenge(challenge) => (
                self.by_challenge(&policy, call, challenge).await?,
                String::new(),
            ),
        };
        let (policy, protocol) = (policy.definition.name(), call.protocol);
        let (address, transaction_id) = (&call.address, &call.transaction_id);
        match &answer {
            Answer::Known(known) => {
                tracing::info!(target: "audit", act = "requester.admit", %protocol, %policy, address, transaction_id,
                    requester = known.requester, method = known.method, capacity = ?known.capacity, "let in");
                self.metrics.authenticated(protocol, "ok");
            }
            Answer::Denied {
                detail,
                retry_after,
            } => {
                tracing::warn!(target: "audit", act = "requester.deny", %protocol, %policy, address, transaction_id,
                    who, detail, locked = retry_after.is_some(), "not let in");
                self.metrics.authenticated(protocol, "denied");
            }
        }
        Ok(answer)
    }

    async fn by_password(
        &self,
        policy: &Policy,
        call: &Authenticate,
        name: &str,
        password: &str,
    ) -> Result<Answer, AuthenticateError> {
        let rules = policy.definition.rules();
        if call.protocol == Protocol::Est && !rules.est.password {
            return Ok(Answer::not_allowed("passwords", policy));
        }
        let attempt = AttemptId::of(rules.name.as_str(), name, &call.address);
        let _turn = match self.begin_try(&attempt).await? {
            Begun::InTurn(turn) => turn,
            Begun::Locked(answer) => return Ok(answer),
        };
        // What is no name is nobody's; it takes as long to say so.
        let entity = match name.parse::<EndEntityName>() {
            Ok(name) => self.store.find_end_entity(&rules.realm, &name).await?,
            Err(_) => None,
        };
        let entity = entity.filter(|entity| entity.active);
        let hash = entity
            .as_ref()
            .and_then(|entity| entity.password_hash.as_deref());
        let right = self.passwords.verify(password, hash).await?;
        let Some(entity) = entity.filter(|_| right) else {
            return Ok(Answer::wrong());
        };
        self.store.forget_attempts(&attempt).await?;
        let authority = entity.registration_authority
            || rules
                .authentication
                .registration_authorities
                .contains(&entity.name);
        Ok(Answer::Known(Known {
            requester: requester_of(&entity.name),
            end_entity: Some(entity.name),
            capacity: if authority {
                Capacity::RegistrationAuthority
            } else {
                Capacity::Holder
            },
            method: "password",
            renewal_only: false,
        }))
    }

    /// Waits for its turn and counts one attempt. Who is locked does not wait, so that a flood of guesses is answered as
    /// fast as it comes.
    async fn begin_try(&self, attempt: &AttemptId) -> Result<Begun, AuthenticateError> {
        if let Some(locked) = self.locked(attempt).await? {
            return Ok(Begun::Locked(locked));
        }
        let mut turn = self.turns.take(attempt).await?;
        if self.count_try(attempt).await?.is_none() {
            return Ok(Begun::InTurn(turn));
        }
        turn.alone().await;
        Ok(match self.count_try(attempt).await? {
            None => Begun::InTurn(turn),
            Some(locked) => Begun::Locked(locked),
        })
    }

    /// Counts one attempt; the answer when it is not even looked at.
    pub(super) async fn count_try(
        &self,
        attempt: &AttemptId,
    ) -> Result<Option<Answer>, StoreError> {
        for _ in 0..COUNTING_ATTEMPTS {
            let now_ms = self.clock.now_ms();
            let read = self.store.find_attempts(attempt, now_ms).await?;
            if let Some(left_ms) = read.unwrap_or_default().locked_for_ms(now_ms) {
                return Ok(Some(locked(left_ms)));
            }
            if self.store.count_one(attempt, read, now_ms).await? {
                return Ok(None);
            }
        }
        Ok(Some(locked(1000)))
    }

    /// For how long nothing is looked at, when so; counts nothing. Nobody is taken for locked by those under way: one of
    /// them may be right.
    pub(super) async fn locked(&self, attempt: &AttemptId) -> Result<Option<Answer>, StoreError> {
        if !self.turns.nobody(attempt) {
            return Ok(None);
        }
        let now_ms = self.clock.now_ms();
        let read = self.store.find_attempts(attempt, now_ms).await?;
        Ok(read.unwrap_or_default().locked_for_ms(now_ms).map(locked))
    }
}

fn locked(left_ms: i64) -> Answer {
    let left = Duration::milliseconds(left_ms);
    Answer::Denied {
        detail: format!(
            "too many attempts, try again in {} seconds",
            left_ms.saturating_add(999) / 1000
        ),
        retry_after: Some(left),
    }
}

impl Fault for AuthenticateError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy(_) => Kind::ResourceExhausted,
            Self::Policy(error) => error.kind(),
            Self::Password(error) => error.kind(),
            Self::Cara(error) => match error.kind() {
                kind @ (Kind::Unavailable | Kind::ResourceExhausted) => kind,
                _ => Kind::Internal,
            },
            Self::Webhook(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Policy(error) => error.field(),
            Self::Busy(_)
            | Self::Password(_)
            | Self::Cara(_)
            | Self::Webhook(_)
            | Self::Store(_) => None,
        }
    }
}
