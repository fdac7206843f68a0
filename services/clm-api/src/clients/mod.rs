//! Other services, as CLM sees them: domain types in, domain types out.

mod cara;
mod error;
mod read;

pub use cara::{Cara, IssuedCertificate};
pub use error::CaraError;
