//! Table `acme_authorization`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acme_authorization")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account_id: String,
    pub order_id: String,
    pub position: i64,
    pub identifier_kind: String,
    pub identifier_value: String,
    pub wildcard: bool,
    pub state: String,
    pub expires_at: i64,
    pub proven_by: Option<String>,
    pub proven_at: Option<i64>,
    pub proven_for: Option<String>,
    pub caa_checked_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::challenge::Entity")]
    Challenge,
}

impl Related<super::challenge::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Challenge.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
