//! CLM as its callers see it: gRPC and REST over a real database, with a CARA that issues real certificates.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a story that cannot go on fails"
)]

mod approving;
mod auditing;
mod authenticating;
mod bulk;
mod cara;
mod challenges;
mod clm;
mod conventions;
mod counting;
mod end_entities;
mod enrolling;
mod external_accounts;
mod following;
mod importing;
mod key_recovering;
mod logging_in;
mod notifying;
mod noting;
mod openapi;
mod openssl;
mod people;
mod permissions;
mod policies;
mod realms;
mod receiver;
mod renewing;
mod repeating;
mod rest;
mod revoking;
mod schema;
mod sessions;
mod starting;
mod trail;
mod webhooks;
