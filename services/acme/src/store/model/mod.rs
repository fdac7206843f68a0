//! Rows as they lie in the database. They do not leave `store`.

pub(super) mod account;
pub(super) mod authorization;
pub(super) mod challenge;
pub(super) mod order;
