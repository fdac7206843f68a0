//! HTTP, RFC 8894 section 4.1: one path for everything, with the operation in the query.

mod operation;
mod query;
mod routes;

pub use routes::configure;
