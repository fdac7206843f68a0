//! A challenge for one SCEP request: random, kept as its digest, shown once.

use ers_pki::general_name::GeneralName;
use ers_runtime::error::{Fault, Kind};
use time::Duration;
use zeroize::Zeroizing;

use super::{Actor, Flows, PasswordError, passwords};
use crate::{
    domain::{
        challenge::{Challenge, LONGEST_VALIDITY, USUAL_VALIDITY, digest_of},
        id::{EndEntityName, PolicyName},
        protocol::Protocol,
    },
    store::StoreError,
};

const LONGEST_NAME: usize = 255;

/// A challenge to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChallenge {
    /// For requests under this policy only.
    pub policy: PolicyName,
    /// Whom it is for.
    pub end_entity: Option<EndEntityName>,
    /// The request must have this common name.
    pub common_name: Option<String>,
    /// The request must have these names and no others; none: any.
    pub names: Vec<GeneralName>,
    /// For how long.
    pub validity: Option<Duration>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CreateChallengeError {
    /// No policy of that name.
    #[error("make challenge: there is no policy {0}")]
    NoPolicy(PolicyName),
    /// It could never be used.
    #[error("make challenge: policy {0} is not for SCEP")]
    NotForScep(PolicyName),
    /// No such end entity in the policy's realm.
    #[error("make challenge: there is no end entity {0}")]
    NoEndEntity(EndEntityName),
    /// Too short or too long.
    #[error("make challenge: more than nothing and at most {} days", LONGEST_VALIDITY.whole_days())]
    Validity,
    /// Too long.
    #[error("make challenge: at most {LONGEST_NAME} characters")]
    CommonName,
    /// No random octets.
    #[error("make challenge")]
    Random(#[from] PasswordError),
    /// The database.
    #[error("make challenge: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes a challenge; also says when it ends, in milliseconds.
    #[tracing::instrument(name = "clm.create_challenge", skip_all)]
    pub async fn create_challenge(
        &self,
        new: NewChallenge,
        actor: &Actor,
    ) -> Result<(Zeroizing<String>, i64), CreateChallengeError> {
        let policy = self
            .policies
            .find(&new.policy)
            .ok_or_else(|| CreateChallengeError::NoPolicy(new.policy.clone()))?;
        let rules = policy.definition.rules();
        if !rules.protocols.contains(&Protocol::Scep) {
            return Err(CreateChallengeError::NotForScep(new.policy));
        }
        let validity = new.validity.unwrap_or(USUAL_VALIDITY);
        if validity <= Duration::ZERO || validity > LONGEST_VALIDITY {
            return Err(CreateChallengeError::Validity);
        }
        if new
            .common_name
            .as_ref()
            .is_some_and(|name| name.chars().count() > LONGEST_NAME)
        {
            return Err(CreateChallengeError::CommonName);
        }
        if let Some(name) = &new.end_entity
            && self
                .store
                .find_end_entity(&rules.realm, name)
                .await?
                .is_none()
        {
            return Err(CreateChallengeError::NoEndEntity(name.clone()));
        }
        let text = passwords::generate()?;
        let now_ms = self.clock.now_ms();
        let validity_ms = i64::try_from(validity.whole_milliseconds()).unwrap_or(i64::MAX);
        let expires_at_ms = now_ms.saturating_add(validity_ms);
        let challenge = Challenge {
            digest: digest_of(text.as_bytes()),
            policy: new.policy,
            end_entity: new.end_entity,
            common_name: new.common_name,
            names: new.names,
            expires_at_ms,
            used_for: None,
        };
        let detail = format!("policy {}", challenge.policy);
        let short: String = challenge.digest.chars().take(16).collect();
        self.note(actor, "challenge.create", &short, detail).await?;
        self.store
            .add_challenge(&challenge, &actor.name, now_ms)
            .await?;
        Ok((text, expires_at_ms))
    }
}

impl Fault for CreateChallengeError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPolicy(_) | Self::NoEndEntity(_) => Kind::NotFound,
            Self::NotForScep(_) | Self::Validity | Self::CommonName => Kind::InvalidArgument,
            Self::Random(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoPolicy(_) | Self::NotForScep(_) => Some("policy"),
            Self::NoEndEntity(_) => Some("end_entity"),
            Self::Validity => Some("validity"),
            Self::CommonName => Some("common_name"),
            Self::Random(_) | Self::Store(_) => None,
        }
    }
}
