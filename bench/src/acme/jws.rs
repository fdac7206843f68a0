//! Account key and signed requests: RFC 8555 section 6.2, ES256.

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An account's key.
pub struct AccountKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    x: String,
    y: String,
}

impl AccountKey {
    /// A new one.
    pub fn generate() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| anyhow!("make account key"))?;
        // an uncompressed point: 04 x y
        let point = pair.public_key().as_ref();
        let part = |range| point.get(range).map(encode).context("make account key");
        let (x, y) = (part(1..33)?, part(33..65)?);
        Ok(Self {
            pair,
            random: SystemRandom::new(),
            x,
            y,
        })
    }

    /// RFC 7638.
    pub fn thumbprint(&self) -> String {
        let canonical = format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            self.x, self.y
        );
        encode(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
    }

    fn jwk(&self) -> Value {
        json!({ "crv": "P-256", "kty": "EC", "x": self.x, "y": self.y })
    }

    /// A request's body; without an account it carries the key, without a payload it is a POST-as-GET.
    pub fn sign(
        &self,
        url: &str,
        nonce: &str,
        account: Option<&str>,
        payload: Option<&Value>,
    ) -> Result<Vec<u8>> {
        let header = match account {
            Some(account) => json!({ "alg": "ES256", "nonce": nonce, "url": url, "kid": account }),
            None => json!({ "alg": "ES256", "nonce": nonce, "url": url, "jwk": self.jwk() }),
        };
        let protected = encode(&serde_json::to_vec(&header)?);
        let payload = match payload {
            Some(payload) => encode(&serde_json::to_vec(payload)?),
            None => String::new(),
        };
        let signature = self
            .pair
            .sign(&self.random, format!("{protected}.{payload}").as_bytes())
            .map_err(|_| anyhow!("sign request"))?;
        let body = json!({ "protected": protected, "payload": payload, "signature": encode(signature.as_ref()) });
        Ok(serde_json::to_vec(&body)?)
    }
}

/// base64url without padding.
pub fn encode(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
