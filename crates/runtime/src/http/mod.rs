//! What the HTTP services share: RFC 9457 problems, input that does not read, and the listener.

mod client_address;
mod client_certificate;
pub mod ingress;
mod input;
mod listener;
mod network;
mod problem;

pub use client_address::client_address;
pub use client_certificate::{AnyClientCertificate, ClientCertificates, SessionExporter};
pub use input::{LARGEST_BODY, nothing_here, read_input, wrong};
pub use listener::{Listener, ListenerError, serve, serve_with_lean};
pub use network::{Network, NetworkError};
pub use problem::{Problem, not_found, problem, problem_of_status};
