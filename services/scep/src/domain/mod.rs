//! Messages of SCEP, pure: no IO, no clock.

pub mod answer;
pub mod capabilities;
pub mod message;
mod oid;
pub mod request;
