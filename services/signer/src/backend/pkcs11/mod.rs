//! Keys on tokens, by way of a vendor's PKCS #11 library. Every call happens on a worker thread, in a session of this
//! process or in a child process of its own; a session that was lost is opened again, a token that went away is looked
//! for until it is back, and a PIN that was refused is never tried again.

mod access;
mod call;
mod child;
mod connection;
mod decrypt;
mod describe;
mod fault;
mod frame;
mod generate;
mod library;
mod process;
mod public_key;
mod shared;
mod sign;
mod slot;
mod token;
mod worker;

pub use child::token_worker;
pub use token::Pkcs11Token;
