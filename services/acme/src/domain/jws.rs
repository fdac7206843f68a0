//! Signed requests: the flattened JSON serialization of RFC 7515, as narrowed by RFC 8555 §6.2. Parsing and checking
//! the form is here; whether nonce, URL and account are right is decided by who knows them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::jwk::{Algorithm, Jwk, JwkError, VerifyError};

/// Longest request body. An order of a hundred names with a CSR of an RSA-8192 key needs less than half.
pub const MAX_BODY_BYTES: usize = 128 * 1024;

/// The request is not a JWS that we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not the flattened JSON serialization.
    #[error("read request: {0}")]
    Envelope(String),
    /// The protected header is not as RFC 8555 §6.2 asks.
    #[error("read protected header: {0}")]
    Header(String),
    /// A member is not base64url without padding.
    #[error("read {0}: not base64url without padding")]
    Base64(&'static str),
    /// `none`, a MAC, or something unknown.
    #[error("use algorithm {0:?}: not one of those that are taken")]
    Algorithm(String),
    /// The key in the header.
    #[error(transparent)]
    Key(#[from] JwkError),
}

/// A JWS, parsed and not yet verified.
#[derive(Debug, Clone)]
pub struct Jws {
    header: Header,
    signing_input: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Who signed: exactly one of both (RFC 8555 §6.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Signatory {
    /// The key itself.
    Key(Jwk),
    /// The URL of an account; in an external account binding the id of its key.
    Id(String),
}

/// The protected header.
#[derive(Debug, Clone)]
pub struct Header {
    /// The algorithm's name as given.
    pub algorithm: String,
    /// Where the request was meant to go.
    pub url: String,
    /// The nonce; inner JWS have none.
    pub nonce: Option<String>,
    /// Who signed.
    pub signatory: Signatory,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJws {
    protected: String,
    payload: String,
    signature: String,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    url: String,
    nonce: Option<String>,
    jwk: Option<Value>,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

impl Jws {
    /// Parses the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, JwsError> {
        let raw =
            serde_json::from_slice(body).map_err(|error| JwsError::Envelope(error.to_string()))?;
        Self::from_raw(&raw)
    }

    /// Parses a JWS inside of a payload.
    pub fn from_json(value: &Value) -> Result<Self, JwsError> {
        let raw =
            RawJws::deserialize(value).map_err(|error| JwsError::Envelope(error.to_string()))?;
        Self::from_raw(&raw)
    }

    fn from_raw(raw: &RawJws) -> Result<Self, JwsError> {
        let decode = |what, text: &str| {
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| JwsError::Base64(what))
        };
        let header = Header::parse(&decode("protected", &raw.protected)?)?;
        Ok(Self {
            header,
            signing_input: format!("{}.{}", raw.protected, raw.payload).into_bytes(),
            payload: decode("payload", &raw.payload)?,
            signature: decode("signature", &raw.signature)?,
        })
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload; empty in a POST-as-GET.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The bytes that the signature is over.
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// The signature or MAC.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The algorithm, if it is one for signatures.
    pub fn algorithm(&self) -> Result<Algorithm, JwsError> {
        Algorithm::find(&self.header.algorithm)
            .ok_or_else(|| JwsError::Algorithm(self.header.algorithm.chars().take(32).collect()))
    }

    /// Verifies the signature.
    pub fn verify(&self, algorithm: Algorithm, key: &Jwk) -> Result<(), VerifyError> {
        key.verify(algorithm, &self.signing_input, &self.signature)
    }
}

impl Header {
    fn parse(json: &[u8]) -> Result<Self, JwsError> {
        let raw: RawHeader =
            serde_json::from_slice(json).map_err(|error| JwsError::Header(error.to_string()))?;
        if raw.crit.is_some() || raw.b64.is_some() {
            return Err(JwsError::Header(
                "no extensions (crit, b64) are understood".to_owned(),
            ));
        }
        if raw
            .nonce
            .as_ref()
            .is_some_and(|nonce| URL_SAFE_NO_PAD.decode(nonce).is_err())
        {
            return Err(JwsError::Header(
                "nonce is not base64url without padding".to_owned(),
            ));
        }
        let signatory = match (raw.jwk, raw.kid) {
            (Some(jwk), None) => Signatory::Key(Jwk::from_json(&jwk)?),
            (None, Some(kid)) => Signatory::Id(kid),
            _ => {
                return Err(JwsError::Header(
                    "exactly one of jwk and kid is wanted".to_owned(),
                ));
            }
        };
        Ok(Self {
            algorithm: raw.alg,
            url: raw.url,
            nonce: raw.nonce,
            signatory,
        })
    }
}

#[cfg(test)]
mod tests;
