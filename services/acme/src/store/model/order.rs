//! Table `acme_order`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acme_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account_id: String,
    pub directory: String,
    pub policy: String,
    pub state: String,
    #[sea_orm(column_type = "Text")]
    pub identifiers: String,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub expires_at: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub csr: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub certificate_chain: Option<String>,
    pub certificate_fingerprint: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub authorizations: Option<String>,
    pub profile: Option<String>,
    pub replaces: Option<String>,
    pub certificate_id: Option<String>,
    pub replaced_by: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
