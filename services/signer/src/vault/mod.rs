//! What is secret at rest: everything under one data key, the data key under the master password.

mod data_key;
mod master_password;

pub use data_key::{OpenError, Use, Vault};
pub use master_password::{UnlockError, change, unlock};
