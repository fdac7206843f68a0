//! Dev only: what tests of several crates need.

pub mod databases;
pub mod softhsm;
