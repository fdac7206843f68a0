//! CLM as its callers see it: gRPC and REST over a real database, with a CARA that issues real certificates.

mod approving;
mod cara;
mod clm;
mod enrolling;
mod external_accounts;
mod following;
mod logging_in;
mod openapi;
mod openssl;
mod policies;
mod rest;
mod revoking;
mod starting;
