//! Suspending, resuming, retiring and revoking a CA. Whatever its state, it goes on telling the status of what it has
//! issued.

use std::sync::Arc;

use ers_pki::revocation::Reason;

use super::{AuthorityError, find, find_generation, refresh};
use crate::{
    domain::{AuthorityName, Record, State},
    flows::{Core, IssuingAuthority, crl_schedule, revoke},
};

/// What is to become of a CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It issues nothing for now.
    Suspend,
    /// It issues again.
    Resume,
    /// It issues nothing any more.
    Retire {
        /// Its CRL is published for the last time, valid until its certificate ends.
        last_crl: bool,
    },
    /// Its certificates are revoked, and it issues nothing any more.
    Revoke(Reason),
}

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Retire { .. } => "retire",
            Self::Revoke(_) => "revoke",
        }
    }

    fn target(self) -> State {
        match self {
            Self::Suspend => State::Suspended,
            Self::Resume => State::Active,
            Self::Retire { .. } => State::Retired,
            Self::Revoke(_) => State::Revoked,
        }
    }

    fn is_allowed(self, state: State) -> bool {
        match self {
            Self::Suspend => state == State::Active,
            Self::Resume => state == State::Suspended,
            Self::Retire { .. } => matches!(state, State::Active | State::Suspended),
            Self::Revoke(_) => matches!(state, State::Active | State::Suspended | State::Retired),
        }
    }
}

/// Changes a CA's state. May be repeated: what it is already it stays.
#[tracing::instrument(name = "cara.change_state", skip_all, fields(issuer_id = %name))]
pub async fn change(
    core: &Arc<Core>,
    name: &AuthorityName,
    act: Act,
    requester: &str,
) -> Result<Arc<IssuingAuthority>, AuthorityError> {
    let ca = find(core, name)?;
    let state = ca.authority.state;
    if state != act.target() {
        if !act.is_allowed(state) {
            return Err(AuthorityError::State {
                act: act.word(),
                name: name.clone(),
                state,
            });
        }
        // First it issues no more, then the rest: an interruption leaves the safe half done.
        set(core, name, state, act.target(), act.word(), requester).await?;
    }
    match act {
        Act::Revoke(reason) => revoke_certificates(core, &ca, reason, requester).await?,
        Act::Retire { last_crl: true } => publish_last_crls(core, name, requester).await?,
        Act::Suspend | Act::Resume | Act::Retire { last_crl: false } => {}
    }
    find(core, name)
}

/// A certificate was revoked: when it is the one that a CA issues with, the CA is revoked.
///
/// # Errors
/// When the CA's state cannot be stored.
pub async fn note_revoked(
    core: &Core,
    record: &Record,
    requester: &str,
) -> Result<(), AuthorityError> {
    let revoked = core
        .registry
        .all()
        .into_iter()
        .find(|ca| ca.has_key() && ca.authority.certificate == record.certificate);
    let Some(ca) = revoked else {
        return Ok(());
    };
    let state = ca.authority.state;
    if state == State::Revoked {
        return Ok(());
    }
    set(
        core,
        &ca.authority.name,
        state,
        State::Revoked,
        "revoke",
        requester,
    )
    .await
}

async fn set(
    core: &Core,
    name: &AuthorityName,
    before: State,
    after: State,
    word: &'static str,
    requester: &str,
) -> Result<(), AuthorityError> {
    let changed = core
        .store
        .set_authority_state(name, before, after)
        .await
        .map_err(AuthorityError::Store)?;
    refresh(core).await?;
    if !changed && find(core, name)?.authority.state != after {
        return Err(AuthorityError::Outrun(name.clone()));
    }
    tracing::warn!(target: "audit", act = word, issuer_id = %name, %before, %after, requester, "state of CA changed");
    Ok(())
}

/// Revokes the certificates of all generations that CAs here have signed, a root's own among them.
async fn revoke_certificates(
    core: &Arc<Core>,
    ca: &IssuingAuthority,
    reason: Reason,
    requester: &str,
) -> Result<(), AuthorityError> {
    let name = &ca.authority.name;
    let generations = core.registry.generations();
    let own = generations
        .iter()
        .filter(|other| other.authority.name == *name);
    let certificates = own.map(|other| &other.authority.certificate);
    let others = ca.others.iter().map(|other| &other.certificate);
    for certificate in certificates.chain(others) {
        let issued = core
            .store
            .find_by_fingerprint(&certificate.fingerprint())
            .await
            .map_err(AuthorityError::Store)?;
        // What foreign CAs have signed they must revoke.
        let Some(record) = issued else {
            continue;
        };
        let cause = revoke::Cause {
            reason,
            invalidity_at_ms: None,
            requester: requester.to_owned(),
        };
        revoke::revoke(core, &record.issuer, &record.serial, &cause)
            .await
            .map_err(AuthorityError::Revoke)?;
    }
    Ok(())
}

async fn publish_last_crls(
    core: &Arc<Core>,
    name: &AuthorityName,
    requester: &str,
) -> Result<(), AuthorityError> {
    let ca = find(core, name)?;
    let left = ca.authority.certificate.not_after() - core.context.clock.now();
    let hours = u32::try_from(left.whole_hours()).unwrap_or(1).max(1);
    let settings = crate::domain::Settings {
        crl_validity_hours: Some(hours),
        crl_interval_hours: Some(hours),
        ..ca.authority.settings.clone()
    };
    let text = serde_json::to_string(&settings).unwrap_or_default();
    super::settings::update(core, name, &text, None, requester).await?;
    let mut number = 1;
    while number <= ca.authority.generation {
        if let Ok(generation) = find_generation(core, name, number) {
            crl_schedule::publish_all(core, &generation, false)
                .await
                .map_err(AuthorityError::Publish)?;
        }
        number += 1;
    }
    Ok(())
}
