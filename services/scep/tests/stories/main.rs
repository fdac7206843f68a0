//! Stories of the SCEP server against a CLM that is a fake, and a signer in memory.

#![cfg(test)]

mod authorities;
mod enrolling;
mod hostile;
mod looking_up;
mod support;
mod transactions;
