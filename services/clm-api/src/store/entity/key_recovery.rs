//! Requests to have a kept key back.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_recovery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub request_id: String,
    pub certificate: String,
    pub issuer: String,
    pub serial: String,
    pub subject: String,
    pub key_algorithm: String,
    pub realm: String,
    pub policy: String,
    pub comment: String,
    pub asked_by: String,
    pub approvals: i64,
    pub state: String,
    pub version: i64,
    pub created_at: i64,
    pub ends_at: i64,
    pub released_at: Option<i64>,
}

plain_entity!();
