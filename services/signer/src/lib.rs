//! The signer: the one process that holds private keys. A request goes through `grpc` into a flow: the caller's grant,
//! the key's purposes and limits against the bytes themselves, a durable journal entry, and only then the signature.
//!
//! To add a kind of token: a folder in `backend/`, an entry in `config.rs`. To add a purpose: the `.proto`, then
//! `domain/limits.rs` says what its bytes must be.

mod backend;
pub mod config;
mod domain;
mod flows;
mod grpc;
mod journal;
mod serve;
mod state;
mod store;
mod telemetry;
mod vault;
pub mod witness;

pub use backend::token_worker;
pub use config::Config;
pub use domain::Grant;
pub use serve::{Signer, StartError, change_master_password, serve, start};
