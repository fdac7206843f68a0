//! Stories over HTTP against the ACME server on a real port. CLM is a fake that really issues; keys, signatures, DNS and
//! web servers are real.

mod accounts;
mod external_accounts;
mod finalizing;
mod orders;
mod replicas;
mod requests;
mod revocation;
mod support;
mod validations;
