//! HTTP: one file per endpoint, and the few things that all of them share. Routes stand in `routes.rs`.

mod account;
mod authorization;
mod certificate;
mod challenge;
mod change_key;
mod directory;
mod finalize;
mod headers;
mod incoming;
mod new_account;
mod new_authz;
mod new_nonce;
mod new_order;
mod order;
mod orders;
mod problem;
mod renewal_info;
mod reply;
mod revoke;
mod routes;
mod view;

pub use routes::configure;
