//! The ACME server, RFC 8555: it proves that who asks controls the names, and hands on to CLM what was proven. It picks
//! no CA and builds no certificate.
//!
//! A request's way: `http` (routes, what an answer looks like) → `flows` (the story of one use case) → `domain` (pure
//! rules and state machines), `store` (the database), `clients` (CLM), `shared` (nonces, limits), `validation`.
//!
//! To add an endpoint: one file in `http/`, one in `flows/`, one line in `http/routes.rs`.

pub mod clients;
pub mod config;
pub mod domain;
mod failure;
mod flows;
mod http;
mod metrics;
mod server;
pub mod shared;
mod start;
pub mod store;
mod urls;
pub mod validation;

pub use config::Config;
pub use ers_enrollment::Deps;
pub use start::{Acme, ServeError, StartError, serve, start};
