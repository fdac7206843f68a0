//! What the HTTP services share: RFC 9457 problems and the listener.

mod client_certificate;
mod listener;
mod problem;

pub use client_certificate::{AnyClientCertificate, ClientCertificates};
pub use listener::{Listener, ListenerError, serve};
pub use problem::{Problem, not_found, problem, problem_of_status};
