//! Table `acme_account`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acme_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub directory: String,
    pub thumbprint: String,
    #[sea_orm(column_type = "Text")]
    pub public_key: String,
    pub state: String,
    #[sea_orm(column_type = "Text")]
    pub contacts: String,
    pub terms_agreed: bool,
    pub external_account_key_id: Option<String>,
    pub external_account_binding: Option<String>,
    pub end_entity: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
