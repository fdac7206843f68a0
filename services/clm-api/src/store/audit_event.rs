//! The trail of administrators' acts. Rows are only ever added.

use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{Store, StoreError, entity::audit_event};

/// An act that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What was done, e.g. `policy.apply`.
    pub act: &'static str,
    /// To what.
    pub object: String,
    /// More, for people.
    pub detail: String,
    /// Address that it came from, where known.
    pub origin: Option<String>,
}

impl Store {
    /// Adds an act to the trail.
    #[tracing::instrument(name = "db.audit_event.insert", skip_all)]
    pub async fn add_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        audit_event::Entity::insert(audit_event::ActiveModel {
            at: Set(event.at_ms),
            actor: Set(cut(&event.actor)),
            act: Set(event.act.to_owned()),
            object: Set(cut(&event.object)),
            detail: Set(event.detail.clone()),
            origin: Set(event.origin.clone()),
            ..Default::default()
        })
        .exec_without_returning(&self.connection)
        .await
        .map_err(StoreError::at("write audit event"))?;
        Ok(())
    }
}

/// As much as the column holds.
fn cut(text: &str) -> String {
    text.chars().take(255).collect()
}
