//! Certificates to be renewed sooner than usual.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "renewal_advice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub fingerprint: String,
    pub starts_at: i64,
    pub ends_at: i64,
    pub explanation_url: Option<String>,
    pub created_at: i64,
    pub created_by: String,
}

plain_entity!();
