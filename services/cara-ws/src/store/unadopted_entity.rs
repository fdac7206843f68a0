//! Table `unadopted`, column by column; what they mean stands in the migration.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unadopted")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub request_id: String,
    pub key_id: String,
    pub issuer: Option<String>,
    pub serial: Option<String>,
    pub reason: String,
    pub first_seen_at: i64,
    pub last_tried_at: i64,
    pub tries: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
