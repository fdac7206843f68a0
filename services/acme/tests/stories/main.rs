//! Stories over HTTP against the ACME server on a real port. CLM is a fake that really issues; keys, signatures, DNS and
//! web servers are real.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on fails, also in its helpers"
)]

mod accounts;
mod caa;
mod databases;
mod external_accounts;
mod finalizing;
mod fuzz;
mod orders;
mod renewal;
mod replicas;
mod requests;
mod reuse;
mod revocation;
mod support;
mod tls_alpn;
mod validations;
