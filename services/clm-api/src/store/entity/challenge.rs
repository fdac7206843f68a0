//! Challenges for one SCEP request each.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "challenge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub policy: String,
    pub end_entity: String,
    pub common_name: String,
    pub subject_alternative_names: String,
    pub expires_at: i64,
    pub used_for: Option<String>,
    pub created_at: i64,
    pub created_by: String,
}

plain_entity!();
