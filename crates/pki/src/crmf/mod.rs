//! Certificate requests of RFC 4211 (CRMF), as CMP carries them: the template, the controls, and the proof of possession,
//! which is verified over the bytes that came.

mod control;
mod possession;
mod request;
mod template;

pub use control::{Control, OldCertId};
pub use possession::{AuthInfo, PossessionError, ProofOfPossession, SigningKeyInput};
pub use request::{CertReqMsg, MAX_REQUESTS};
pub(crate) use request::{read_messages, write_messages};
pub use template::CertTemplate;
pub(crate) use template::{read_template, write_template};
