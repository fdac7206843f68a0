//! ID tokens (OpenID Connect Core 1.0 section 3.1.3.7), by `jsonwebtoken` over aws-lc-rs.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde_json::Value;

use super::{Known, Oidc, OidcError};

/// Clocks differ by so much at most.
const LEEWAY_S: i64 = 60;
/// Algorithms of public keys only: a MAC with the client's secret would let who knows that one be anybody.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

impl Oidc {
    /// The claims of an ID token that is right.
    pub(super) async fn check(
        &self,
        known: &Known,
        token: &str,
        client_id: &str,
        nonce: Option<&str>,
        now_ms: i64,
    ) -> Result<serde_json::Map<String, Value>, OidcError> {
        let wrong = |error: jsonwebtoken::errors::Error| OidcError::Token(error.to_string());
        let header = decode_header(token).map_err(wrong)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(OidcError::Token(format!(
                "algorithm {:?} is not allowed",
                header.alg
            )));
        }
        let key = match find_key(&known.keys, header.kid.as_deref()) {
            Some(key) => key.clone(),
            // It may have been replaced since.
            None => find_key(&self.known(true).await?.keys, header.kid.as_deref())
                .cloned()
                .ok_or_else(|| OidcError::Token("no such key".to_owned()))?,
        };
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[client_id]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are held against our own clock below.
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(&key).map_err(wrong)?;
        let claims = decode::<serde_json::Map<String, Value>>(token, &key, &validation)
            .map_err(wrong)?
            .claims;
        let expires = claims.get("exp").and_then(Value::as_f64).unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "saturates, which is right")]
        let expires_s = expires as i64;
        if now_ms / 1000 >= expires_s.saturating_add(LEEWAY_S) {
            return Err(OidcError::Token("has ended".to_owned()));
        }
        if nonce.is_some() && claims.get("nonce").and_then(Value::as_str) != nonce {
            return Err(OidcError::Token("is for another login".to_owned()));
        }
        let several = claims
            .get("aud")
            .and_then(Value::as_array)
            .is_some_and(|all| all.len() > 1);
        let party = claims.get("azp").and_then(Value::as_str);
        if (several || party.is_some()) && party != Some(client_id) {
            return Err(OidcError::Token("is for another client".to_owned()));
        }
        Ok(claims)
    }
}

/// The key of that id; without an id the only one there is.
fn find_key<'a>(keys: &'a [Jwk], id: Option<&str>) -> Option<&'a Jwk> {
    match (id, keys) {
        (Some(id), keys) => keys
            .iter()
            .find(|key| key.common.key_id.as_deref() == Some(id)),
        (None, [one]) => Some(one),
        (None, _) => None,
    }
}
