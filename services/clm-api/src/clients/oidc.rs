//! The OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE, RFC 7636): found by discovery, asked
//! for tokens; its ID tokens are checked in `id_token`, device codes (RFC 8628) are in `device`. `openidconnect` would
//! bring the crate `rsa`, which we do not have.

mod answer;
mod device;
mod id_token;
mod places;

use std::{sync::Arc, time::Duration};

use ers_runtime::{
    config::{ConfigError, Secret},
    error::{Fault, Kind},
};
use jsonwebtoken::jwk::Jwk;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::config::OidcConfig;
use answer::read;
pub use device::{BegunDevice, Redeemed};
use places::{check_url, from_inside, internal};

const TIMEOUT: Duration = Duration::from_secs(10);
/// The provider.
pub struct Oidc {
    http: reqwest::Client,
    issuer: String,
    /// Where it is asked from here, without a slash at the end.
    asked_at: String,
    is_first: bool,
    client_id: String,
    client_secret: Option<SecretString>,
    /// What we are called, without a secret, where somebody logs in by device code; absent: as everywhere.
    device_client_id: Option<String>,
    /// Where the browser comes back to.
    redirect_url: String,
    /// Where the browser goes after logging out there.
    after_logout_url: String,
    scopes: String,
    username_claim: String,
    groups_claim: String,
    known: Mutex<Option<Arc<Known>>>,
}

/// What the provider says of itself.
struct Known {
    metadata: Metadata,
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
}

/// Who asks: a client of the provider's.
#[derive(Clone, Copy)]
struct Party<'a> {
    id: &'a str,
    secret: Option<&'a SecretString>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
}

/// Who the provider says somebody is.
pub struct Told {
    /// The claim that is their name.
    pub name: String,
    /// The groups that they are in.
    pub groups: Vec<String>,
    /// To log out with.
    pub id_token: String,
}

/// The provider cannot be used, or does not vouch for somebody.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The client's secret is not there.
    #[error("read oidc.client_secret")]
    Secret(#[source] ConfigError),
    /// A setting makes no sense.
    #[error("read oidc.{0}: must be https, or http on this machine")]
    Url(&'static str),
    /// The address of the inside makes no sense.
    #[error("read oidc.internal_url: must be https or http")]
    InternalUrl,
    /// The authorities do not read.
    #[error("read oidc.authorities")]
    Authorities(#[source] std::io::Error),
    /// The client cannot be made.
    #[error("make client of the OpenID provider")]
    Client(#[source] reqwest::Error),
    /// The provider is out of reach.
    #[error("ask the OpenID provider for {what}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It refuses.
    #[error("ask the OpenID provider for {what}: {status} {code}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// Status of HTTP.
        status: reqwest::StatusCode,
        /// The code of RFC 6749 section 5.2, which says enough, and nothing that is secret; or empty.
        code: String,
    },
    /// It answers what it should not.
    #[error("ask the OpenID provider for {what}: {detail}")]
    Answer {
        /// What was asked for.
        what: &'static str,
        /// What came.
        detail: String,
    },
    /// Its token is not right.
    #[error("check ID token: {0}")]
    Token(String),
}

impl Oidc {
    /// Reads the settings; the provider is asked when somebody logs in first.
    pub fn new(config: &OidcConfig) -> Result<Self, OidcError> {
        check_url("issuer", &config.issuer)?;
        check_url("external_url", &config.external_url)?;
        let asked_at = match &config.internal_url {
            Some(url) => internal(url)?,
            None => &config.issuer,
        };
        let mut http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // The provider's endpoints are where its discovery says; a redirect could lead the code elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(file) = &config.authorities {
            let pem = std::fs::read(file).map_err(OidcError::Authorities)?;
            let all = reqwest::Certificate::from_pem_bundle(&pem).map_err(OidcError::Client)?;
            http = http.tls_certs_only(all);
        }
        let external = config.external_url.trim_end_matches('/');
        let secret = config.client_secret.as_ref().map(Secret::resolve);
        Ok(Self {
            http: http.build().map_err(OidcError::Client)?,
            issuer: config.issuer.clone(),
            asked_at: asked_at.trim_end_matches('/').to_owned(),
            is_first: config.first,
            client_id: config.client_id.clone(),
            client_secret: secret.transpose().map_err(OidcError::Secret)?,
            device_client_id: config.device_client_id.clone(),
            redirect_url: format!("{external}/clm-api/v1/oidc/callback"),
            after_logout_url: format!("{external}/clm-ui/"),
            scopes: config.scopes.join(" "),
            username_claim: config.username_claim.clone(),
            groups_claim: config.groups_claim.clone(),
            known: Mutex::new(None),
        })
    }

    /// Whether people are sent there before they are asked how they want to log in.
    pub const fn is_first(&self) -> bool {
        self.is_first
    }

    /// Where the browser goes to log in.
    pub async fn authorization_url(
        &self,
        state: &str,
        nonce: &str,
        challenge: &str,
    ) -> Result<Url, OidcError> {
        let known = self.known(false).await?;
        let mut url = known.metadata.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_url)
            .append_pair("scope", &self.scopes)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Where the browser goes to log out there too; nothing when the provider has no such place.
    pub async fn logout_url(&self, id_token: &str) -> Option<Url> {
        let known = self.known(false).await.ok()?;
        let mut url = known.metadata.end_session_endpoint.clone()?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("client_id", &self.client_id)
            .append_pair("post_logout_redirect_uri", &self.after_logout_url);
        Some(url)
    }

    /// Who somebody is: the code that their browser brought, for tokens; the ID token checked.
    pub async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        now_ms: i64,
    ) -> Result<Told, OidcError> {
        let known = self.known(false).await?;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_url),
            ("code_verifier", verifier),
        ];
        let party = self.party();
        let endpoint = &known.metadata.token_endpoint;
        let tokens = self.post("tokens", endpoint, party, &grant).await?;
        self.tell(&known, tokens, party, Some(nonce), now_ms).await
    }

    fn party(&self) -> Party<'_> {
        Party {
            id: &self.client_id,
            secret: self.client_secret.as_ref(),
        }
    }

    /// Who somebody is, by the tokens that were given to one of our names there.
    async fn tell(
        &self,
        known: &Known,
        tokens: Tokens,
        party: Party<'_>,
        nonce: Option<&str>,
        now_ms: i64,
    ) -> Result<Told, OidcError> {
        let token = &tokens.id_token;
        let mut claims = self.check(known, token, party.id, nonce, now_ms).await?;
        // Some providers tell more than the subject only at their userinfo endpoint (section 5.4).
        if (claims.get(&self.username_claim).is_none() || claims.get(&self.groups_claim).is_none())
            && let Some(endpoint) = &known.metadata.userinfo_endpoint
        {
            self.add_userinfo(&mut claims, endpoint, &tokens.access_token)
                .await?;
        }
        let name = claims
            .get(&self.username_claim)
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| OidcError::Token(format!("no claim {}", self.username_claim)))?;
        let groups = match claims.get(&self.groups_claim) {
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(|group| group.as_str().map(str::to_owned))
                .collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        Ok(Told {
            name: name.to_owned(),
            groups,
            id_token: tokens.id_token,
        })
    }

    async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        endpoint: &Url,
        party: Party<'_>,
        pairs: &[(&str, &str)],
    ) -> Result<T, OidcError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let mut request = self.http.post(endpoint.clone());
        match party.secret {
            // RFC 6749 section 2.3.1: form-encoded, then HTTP Basic
            Some(secret) => {
                request =
                    request.basic_auth(encoded(party.id), Some(encoded(secret.expose_secret())));
            }
            None => {
                form.append_pair("client_id", party.id);
            }
        }
        let request = request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.finish());
        read(what, request).await
    }

    async fn add_userinfo(
        &self,
        claims: &mut serde_json::Map<String, Value>,
        endpoint: &Url,
        access_token: &str,
    ) -> Result<(), OidcError> {
        let request = self.http.get(endpoint.clone()).bearer_auth(access_token);
        let more: serde_json::Map<String, Value> = read("userinfo", request).await?;
        // Section 5.3.2: another subject's must not be used.
        if more.get("sub") != claims.get("sub") {
            return Err(OidcError::Token("userinfo is somebody else's".to_owned()));
        }
        for (name, value) in more {
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// What the provider says of itself, asked once; anew when a key is not among those that are known.
    async fn known(&self, anew: bool) -> Result<Arc<Known>, OidcError> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|_| !anew) {
            return Ok(Arc::clone(known));
        }
        let place = format!("{}/.well-known/openid-configuration", self.asked_at);
        let mut metadata: Metadata = read("its configuration", self.http.get(place)).await?;
        if metadata.issuer != self.issuer {
            return Err(OidcError::Answer {
                what: "its configuration",
                detail: format!("it says that it is {}", metadata.issuer),
            });
        }
        // Keycloak tells the place for device codes as browsers would reach it, although only we ask there.
        if let Some(url) = &mut metadata.device_authorization_endpoint {
            from_inside(url, &self.issuer, &self.asked_at);
        }
        let set: KeySet = read("its keys", self.http.get(metadata.jwks_uri.clone())).await?;
        // Keys of kinds that we do not know are for others.
        let keys = set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        let fresh = Arc::new(Known { metadata, keys });
        *known = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Fault for OidcError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreachable { .. } => Kind::Unavailable,
            Self::Token(_)
            | Self::Answer { what: "tokens", .. }
            | Self::Refused { what: "tokens", .. } => Kind::Unauthenticated,
            Self::Secret(_)
            | Self::Url(_)
            | Self::InternalUrl
            | Self::Authorities(_)
            | Self::Client(_)
            | Self::Answer { .. }
            | Self::Refused { .. } => Kind::Internal,
        }
    }
}
