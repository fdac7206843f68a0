//! The CMP server, RFC 9810 over HTTP (RFC 9811), with the Lightweight CMP Profile (RFC 9483) in mind: it proves who asks
//! and that they have the key, and hands on to CLM what was proven. It picks no CA and builds no certificate.
//!
//! A message's way: `http` (one route) → `flows::answer` (header, protection, transaction) → one flow for each body →
//! `clients` (CLM), `store` (transactions) → `flows::protect` (the answer).
//!
//! To add a body: a file in `flows/`, a line in `flows/answer.rs`; a type of information: `flows/general.rs`.

pub mod clients;
pub mod config;
mod domain;
mod failure;
mod flows;
mod http;
mod metrics;
mod server;
mod start;
mod store;

pub use config::Config;
pub use ers_enrollment::Deps;
pub use start::{Cmp, ServeError, StartError, serve, start};
