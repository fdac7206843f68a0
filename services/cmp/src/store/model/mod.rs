//! The tables as sea-orm has them.

pub mod own_certificate;
pub mod transaction;
