//! Logging in at the provider with a browser elsewhere (RFC 8628): for command lines. The provider shows its page to a
//! person who types a code, and meanwhile is asked whether they have.

use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Oidc, OidcError, Party, Told};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What a provider says that has device codes, and none for us.
const NOT_OURS: [&str; 2] = ["unauthorized_client", "unsupported_grant_type"];
/// Between two questions, when the provider says nothing (section 3.2).
const USUAL_INTERVAL_S: u64 = 5;
/// What is longer is cut off.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// A login that waits for a person.
pub struct BegunDevice {
    /// What is asked with whether they have come.
    pub device_code: Zeroizing<String>,
    /// What they type.
    pub user_code: String,
    /// Where.
    pub verification_url: String,
    /// The same with the code in it, when the provider has it.
    pub verification_url_complete: Option<String>,
    /// For how long.
    pub lifetime: Duration,
    /// Between two questions, at least.
    pub interval: Duration,
}

/// Whether they have come.
pub enum Redeemed {
    /// They have.
    Told(Told),
    /// Not yet.
    Pending,
    /// Not yet, and it was asked too soon: five seconds more between two questions from now on (section 3.5).
    TooSoon,
}

#[derive(Deserialize)]
struct Authorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

impl Oidc {
    /// Begins a login by device code; nothing when the provider has none.
    pub async fn begin_device(&self, challenge: &str) -> Result<Option<BegunDevice>, OidcError> {
        let known = self.known(false).await?;
        let Some(endpoint) = &known.metadata.device_authorization_endpoint else {
            return Ok(None);
        };
        let wish = [
            ("scope", self.scopes.as_str()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        let what = "a device code";
        let told: Authorization = match self.post(what, endpoint, self.device(), &wish).await {
            Err(OidcError::Refused { code, .. }) if NOT_OURS.contains(&code.as_str()) => {
                tracing::warn!(
                    code,
                    "the OpenID provider gives this client no device codes"
                );
                return Ok(None);
            }
            told => told?,
        };
        let is_page = |text: &str| {
            text.len() <= 2000
                && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
        };
        if !is_page(&told.verification_uri) {
            let detail = "verification_uri is no address of a page".to_owned();
            return Err(OidcError::Answer { what, detail });
        }
        let seconds = |seconds| Duration::from_secs(seconds).min(LONGEST_WAIT);
        Ok(Some(BegunDevice {
            device_code: Zeroizing::new(told.device_code),
            user_code: told.user_code,
            verification_url: told.verification_uri,
            verification_url_complete: told.verification_uri_complete.filter(|url| is_page(url)),
            lifetime: seconds(told.expires_in),
            interval: seconds(told.interval.unwrap_or(USUAL_INTERVAL_S)),
        }))
    }

    /// Who logged in with a device code, if somebody has.
    pub async fn redeem_device(
        &self,
        device_code: &str,
        verifier: &str,
        now_ms: i64,
    ) -> Result<Redeemed, OidcError> {
        let known = self.known(false).await?;
        let grant = [
            ("grant_type", GRANT),
            ("device_code", device_code),
            ("code_verifier", verifier),
        ];
        let endpoint = &known.metadata.token_endpoint;
        let party = self.device();
        match self.post("tokens", endpoint, party, &grant).await {
            // It answers who asked with the device code itself: there is no browser in between that a nonce would tie it to.
            Ok(tokens) => {
                let told = self.tell(&known, tokens, party, None, now_ms).await?;
                Ok(Redeemed::Told(told))
            }
            Err(OidcError::Refused { code, .. }) if code == "authorization_pending" => {
                Ok(Redeemed::Pending)
            }
            Err(OidcError::Refused { code, .. }) if code == "slow_down" => Ok(Redeemed::TooSoon),
            Err(error) => Err(error),
        }
    }

    fn device(&self) -> Party<'_> {
        match &self.device_client_id {
            Some(id) => Party { id, secret: None },
            None => self.party(),
        }
    }
}
