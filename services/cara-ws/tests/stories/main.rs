//! CARA's stories, told through its gRPC services with the signer's in-memory stand-in, on every kind of database.

#![cfg(test)]
#![expect(clippy::too_many_lines, reason = "a story is told in one piece")]

mod adopting;
mod authorities;
mod clock;
mod common;
mod cutting;
mod database;
mod following;
mod foreign;
mod four_eyes;
mod generations;
mod issuing;
mod linting;
mod lists;
mod profiles;
mod randomness;
mod rest;
mod restoring;
mod revoking;
mod revoking_in_depth;
mod schema;
mod searching;
mod states;
mod wishes;
