//! Table `acme_challenge`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acme_challenge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub authorization_id: String,
    pub kind: String,
    pub token: String,
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub validated_at: Option<i64>,
    pub claimed_until: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::authorization::Entity",
        from = "Column::AuthorizationId",
        to = "super::authorization::Column::Id"
    )]
    Authorization,
}

impl Related<super::authorization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authorization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
