//! What the HTTP services share: RFC 9457 problems and the listener.

mod listener;
mod problem;

pub use listener::{Listener, ListenerError, serve};
pub use problem::{Problem, not_found, problem, problem_of_status};
