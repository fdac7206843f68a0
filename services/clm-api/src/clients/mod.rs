//! Other services, as CLM sees them: domain types in, domain types out.

mod cara;
mod error;
mod hook;
mod https;
mod mail;
mod oidc;
mod read;
mod webhook;

pub use cara::{AuthorityFacts, Cara, CrlDates, IssuedCertificate, IssuerCertificates};
pub use error::CaraError;
pub use hook::Hooks;
pub use mail::{Mail, MailError};
pub use oidc::{BegunDevice, Oidc, OidcError, Redeemed, Told};
pub use webhook::{Question, WebhookError, Webhooks};
