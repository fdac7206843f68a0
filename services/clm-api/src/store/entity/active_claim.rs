//! Who holds the one active certificate of a policy that wants one at most.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "active_claim")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder: String,
    pub request_id: String,
    pub claimed_at: i64,
}

plain_entity!();
