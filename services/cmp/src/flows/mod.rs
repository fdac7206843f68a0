//! One file for each use case: the story in order, over domain, store and clients.

pub mod answer;
mod authenticate;
mod central_key;
mod challenge;
mod check_header;
mod confirm;
mod enroll;
mod general;
pub mod memory;
mod nested;
pub mod own_certificate;
mod poll;
mod possession;
mod protect;
mod respond;
mod revoke;
pub mod sweep;
mod transact;
mod wish;
