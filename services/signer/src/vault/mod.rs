//! What is secret at rest: everything under one data key, the data key under the master password.

mod data_key;
mod keeper;
mod master_password;

pub use data_key::{OpenError, Ring, Use};
pub use keeper::{Vault, rotate, unlock};
pub use master_password::{UnlockError, change};
