//! Pure types: who asks, and a transaction.

pub mod asker;
pub mod transaction;
