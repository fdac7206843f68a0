//! What every ERS process needs and nothing else: configuration, telemetry, health, shutdown, mutual TLS, caller
//! identity, and the one mapping from errors to gRPC status and RFC 9457 problems. No domain lives here.
//!
//! A new service: a `Config` struct with `deny_unknown_fields`, a `serve(context, config)`, and a `main` that calls
//! [`process::run`].

pub mod clock;
pub mod config;
mod context;
#[cfg(feature = "db")]
pub mod db;
pub mod error;
pub mod gather;
pub mod grpc;
pub mod health;
#[cfg(feature = "http")]
pub mod http;
pub mod process;
pub mod shutdown;
pub mod telemetry;
pub mod tls;

/// Of every program: with glibc's, a certificate costs a tenth more CPU time, since most of what one thread allocates
/// another one frees. Libraries of tokens, which are not ours, keep glibc's.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub use context::Context;
