//! External account keys, sealed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_account_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    pub sealed_key: Vec<u8>,
    pub policy: String,
    pub end_entity: String,
    pub expires_at: Option<i64>,
    pub created_at: i64,
    pub created_by: String,
}

plain_entity!();
