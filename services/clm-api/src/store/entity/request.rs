//! Requests that wait, or failed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub state: String,
    pub content_digest: String,
    pub realm: String,
    pub policy: String,
    pub requester: String,
    pub protocol: String,
    pub subject: String,
    pub subject_alternative_names: String,
    pub plan: String,
    pub public_key: Vec<u8>,
    pub created_at: i64,
    pub updated_at: i64,
    pub decided_at: Option<i64>,
    pub decided_by: Option<String>,
    pub refusal_reason: Option<String>,
    pub detail: String,
}

plain_entity!();
