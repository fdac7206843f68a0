//! External account bindings: RFC 8555 §7.3.4. The inner JWS says that the holder of a MAC key wants the account key
//! bound to it; its form is checked here, its MAC by the signer, who alone can open the key.

use ers_signer_client::MacAlgorithm;
use serde_json::Value;

use super::jwk::Jwk;
use super::jws::{Jws, JwsError, Signatory};

/// A binding of the right form; its MAC is not yet verified.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Id of the external account key.
    pub key_id: String,
    /// Algorithm of the MAC.
    pub algorithm: MacAlgorithm,
    /// The bytes that it is over.
    pub signing_input: Vec<u8>,
    /// The MAC.
    pub mac: Vec<u8>,
}

/// The binding is not as RFC 8555 §7.3.4 asks.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// Not a JWS.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Not a MAC algorithm.
    #[error("read external account binding: alg must be HS256, HS384 or HS512")]
    Algorithm,
    /// Something else about its form.
    #[error("read external account binding: {0}")]
    Form(&'static str),
}

impl Binding {
    /// Reads the inner JWS and holds it against the outer one.
    pub fn read(inner: &Value, outer_url: &str, account_key: &Jwk) -> Result<Self, BindingError> {
        let jws = Jws::from_json(inner)?;
        let algorithm = match jws.header().algorithm.as_str() {
            "HS256" => MacAlgorithm::Hs256,
            "HS384" => MacAlgorithm::Hs384,
            "HS512" => MacAlgorithm::Hs512,
            _ => return Err(BindingError::Algorithm),
        };
        let Signatory::Id(key_id) = &jws.header().signatory else {
            return Err(BindingError::Form("kid is missing"));
        };
        if jws.header().nonce.is_some() {
            return Err(BindingError::Form("it must have no nonce"));
        }
        if jws.header().url != outer_url {
            return Err(BindingError::Form(
                "its url is not that of the outer request",
            ));
        }
        let payload = serde_json::from_slice(jws.payload())
            .map_err(|_| BindingError::Form("its payload is not a JSON Web Key"))?;
        let bound = Jwk::from_json(&payload).map_err(JwsError::Key)?;
        if bound != *account_key {
            return Err(BindingError::Form("its payload is not the account key"));
        }
        Ok(Self {
            key_id: key_id.clone(),
            algorithm,
            signing_input: jws.signing_input().to_vec(),
            mac: jws.signature().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const URL: &str = "https://ca.test/acme/new-account";
    const OTHER: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"G2wIGH5s-0cyDRrDsJ3WaQ-yTdZQAV-iS3rPz5fc5oM"}"#;
    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn read(header: &Value, payload: &str) -> Result<Binding, BindingError> {
        let inner = json!({
            "protected": URL_SAFE_NO_PAD.encode(header.to_string()),
            "payload": URL_SAFE_NO_PAD.encode(payload),
            "signature": "AAAA",
        });
        Binding::read(&inner, URL, &Jwk::from_row(KEY).unwrap())
    }

    #[test]
    fn a_binding_of_the_account_key_is_read() {
        let binding = read(&json!({"alg": "HS384", "kid": "k1", "url": URL}), KEY).unwrap();
        assert_eq!(
            (binding.key_id.as_str(), binding.algorithm),
            ("k1", MacAlgorithm::Hs384)
        );
    }

    #[test]
    fn bindings_of_the_wrong_form_are_refused() {
        for (header, payload) in [
            (json!({"alg": "ES256", "kid": "k1", "url": URL}), KEY),
            (json!({"alg": "none", "kid": "k1", "url": URL}), KEY),
            (
                json!({"alg": "HS256", "jwk": serde_json::from_str::<Value>(KEY).unwrap(), "url": URL}),
                KEY,
            ),
            (
                json!({"alg": "HS256", "kid": "k1", "url": URL, "nonce": "AAAA"}),
                KEY,
            ),
            (
                json!({"alg": "HS256", "kid": "k1", "url": "https://ca.test/other"}),
                KEY,
            ),
            (json!({"alg": "HS256", "kid": "k1", "url": URL}), OTHER),
            (json!({"alg": "HS256", "kid": "k1", "url": URL}), "{}"),
            (json!({"alg": "HS256", "kid": "k1", "url": URL}), ""),
        ] {
            assert!(read(&header, payload).is_err(), "{header} {payload}");
        }
    }
}
