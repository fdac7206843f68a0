//! What was answered to requests that may be repeated.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reply")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    pub request_digest: String,
    pub created_at: i64,
    pub status: i64,
    pub location: String,
    pub etag: String,
    pub media_type: String,
    pub sealed: i64,
    pub body: Option<Vec<u8>>,
}

plain_entity!();
