//! renewalInfo: RFC 9773 §4. CLM says when; anybody may ask, without an account.

use std::time::Duration;

use crate::clients::clm::RenewalWindow;
use crate::domain::certificate_id::CertificateId;
use crate::domain::problem::Problem;
use crate::failure::Failure;
use crate::server::Server;

/// RFC 9773 §4.3: between these, so that who is told to renew now hears it the same day.
const ASK_AGAIN: Duration = Duration::from_secs(6 * 60 * 60);
const ASK_AGAIN_SOON: Duration = Duration::from_secs(60 * 60);

/// When a certificate should be renewed, and when to ask again.
#[tracing::instrument(name = "acme.renewal_info", skip_all)]
pub async fn renewal_info(server: &Server, id: &str) -> Result<(RenewalWindow, Duration), Failure> {
    let id = CertificateId::parse(id)
        .ok_or_else(|| Problem::malformed("this is not the id of a certificate, RFC 9773 §4.1"))?;
    let window = server
        .clm
        .find_renewal_window(id.key_identifier(), id.serial())
        .await?;
    let window = window.ok_or_else(|| Problem::not_found("certificate"))?;
    let again = match window.pulled_forward {
        true => ASK_AGAIN_SOON,
        false => ASK_AGAIN,
    };
    Ok((window, again))
}
