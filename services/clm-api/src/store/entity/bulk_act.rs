//! Acts on many certificates.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_act")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub wish: String,
    pub reach: String,
    pub actor: String,
    pub address: Option<String>,
    pub requester: String,
    pub request_key: Option<String>,
    pub state: String,
    pub total: i64,
    pub done: i64,
    pub unchanged: i64,
    pub failed: i64,
    pub position: String,
    pub claimed_until: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub finished_at: Option<i64>,
}

plain_entity!();
