//! gRPC over mutual TLS, both directions: [`connect`] to another service, [`serve`] one's own, and who is [`caller`].

mod caller;
mod client;
mod connection;
mod server;

pub use caller::{Caller, caller};
pub use client::{Channel, Connection, Propagate, connect};
pub use connection::turn;
pub use server::{ServeError, serve};

/// Octets that may be under way in a stream, and in all of a connection: many calls share one stream, which the 64 KiB of
/// RFC 9113 would hold up at some forty of them.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
