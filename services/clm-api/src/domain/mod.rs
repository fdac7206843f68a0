//! What CLM decides, pure: no database, no network, no clock of its own.

pub mod access;
pub mod access_token;
pub mod account;
pub mod attempts;
pub mod challenge;
pub mod decide;
pub mod end_entity;
pub mod external_account;
pub mod https_url;
pub mod id;
pub mod inventory;
pub mod notice;
pub mod page;
pub mod permission;
pub mod policy;
pub mod protocol;
pub mod realm;
pub mod refusal;
pub mod renewal;
pub mod reply;
pub mod request;
pub mod role;
pub mod statistics;
pub mod subscription;
pub mod totp;
pub mod trail;
