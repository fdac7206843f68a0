//! Pure types and state machines of RFC 8555; nothing here waits, reads a clock or touches a database.

pub mod account;
pub mod acme_certificate;
pub mod authorization;
pub mod caa;
pub mod certificate_id;
pub mod challenge;
pub mod directory;
pub mod external_account;
pub mod id;
pub mod identifier;
pub mod jwk;
pub mod jws;
pub mod order;
pub mod policy;
pub mod problem;
pub mod request_names;
