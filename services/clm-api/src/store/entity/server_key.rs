//! Keys that were made here.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "server_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    pub public_key_digest: String,
    pub public_key: Vec<u8>,
    pub sealed: Vec<u8>,
    pub key_algorithm: String,
    pub realm: String,
    pub policy: String,
    pub requester: String,
    pub kept: i64,
    pub approvals: i64,
    pub created_at: i64,
    pub delivered_until: Option<i64>,
}

plain_entity!();
