//! The EST server, RFC 7030: certificates over HTTPS for devices. It reads what a client sends, has CLM say who asks and
//! whether they may, and tells the outcome in EST's words. It keeps nothing: the same request is the same request id.
//!
//! A request's way: `http` (routes, headers, answers) → `flows` (one file per operation) → `clients` (CLM); `domain` has
//! what is pure. To add an operation: a file in `flows/`, one in `http/`, a line in `http/routes.rs`.

pub mod clients;
pub mod config;
pub mod domain;
mod failure;
mod flows;
mod http;
mod start;

pub use config::Config;
pub use ers_enrollment::Deps;
pub use start::{Est, ServeError, serve, start};
