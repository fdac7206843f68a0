//! Certificates that an act could not be done to.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bulk_act: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub certificate: String,
    pub reason: String,
}

plain_entity!();
