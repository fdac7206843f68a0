//! Where private keys live. A new kind of token is one folder here and one entry in `config.rs`.

mod error;
mod pkcs11;
mod pool;
mod software;
mod token;

pub use error::TokenError;
pub use pkcs11::{Pkcs11Token, token_worker};
pub use pool::Reservation;
pub use software::SoftwareToken;
pub use token::{Description, Found, Message, NewPair, SealedKey, Token};
