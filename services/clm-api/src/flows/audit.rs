//! Who does what: written to the trail before the act, so that no act goes unwritten, and told to the log.

use super::Flows;
use crate::{
    domain::id::RealmName,
    store::{AuditEvent, StoreError},
};

/// An administrator, or the service that speaks for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name.
    pub name: String,
    /// Address that the act came from, where known.
    pub address: Option<String>,
}

impl Actor {
    /// Known by name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: None,
        }
    }
}

/// What is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act<'a> {
    /// What, e.g. `policy.apply`.
    pub(super) act: &'static str,
    /// To what.
    pub(super) object: &'a str,
    /// The realm that it belongs to; absent: to none.
    pub(super) realm: Option<&'a RealmName>,
    /// More, for people.
    pub(super) detail: String,
    /// How it was, in its own form; never a secret.
    pub(super) before: Option<String>,
    /// How it will be.
    pub(super) after: Option<String>,
}

impl<'a> Act<'a> {
    /// An act on something, with nothing else known.
    pub(super) fn on(act: &'static str, object: &'a str) -> Self {
        Self {
            act,
            object,
            realm: None,
            detail: String::new(),
            before: None,
            after: None,
        }
    }
}

impl Flows {
    /// Writes down that an act is about to be done.
    pub(super) async fn note(
        &self,
        actor: &Actor,
        act: &'static str,
        object: &str,
        detail: String,
    ) -> Result<(), StoreError> {
        let act = Act {
            detail,
            ..Act::on(act, object)
        };
        self.note_act(actor, act).await
    }

    /// The same with all that is known of it.
    pub(super) async fn note_act(&self, actor: &Actor, act: Act<'_>) -> Result<(), StoreError> {
        let Act {
            act,
            object,
            realm,
            detail,
            before,
            after,
        } = act;
        let event = AuditEvent {
            at_ms: self.clock.now_ms(),
            actor: actor.name.clone(),
            act: act.to_owned(),
            object: object.to_owned(),
            realm: realm.map(ToString::to_string).unwrap_or_default(),
            detail,
            before,
            after,
            origin: actor.address.clone(),
        };
        let link = self.store.add_audit_event(&event).await?;
        // Whoever keeps the log holds the chain's head too: it cannot be rewritten from its beginning unseen.
        tracing::info!(target: "audit", act, actor = event.actor, address = event.origin, object, realm = event.realm,
            detail = event.detail, sequence = link.sequence, digest = link.digest, "act");
        Ok(())
    }
}
