//! End entities.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "end_entity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub realm: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub state: String,
    pub created_at: i64,
    pub password_hash: Option<String>,
    pub sealed_secret: Option<Vec<u8>>,
    pub contact: String,
    pub registration_authority: bool,
    pub version: i64,
    pub owners: Option<String>,
    pub metadata: Option<String>,
    pub updated_at: Option<i64>,
    pub updated_by: Option<String>,
}

plain_entity!();
