//! rev-info's stories: openssl asks over HTTP, a CARA of our own answers behind it, the signer's stand-in signs.

#![cfg(test)]

mod cara;
mod crl;
mod ocsp;
mod partitions;
mod signers;
mod world;
