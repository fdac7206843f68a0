//! Somebody logs in at the OpenID provider: sent there with what ties the answer to their browser, and let in when they
//! come back. The provider says who they are and which groups they are in; what they may do is ours to say.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_runtime::error::{Fault, Kind, chain};
use url::Url;
use zeroize::Zeroizing;

use super::{Actor, Flows, Identity, Session, SessionError, SessionToken, sessions::random_text};
use crate::{
    clients::{OidcError, Told},
    store::StoreError,
};

/// What comes before the provider's names: nobody there can be taken for a local account.
const PREFIX: &str = "oidc:";
const MOST_GROUPS: usize = 200;

/// A login that was begun.
pub struct BegunLogin {
    /// Where the browser goes.
    pub url: Url,
    /// Comes back with the browser.
    pub state: Zeroizing<String>,
    /// Stands in the ID token.
    pub nonce: Zeroizing<String>,
    /// Shows that the one who redeems the code began the login (RFC 7636).
    pub verifier: Zeroizing<String>,
}

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum ProviderLogInError {
    /// No provider is configured.
    #[error("log in: there is no OpenID provider here")]
    None,
    /// The provider has no device codes for us.
    #[error("log in: the OpenID provider gives no device codes here")]
    NoDevice,
    /// What came is none of ours.
    #[error("log in: device_code is none that was given here")]
    DeviceCode,
    /// Asked too often from one place.
    #[error("log in: too many attempts, try again in {seconds} seconds")]
    TooMany {
        /// When to try again.
        seconds: u32,
    },
    /// The name that the provider gives is none.
    #[error("log in: the OpenID provider's name for you is too long, or has control characters")]
    Name,
    /// The provider.
    #[error("log in")]
    Provider(#[from] OidcError),
    /// The session cannot be begun.
    #[error("log in")]
    Session(#[from] SessionError),
    /// The database.
    #[error("log in: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Begins a login.
    #[tracing::instrument(name = "clm.begin_log_in", skip_all)]
    pub async fn begin_log_in(&self) -> Result<BegunLogin, ProviderLogInError> {
        let provider = self.oidc.as_ref().ok_or(ProviderLogInError::None)?;
        let (state, nonce, verifier) = (random_text()?, random_text()?, random_text()?);
        let challenge =
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let url = provider
            .authorization_url(&state, &nonce, &challenge)
            .await?;
        Ok(BegunLogin {
            url,
            state,
            nonce,
            verifier,
        })
    }

    /// Redeems the code that the browser brought, and begins a session.
    #[tracing::instrument(name = "clm.log_in_by_provider", skip_all)]
    pub async fn log_in_by_provider(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        address: Option<String>,
    ) -> Result<(SessionToken, Session), ProviderLogInError> {
        let told = async {
            let provider = self.oidc.as_ref().ok_or(ProviderLogInError::None)?;
            let now_ms = self.clock.now_ms();
            Ok(provider.redeem(code, verifier, nonce, now_ms).await?)
        };
        self.let_in(told.await, "", address).await
    }

    /// Begins a session for whom the provider vouches. `way`: how they logged in there, beside the usual.
    pub(super) async fn let_in(
        &self,
        told: Result<Told, ProviderLogInError>,
        way: &str,
        address: Option<String>,
    ) -> Result<(SessionToken, Session), ProviderLogInError> {
        let identity = match told.and_then(identity_of) {
            Ok(identity) => identity,
            Err(error) => {
                self.metrics.logged_in("wrong");
                tracing::warn!(target: "audit", act = "session.refuse", address, error = chain(&error), "login refused");
                return Err(error);
            }
        };
        self.metrics.logged_in("ok");
        let actor = Actor {
            name: identity.person.to_string(),
            address,
        };
        let detail = format!("OpenID provider{way}, {} groups", identity.groups.len());
        self.note(&actor, "session.begin", identity.person.as_str(), detail)
            .await?;
        Ok(self.sessions.begin(identity, &*self.clock).await?)
    }

    /// Where somebody's browser goes to log out at the provider too.
    pub async fn provider_logout_url(&self, session: &Session) -> Option<Url> {
        let token = session.identity.id_token.as_ref()?;
        self.oidc.as_ref()?.logout_url(token).await
    }
}

fn identity_of(told: Told) -> Result<Identity, ProviderLogInError> {
    let person = format!("{PREFIX}{}", told.name)
        .parse()
        .map_err(|_| ProviderLogInError::Name)?;
    Ok(Identity {
        person,
        username: None,
        groups: told
            .groups
            .iter()
            .take(MOST_GROUPS)
            .filter_map(|group| group.parse().ok())
            .collect(),
        id_token: Some(told.id_token),
    })
}

impl Fault for ProviderLogInError {
    fn kind(&self) -> Kind {
        match self {
            Self::None | Self::NoDevice => Kind::NotFound,
            Self::DeviceCode => Kind::InvalidArgument,
            Self::TooMany { .. } => Kind::ResourceExhausted,
            Self::Name => Kind::Unauthenticated,
            Self::Provider(error) => error.kind(),
            Self::Session(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::DeviceCode).then_some("device_code")
    }
}
