//! Somebody logs in with a browser on another machine (RFC 8628), for their command line: the provider gives a code that
//! they type there, and who began is let in once they have. CLM is the provider's client, so that the command line needs
//! no name there and sees none of its tokens.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_runtime::error::chain;
use zeroize::Zeroizing;

use super::{
    Flows, Session, SessionToken, log_in_by_provider::ProviderLogInError, sessions::random_text,
};
use crate::{
    clients::{BegunDevice, Redeemed},
    domain::pace::Pace,
};

/// Between the verifier of PKCE, which is base64url, and the provider's code.
const BETWEEN: char = '.';
const LONGEST_CODE: usize = 2000;

/// How often logins by device code may be begun and asked about, from one address.
pub struct DevicePaces {
    begin: Pace,
    ask: Pace,
}

/// Whether somebody has typed the code.
pub enum DeviceLogin {
    /// They have, and are who.
    In(Box<(SessionToken, Session)>),
    /// Not yet; with what is added to the time between two questions.
    Pending {
        /// Seconds.
        slower_by: u32,
    },
}

impl Default for DevicePaces {
    /// Enough for the people behind one address; every question is asked on at the provider.
    fn default() -> Self {
        Self {
            begin: Pace::per_minute(30),
            ask: Pace::per_minute(300),
        }
    }
}

impl Flows {
    /// Begins a login by device code. What the code is redeemed with stays in `device_code`: it is any replica's to redeem.
    #[tracing::instrument(name = "clm.begin_device_log_in", skip_all)]
    pub async fn begin_device_log_in(
        &self,
        address: Option<&str>,
    ) -> Result<BegunDevice, ProviderLogInError> {
        let provider = self.oidc.as_ref().ok_or(ProviderLogInError::None)?;
        self.keep_pace(&self.device_paces.begin, address)?;
        let verifier = random_text()?;
        let challenge =
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let begun = provider.begin_device(&challenge).await?;
        let begun = begun.ok_or(ProviderLogInError::NoDevice)?;
        let code = format!("{}{BETWEEN}{}", *verifier, *begun.device_code);
        Ok(BegunDevice {
            device_code: Zeroizing::new(code),
            ..begun
        })
    }

    /// Begins a session once somebody has typed the code.
    #[tracing::instrument(name = "clm.log_in_by_device", skip_all)]
    pub async fn log_in_by_device(
        &self,
        device_code: &str,
        address: Option<String>,
    ) -> Result<DeviceLogin, ProviderLogInError> {
        let provider = self.oidc.as_ref().ok_or(ProviderLogInError::None)?;
        let (verifier, code) = device_code
            .split_once(BETWEEN)
            .filter(|(verifier, code)| !verifier.is_empty() && !code.is_empty())
            .filter(|_| device_code.len() <= LONGEST_CODE)
            .ok_or(ProviderLogInError::DeviceCode)?;
        self.keep_pace(&self.device_paces.ask, address.as_deref())?;
        let now_ms = self.clock.now_ms();
        let told = match provider.redeem_device(code, verifier, now_ms).await {
            Ok(Redeemed::Pending) => return Ok(DeviceLogin::Pending { slower_by: 0 }),
            Ok(Redeemed::TooSoon) => return Ok(DeviceLogin::Pending { slower_by: 5 }),
            Ok(Redeemed::Told(told)) => Ok(told),
            Err(error) => {
                tracing::debug!(error = chain(&error), "device code not redeemed");
                Err(error.into())
            }
        };
        let session = self.let_in(told, " by device code", address).await?;
        Ok(DeviceLogin::In(Box::new(session)))
    }

    fn keep_pace(&self, pace: &Pace, address: Option<&str>) -> Result<(), ProviderLogInError> {
        let seconds = pace.step(address.unwrap_or_default(), self.clock.now_ms());
        match seconds {
            Some(seconds) => Err(ProviderLogInError::TooMany { seconds }),
            None => Ok(()),
        }
    }
}
