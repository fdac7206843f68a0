//! Complete ACME orders by a client of our own: small, so that it costs little beside the server.

mod client;
mod jws;
mod responders;

pub use client::{Client, Directory, Shared};
pub use responders::{Challenges, Responders};
