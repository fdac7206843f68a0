//! Who decided what over the recovery of a key.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_recovery_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub recovery: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub decided_by: String,
    pub approve: i64,
    pub comment: String,
    pub decided_at: i64,
}

plain_entity!();
