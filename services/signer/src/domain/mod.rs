//! Who may have what signed, and what the bytes must be. Pure: no IO, no clock.

mod grants;
mod handshake;
mod jws;
mod limits;
mod names;
mod signed_attributes;

pub use grants::{Grant, Grants, NotGranted};
pub use limits::{Beyond, check, check_algorithm, check_crl, check_length};
pub use names::{InvalidField, check_context, check_label, check_request_id};
