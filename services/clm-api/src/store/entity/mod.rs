//! The rows, as they stand in the database. They do not leave the store: it returns domain types.

macro_rules! plain_entity {
    () => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    };
}

pub mod access_token;
pub mod active_claim;
pub mod administrator;
pub mod attempt;
pub mod audit_event;
pub mod audit_head;
pub mod bulk_act;
pub mod bulk_failure;
pub mod certificate;
pub mod certificate_name;
pub mod certificate_note;
pub mod certificate_tag;
pub mod challenge;
pub mod client;
pub mod delivery;
pub mod end_entity;
pub mod external_account_key;
pub mod feed;
pub mod foreign_authority;
pub mod key_recovery;
pub mod key_recovery_decision;
pub mod policy;
pub mod policy_version;
pub mod realm;
pub mod renewal_advice;
pub mod reply;
pub mod request;
pub mod revision;
pub mod role;
pub mod role_binding;
pub mod server_key;
pub mod subscription;
