//! Who has which role where.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_binding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub role: String,
    pub subject_kind: String,
    pub subject: String,
    pub realm: String,
    pub policy: String,
    pub created_at: i64,
    pub created_by: String,
}

plain_entity!();
