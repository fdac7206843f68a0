//! Local accounts.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "administrator")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub username: String,
    pub password_hash: String,
    pub failures: i64,
    pub locked_until: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub display_name: String,
    pub email: String,
    pub closed: bool,
    pub sealed_totp: Option<Vec<u8>>,
    pub totp_confirmed: bool,
    pub totp_step: Option<i64>,
    pub certificate: Option<String>,
    pub last_login_at: Option<i64>,
    pub version: i64,
}

plain_entity!();
