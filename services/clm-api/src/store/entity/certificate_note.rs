//! What people wrote beside a certificate.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inventory_note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub certificate_id: i64,
    pub owner: String,
    pub comment: String,
    pub locations: String,
    pub version: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

plain_entity!();
