//! Other services, as CLM sees them: domain types in, domain types out.

mod cara;
mod read;

pub use cara::{Cara, CaraError, Heard, IssuedCertificate};
