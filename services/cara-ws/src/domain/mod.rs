//! What CARA speaks about; no IO.

mod administrator;
mod authority;
mod criteria;
mod crl_name;
mod event;
mod filter;
mod generation;
mod indexed_name;
mod pending_act;
mod randomness;
mod record;
mod restoration;
mod settings;
mod unadopted;

pub use administrator::{
    Act, ActOutcome, Administrator, AdministratorCertificate, AdministratorName,
    InvalidAdministratorName, Permission, Role, UnknownRole,
};
pub use authority::{Authority, AuthorityName, InvalidName, OcspSigner, State};
pub use criteria::{Criteria, Cursor, InvalidCursor, Order, Outline, Times, WantedState};
pub use crl_name::{CrlName, CrlStream, InvalidCrlName};
pub use event::{Event, What};
pub use filter::{Filter, KeyHash};
pub use generation::{CertificateKind, Generation, GenerationState, OtherCertificate};
pub use indexed_name::{IndexedName, NameKind, NotSearchable, WantedName};
pub use pending_act::{Decision, GuardedAct, PendingAct, PendingState};
pub use randomness::{BadRandomness, Randomness, SystemRandomness, self_test};
pub use record::{Origin, Record, RequestDigest, Revocation};
pub use restoration::{Restoration, SeriesApplied, authority_of, numbered_crl};
pub use settings::{InvalidSettings, Settings};
pub use unadopted::Unadopted;
