//! HTTP: the route table, what a request shows, and answers in EST's forms.

mod answers;
mod attributes;
mod ca_certificates;
mod enroll;
mod incoming;
mod routes;
mod server_keys;

pub(crate) use routes::configure;
