//! Policies of CLM, kept for a few seconds: a client's burst of requests asks once.

use std::sync::Arc;
use std::time::Duration;

use ers_proto::clm::v1 as wire;
use moka::future::Cache;

use crate::clm::Clm;
use crate::error::ClmError;

const CALL: &str = "LoadPolicy";
/// How what a service itself needs is asked for.
pub(crate) const SYSTEM: &str = "system";
/// How old a policy may be.
const POLICY_AGE: Duration = Duration::from_secs(5);
/// How long a policy is remembered for those who would rather have an old one than none.
const POLICY_MEMORY: Duration = Duration::from_secs(10 * 60);
const MOST_POLICIES: u64 = 1000;

/// An edge: the name of its protocol, and what it must know of a policy.
pub trait Edge: 'static {
    /// What it keeps of a policy.
    type Policy: Send + Sync + 'static;

    /// Its name among the protocols of CLM.
    const PROTOCOL: &'static str;

    /// Reads a policy; the error says what CLM's answer lacks.
    fn read(policy: wire::EdgePolicy) -> Result<Self::Policy, &'static str>;
}

type Found<P> = Result<Arc<P>, ClmError>;

/// Policies by the names that they were asked for.
pub(crate) struct Policies<E: Edge> {
    /// Also of names that there is no policy for, which are asked for no less often.
    recent: Cache<String, Found<E::Policy>>,
    remembered: Cache<String, Arc<E::Policy>>,
}

impl<E: Edge> Clone for Policies<E> {
    fn clone(&self) -> Self {
        Self {
            recent: self.recent.clone(),
            remembered: self.remembered.clone(),
        }
    }
}

impl<E: Edge> Policies<E> {
    pub(crate) fn new() -> Self {
        Self {
            recent: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_AGE)
                .build(),
            remembered: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_MEMORY)
                .build(),
        }
    }
}

impl<E: Edge> Clm<E> {
    /// The policy of a name, or the default one when the name is empty. Up to a few seconds old. That there is none is
    /// `NotFound`, that it does not allow this protocol `NotForUs`, that it cannot be a name `Invalid`.
    pub async fn load_policy(&self, name: &str) -> Result<Arc<E::Policy>, ClmError> {
        let loaded = self
            .policies
            .recent
            .try_get_with_by_ref(name, async {
                match self.ask_policy(name, E::PROTOCOL).await {
                    Err(error) if !is_no(&error) => Err(error),
                    found => Ok(found),
                }
            })
            .await;
        loaded.unwrap_or_else(|error: Arc<ClmError>| Err((*error).clone()))
    }

    /// As [`Clm::load_policy`]; `None`: there is none, or it does not allow this protocol.
    pub async fn find_policy(&self, name: &str) -> Result<Option<Arc<E::Policy>>, ClmError> {
        found(self.load_policy(name).await)
    }

    /// As [`Clm::find_policy`], by the policy's own name; while CLM is out of reach as it was some minutes ago.
    pub async fn recall_policy(&self, name: &str) -> Result<Option<Arc<E::Policy>>, ClmError> {
        match self.find_policy(name).await {
            Err(error) if error.is_retryable() => match self.policies.remembered.get(name).await {
                Some(policy) => Ok(Some(policy)),
                None => Err(error),
            },
            found => found,
        }
    }

    /// A policy for certificates of this service itself, asked for anew; `None`: there is none for us.
    pub async fn find_own_policy(&self, name: &str) -> Result<Option<Arc<E::Policy>>, ClmError> {
        found(self.ask_policy(name, SYSTEM).await)
    }

    /// Whether CLM answers.
    pub async fn ping(&self) -> Result<(), ClmError> {
        match self.ask_policy("", E::PROTOCOL).await {
            Err(error) if error.is_retryable() => Err(error),
            _ => Ok(()),
        }
    }

    async fn ask_policy(&self, name: &str, protocol: &str) -> Found<E::Policy> {
        let request = wire::LoadPolicyRequest {
            policy: name.to_owned(),
            protocol: protocol.to_owned(),
        };
        let answer = self.client().load_policy(request).await;
        let policy = answer.map_err(ClmError::of(CALL))?.into_inner();
        let own_name = policy.name.clone();
        let policy = E::read(policy).map_err(|what| ClmError::Malformed { call: CALL, what })?;
        let policy = Arc::new(policy);
        if protocol == E::PROTOCOL {
            let remembered = Arc::clone(&policy);
            self.policies.remembered.insert(own_name, remembered).await;
        }
        Ok(policy)
    }
}

/// CLM answered, and the answer is no.
fn is_no(error: &ClmError) -> bool {
    matches!(
        error,
        ClmError::NotFound { .. } | ClmError::NotForUs { .. } | ClmError::Invalid { .. }
    )
}

fn found<P>(loaded: Found<P>) -> Result<Option<Arc<P>>, ClmError> {
    match loaded {
        Err(error) if is_no(&error) => Ok(None),
        loaded => loaded.map(Some),
    }
}
