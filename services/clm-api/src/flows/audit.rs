//! Who does what: written to the trail before the act, so that no act goes unwritten, and told to the log.

use super::Flows;
use crate::store::{AuditEvent, StoreError};

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

impl Flows {
    /// Writes down that an act is about to be done.
    pub(super) async fn note(
        &self,
        actor: &Actor,
        act: &'static str,
        object: &str,
        detail: String,
    ) -> Result<(), StoreError> {
        tracing::info!(target: "audit", act, actor = actor.name, address = actor.address, object, detail, "act");
        self.store
            .add_audit_event(&AuditEvent {
                at_ms: self.clock.now_ms(),
                actor: actor.name.clone(),
                act,
                object: object.to_owned(),
                detail,
                origin: actor.address.clone(),
            })
            .await
    }
}
