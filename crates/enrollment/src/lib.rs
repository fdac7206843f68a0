//! CLM as the protocol edges see it, `clm.v1.Enrollment`: policies, who asks, requests and what became of them,
//! certificates, revocation. What a protocol makes of it is the edge's own.
//!
//! An edge implements [`Edge`] and works with a [`Clm`] of it; another call of CLM is one more function in the file of
//! its subject. Tests have [`testing::FakeClm`].

mod certificate;
mod clm;
mod deps;
mod error;
mod external_account;
mod identity;
mod policy;
mod request;
#[cfg(feature = "testing")]
pub mod testing;

pub use certificate::{KnownCertificate, RenewalWindow};
pub use clm::Clm;
pub use deps::{Deps, Missing};
pub use error::ClmError;
pub use ers_proto::clm::v1::authenticate_request::Credential;
pub use external_account::ExternalAccountKey;
pub use identity::{Authenticated, Denied, FoundSecret, Question, SharedSecret};
pub use policy::Edge;
pub use request::{Enrollment, Outcome};
