//! Calling services: what they work under when they say nothing.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub identity: String,
    pub realm: String,
    pub description: String,
    pub default_policy: Option<String>,
    pub created_at: i64,
    pub version: i64,
}

plain_entity!();
