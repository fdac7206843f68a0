//! Rows.

pub mod authority;
pub mod transaction;
