//! Who wants to hear of what.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub realm: Option<String>,
    pub policy: Option<String>,
    pub events: String,
    pub days: String,
    pub channel: String,
    pub recipient: String,
    pub language: String,
    pub active: bool,
    pub sealed_secret: Option<Vec<u8>>,
    pub version: i64,
    pub created_at: i64,
    pub created_by: String,
    pub updated_at: i64,
    pub updated_by: String,
}

plain_entity!();
