//! The trail of acts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: i64,
    pub actor: String,
    pub act: String,
    pub object: String,
    pub detail: String,
    pub origin: Option<String>,
    pub realm: String,
    pub state_before: Option<String>,
    pub state_after: Option<String>,
    pub sequence: Option<i64>,
    pub digest: Option<String>,
}

plain_entity!();
