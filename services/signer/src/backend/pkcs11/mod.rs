//! Keys on tokens, by way of a vendor's PKCS #11 library. Every call happens on a worker thread with a session of its
//! own; a session that was lost is opened again, a token that went away is looked for until it is back, and a PIN
//! that was refused is never tried again.

mod connection;
mod fault;
mod generate;
mod library;
mod shared;
mod sign;
mod slot;
mod token;
mod worker;

pub use token::Pkcs11Token;
