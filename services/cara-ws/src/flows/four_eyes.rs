//! Acts that wait for a second administrator: kept, decided about by somebody else, in time. Who does them then is the
//! layer that knows what was asked.

use ers_runtime::error::{Fault, Kind};
use thiserror::Error;

use super::Core;
use crate::{
    domain::{
        ActOutcome, AdministratorName, AuthorityName, Decision, GuardedAct, PendingAct,
        PendingState, Role,
    },
    store::StoreError,
};

/// Longest request that is kept.
const MAX_CONTENT: usize = 256 * 1024;
/// Most acts that wait.
const MAX_WAITING: u64 = 1000;
const DAY_MS: i64 = 86_400_000;
/// How the platform's own administrator calls itself, and everybody else begins.
const OWN: &str = "administrator";

/// Why an act does not wait, or is not decided about.
#[derive(Debug, Error)]
pub enum FourEyesError {
    /// There is none.
    #[error("find act that waits: there is none with id {0}")]
    Unknown(String),
    /// The same person again.
    #[error("approve act {0}: who asked for it cannot approve it")]
    Own(String),
    /// It does not wait any more.
    #[error("decide about act {id}: it is {} already", state.as_str())]
    Decided {
        /// The act.
        id: String,
        /// What became of it.
        state: PendingState,
    },
    /// Who asked has lost the right since.
    #[error("approve act {id}: {requester} may not do that any more")]
    RequesterMayNot {
        /// The act.
        id: String,
        /// Who asked.
        requester: String,
    },
    /// It is too long to be kept.
    #[error("keep act for approval: the request is longer than {MAX_CONTENT} octets")]
    TooLong,
    /// As many wait as may.
    #[error("keep act for approval: {MAX_WAITING} wait, which is the most")]
    TooMany,
    /// The database failed.
    #[error("keep act for approval")]
    Store(#[source] StoreError),
}

impl Fault for FourEyesError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Own(_) => Kind::PermissionDenied,
            Self::Decided { .. } | Self::RequesterMayNot { .. } => Kind::FailedPrecondition,
            Self::TooLong => Kind::InvalidArgument,
            Self::TooMany => Kind::ResourceExhausted,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) => Some("id"),
            _ => None,
        }
    }
}

/// Whether an act has to wait: it is among those that are configured, and there is an officer beside the platform's own
/// identity, who can show who they are.
pub async fn must_wait(core: &Core, act: GuardedAct) -> Result<bool, FourEyesError> {
    if !core.issuing.four_eyes.guard(act) {
        return Ok(false);
    }
    let known = core.store.list_administrators().await;
    let known = known.map_err(FourEyesError::Store)?;
    let shown = core.store.list_administrator_certificates(None).await;
    let shown = shown.map_err(FourEyesError::Store)?;
    // Disabled ones and ended certificates count: whoever could disable, or wait, would otherwise be alone again.
    let somebody = known.iter().any(|known| {
        known.roles.contains(&Role::CaAdministrator)
            && shown.iter().any(|shown| shown.administrator == known.name)
    });
    if !somebody {
        tracing::warn!(target: "audit", %act, "four eyes are configured, and there is no administrator but the platform's own");
    }
    Ok(somebody)
}

/// Keeps an act until somebody else approves it. The same again is the same act.
pub async fn keep(
    core: &Core,
    act: GuardedAct,
    object: &str,
    content: Vec<u8>,
    requester: &str,
) -> Result<PendingAct, FourEyesError> {
    if content.len() > MAX_CONTENT {
        return Err(FourEyesError::TooLong);
    }
    let waiting = core.store.find_waiting_acts(act, object, requester).await;
    let waiting = waiting.map_err(FourEyesError::Store)?;
    if let Some(same) = waiting.into_iter().find(|waits| waits.content == content) {
        return Ok(same);
    }
    let count = core.store.count_waiting_acts().await;
    if count.map_err(FourEyesError::Store)? >= MAX_WAITING {
        return Err(FourEyesError::TooMany);
    }
    let now_ms = core.context.clock.now_ms();
    let pending = PendingAct {
        id: uuid::Uuid::new_v4().simple().to_string(),
        act,
        object: object.to_owned(),
        content,
        requester: requester.to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + i64::from(core.issuing.four_eyes.days) * DAY_MS,
        decision: None,
        outcome: ActOutcome::Begun,
        detail: String::new(),
    };
    core.store
        .insert_pending_act(&pending)
        .await
        .map_err(FourEyesError::Store)?;
    tracing::info!(target: "audit", act = %act, object, requester, pending = pending.id, "act waits for a second administrator");
    Ok(pending)
}

/// An act by its id.
pub async fn load(core: &Core, id: &str) -> Result<PendingAct, FourEyesError> {
    let found = core.store.find_pending_act(id).await;
    found
        .map_err(FourEyesError::Store)?
        .ok_or_else(|| FourEyesError::Unknown(id.to_owned()))
}

/// Approves an act that waits: from now on it is the caller's to be done, once. `scope`: the CA that it is about; none: all.
pub async fn approve(
    core: &Core,
    pending: &PendingAct,
    scope: Option<&AuthorityName>,
    approver: &str,
) -> Result<(), FourEyesError> {
    let id = pending.id.clone();
    if pending.requester == approver {
        tracing::warn!(target: "audit", pending = id, approver, "approval by who asked refused");
        return Err(FourEyesError::Own(id));
    }
    check_waiting(core, pending)?;
    if !may_still(core, pending, scope).await? {
        let requester = pending.requester.clone();
        return Err(FourEyesError::RequesterMayNot { id, requester });
    }
    decide(core, pending, true, approver, "").await
}

/// Refuses an act that waits; who asked may, too.
pub async fn refuse(
    core: &Core,
    pending: &PendingAct,
    by: &str,
    reason: &str,
) -> Result<(), FourEyesError> {
    check_waiting(core, pending)?;
    decide(core, pending, false, by, reason).await
}

/// Writes down how an approved act ended.
pub async fn end(core: &Core, pending: &PendingAct, refusal: Option<&str>) {
    let outcome = match refusal {
        None => ActOutcome::Done,
        Some(_) => ActOutcome::Refused,
    };
    let ended = core
        .store
        .end_pending_act(&pending.id, outcome, refusal.unwrap_or_default())
        .await;
    if let Err(error) = ended {
        tracing::error!(
            target: "audit", pending = pending.id, outcome = outcome.as_str(),
            error = ers_runtime::error::chain(&error), "outcome of approved act not stored"
        );
    }
}

fn check_waiting(core: &Core, pending: &PendingAct) -> Result<(), FourEyesError> {
    match pending.state_at(core.context.clock.now_ms()) {
        PendingState::Waiting => Ok(()),
        state => Err(FourEyesError::Decided {
            id: pending.id.clone(),
            state,
        }),
    }
}

async fn decide(
    core: &Core,
    pending: &PendingAct,
    approved: bool,
    by: &str,
    reason: &str,
) -> Result<(), FourEyesError> {
    let decision = Decision {
        approved,
        by: by.to_owned(),
        at_ms: core.context.clock.now_ms(),
    };
    let id = &pending.id;
    let decided = core.store.decide_pending_act(id, &decision, reason).await;
    if !decided.map_err(FourEyesError::Store)? {
        let now = load(core, id).await?;
        return Err(FourEyesError::Decided {
            id: id.clone(),
            state: now.state_at(decision.at_ms),
        });
    }
    tracing::info!(
        target: "audit", act = %pending.act, object = pending.object, requester = pending.requester, by, approved,
        pending = id, "decided about act"
    );
    Ok(())
}

/// Between asking and approving, who asked may have been disabled.
async fn may_still(
    core: &Core,
    pending: &PendingAct,
    scope: Option<&AuthorityName>,
) -> Result<bool, FourEyesError> {
    let Some(person) = pending.requester.strip_prefix("administrator:") else {
        return Ok(pending.requester == OWN);
    };
    let Ok(name) = person.parse::<AdministratorName>() else {
        return Ok(false);
    };
    let found = core.store.find_administrator(&name).await;
    let found = found.map_err(FourEyesError::Store)?;
    Ok(found.is_some_and(|found| {
        let with = match scope {
            Some(authority) => found.administers(authority),
            None => found.authorities.is_empty(),
        };
        found.may(pending.act.permission()) && with
    }))
}
