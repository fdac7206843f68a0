//! What is pure: bodies read, and what a request is known again by.

pub mod body;
pub mod request_id;
