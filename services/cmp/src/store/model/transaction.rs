//! Table `cmp_transaction`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cmp_transaction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub policy: String,
    pub sender: String,
    pub end_entity: String,
    pub requester: String,
    pub kind: String,
    pub state: String,
    pub version: i64,
    #[sea_orm(column_type = "Text")]
    pub items: String,
    pub request_digest: String,
    pub response: Option<Vec<u8>>,
    pub nonce: Option<String>,
    pub challenge: Option<Vec<u8>>,
    pub confirm_until: Option<i64>,
    pub claimed_until: Option<i64>,
    pub expires_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
