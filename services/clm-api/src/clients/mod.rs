//! Other services, as CLM sees them: domain types in, domain types out.

mod cara;
mod error;
mod read;
mod webhook;

pub use cara::{Cara, IssuedCertificate, IssuerCertificates};
pub use error::CaraError;
pub use webhook::{Question, WebhookError, Webhooks};
