//! gRPC over mutual TLS, both directions: [`connect`] to another service, [`serve`] one's own, and who is [`caller`].

mod caller;
mod client;
mod server;

pub use caller::{Caller, caller};
pub use client::{Channel, Connection, Propagate, connect};
pub use server::{ServeError, serve};
