#![cfg(test)]
//! Stories over HTTP against the CMP server on a real port: told by `openssl cmp` and, where it will not misbehave as
//! wanted, by a client of our own. CLM is a fake that really issues; keys, MACs and signatures are real.

mod authorities;
mod central_keys;
mod challenged;
mod confirming;
mod encrypted;
mod enrolling;
mod hostile;
mod polling;
mod proving;
mod replays;
mod revoking;
mod support;
