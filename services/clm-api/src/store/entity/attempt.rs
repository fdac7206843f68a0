//! Wrong attempts to be taken for somebody.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub failures: i64,
    pub locked_until: Option<i64>,
    pub updated_at: i64,
}

plain_entity!();
