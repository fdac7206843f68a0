//! What CARA speaks about; no IO.

mod authority;
mod event;
mod record;

pub use authority::{Authority, AuthorityName, InvalidName, OcspSigner, State};
pub use event::{Event, What};
pub use record::{Origin, Record, RequestDigest, Revocation};
