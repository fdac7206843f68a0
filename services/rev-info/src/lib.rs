//! Revocation information for relying parties: OCSP (RFC 6960, 5019), CRLs and CA certificates over plain HTTP. It owns
//! and decides nothing: it repeats what CARA says, signed by the signer, and never answers `good` for a serial number
//! that was never issued.
//!
//! One request's way: `http/ocsp` → `answer` (cache; else CARA's status, signed) → bytes. `feed` follows CARA's events
//! and drops what they make untrue.

mod answer;
pub mod config;
mod crls;
mod feed;
mod http;
mod service;
mod signers;
mod sources;

pub use config::Config;
pub use service::{RevInfo, StartError, serve, start};
