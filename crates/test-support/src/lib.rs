//! Dev only: what tests of several crates need.

pub mod cut;
pub mod databases;
pub mod softhsm;
