//! Challenges: RFC 8555 §7.1.5, §8, RFC 8737. pending → processing → valid | invalid.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::id::{AuthorizationId, ChallengeId, random_text};
use super::identifier::Identifier;
use super::jwk::Jwk;
use super::problem::Problem;

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// The authorization that it would prove.
    pub authorization_id: AuthorizationId,
    /// How it is proven.
    pub kind: ChallengeKind,
    /// 256 random bits, base64url.
    pub token: String,
    /// How far it is.
    pub state: ChallengeState,
    /// Why it failed.
    pub error: Option<Problem>,
    /// When it was proven.
    pub validated_at: Option<OffsetDateTime>,
}

/// How control of a name is proven.
/// In the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChallengeKind {
    /// RFC 8555 §8.3.
    Http01,
    /// RFC 8555 §8.4.
    Dns01,
    /// RFC 8737 §3.
    TlsAlpn01,
}

/// How far a challenge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeState {
    /// Nobody answered it.
    Pending,
    /// Being validated.
    Processing,
    /// Proven.
    Valid,
    /// Failed for good.
    Invalid,
}

impl Challenge {
    /// A new one.
    pub fn new(authorization_id: AuthorizationId, kind: ChallengeKind) -> Self {
        Self {
            id: ChallengeId::random(),
            authorization_id,
            kind,
            token: random_text::<32>(),
            state: ChallengeState::Pending,
            error: None,
            validated_at: None,
        }
    }

    /// RFC 8555 §8.1: token and thumbprint of the account key.
    pub fn key_authorization(&self, account_key: &Jwk) -> String {
        format!("{}.{}", self.token, account_key.thumbprint())
    }

    /// RFC 8555 §8.4: what the TXT record holds.
    pub fn dns_record(&self, account_key: &Jwk) -> String {
        URL_SAFE_NO_PAD.encode(self.digest(account_key))
    }

    /// SHA-256 of the key authorization: what the acmeIdentifier extension of RFC 8737 §3 holds.
    pub fn digest(&self, account_key: &Jwk) -> Vec<u8> {
        let key_authorization = self.key_authorization(account_key);
        digest::digest(&digest::SHA256, key_authorization.as_bytes())
            .as_ref()
            .to_vec()
    }
}

impl ChallengeKind {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::Dns01 => "dns-01",
            Self::TlsAlpn01 => "tls-alpn-01",
        }
    }

    /// The kind of a word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Http01, Self::Dns01, Self::TlsAlpn01];

    /// Whether it can prove an identifier: a wildcard only by DNS, an address not by DNS (RFC 8738 §7).
    pub fn proves(self, identifier: &Identifier) -> bool {
        match identifier {
            Identifier::Dns(_) if identifier.is_wildcard() => self == Self::Dns01,
            Identifier::Dns(_) => true,
            Identifier::Ip(_) => self != Self::Dns01,
        }
    }
}

impl ChallengeState {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }

    /// The state of a word.
    pub fn find(word: &str) -> Option<Self> {
        [Self::Pending, Self::Processing, Self::Valid, Self::Invalid]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_proven_by_dns_only_and_an_address_never() {
        let proving = |identifier: Identifier| {
            ChallengeKind::ALL
                .into_iter()
                .filter(|kind| kind.proves(&identifier))
                .map(ChallengeKind::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(proving(Identifier::dns("*.a.test").unwrap()), ["dns-01"]);
        assert_eq!(
            proving(Identifier::dns("a.test").unwrap()),
            ["http-01", "dns-01", "tls-alpn-01"]
        );
        assert_eq!(
            proving(Identifier::ip("192.0.2.1").unwrap()),
            ["http-01", "tls-alpn-01"]
        );
    }

    #[test]
    fn the_key_authorization_joins_token_and_thumbprint() {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key = Jwk::from_row(key).unwrap();
        let mut challenge = Challenge::new(AuthorizationId::random(), ChallengeKind::Dns01);
        assert_eq!(challenge.token.len(), 43);
        challenge.token = "token".into();
        assert_eq!(
            challenge.key_authorization(&key),
            "token.kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
        assert_eq!(challenge.dns_record(&key).len(), 43);
    }
}
