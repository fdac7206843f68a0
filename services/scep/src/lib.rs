//! The SCEP server, RFC 8894: it reads the messages of devices, has CLM say who asks and what they get, and answers
//! with the certificate of a registration authority whose key lies in the signer.
//!
//! A request's way: `http` (routes, content types) → `flows` (the story of one use case) → `domain` (messages, pure),
//! `store` (transactions and RA certificates), `clients` (CLM).
//!
//! To add a message type: one variant in `domain/message.rs`, one file in `flows/`, one arm in `flows/operate.rs`.

pub mod clients;
pub mod config;
pub mod domain;
mod failure;
mod flows;
mod http;
mod metrics;
mod server;
mod start;
pub mod store;

pub use config::Config;
pub use ers_enrollment::Deps;
pub use start::{Scep, ServeError, StartError, serve, start};
