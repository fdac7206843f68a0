//! The inventory.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inventory_certificate")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub issuer: String,
    pub serial: String,
    pub fingerprint: String,
    pub subject: String,
    pub subject_folded: String,
    pub subject_alternative_names: String,
    pub key_algorithm: String,
    pub not_before: i64,
    pub not_after: i64,
    pub revoked_at: Option<i64>,
    pub revocation_reason: Option<String>,
    pub realm: String,
    pub policy: String,
    pub policy_version: i64,
    pub end_entity: String,
    pub requester: String,
    pub protocol: String,
    pub request_id: String,
    pub der: Vec<u8>,
    pub issued_at: i64,
    pub updated_at: i64,
}

plain_entity!();
