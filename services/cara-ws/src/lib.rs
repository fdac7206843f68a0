//! CARA, the certification authority: CAs, profiles, issued certificates, revocation, CRLs. It decides what exactly a
//! certificate says, lints it, has it signed by the signer and keeps it; it never touches a private key.
//!
//! One request's way: `grpc/issuance` → `flows/issue` → `ers_pki::issuance::prepare` → signer → `assemble` →
//! `store/writer` (row and event in one transaction, grouped over concurrent requests).
//!
//! To add a call: the `.proto`, one file in `flows/`, one function in `grpc/`.

pub mod config;
pub mod domain;
mod flows;
mod grpc;
mod http;
mod metrics;
mod service;
mod store;

pub use config::Config;
pub use service::{Cara, StartError, serve, start, start_with};
