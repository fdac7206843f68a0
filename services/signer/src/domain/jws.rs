//! What is signed in a JWS, RFC 7515 §5.1: ASCII(BASE64URL(header) '.' BASE64URL(payload)).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ers_pki::key::SignatureAlgorithm;

/// Whether these bytes are the input of a signature with this algorithm.
pub(super) fn is_signing_input(bytes: &[u8], algorithm: SignatureAlgorithm) -> bool {
    let mut parts = bytes.split(|octet| *octet == b'.');
    let (Some(header), Some(payload), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(header), Ok(_)) = (
        URL_SAFE_NO_PAD.decode(header),
        URL_SAFE_NO_PAD.decode(payload),
    ) else {
        return false;
    };
    let Ok(serde_json::Value::Object(header)) = serde_json::from_slice(&header) else {
        return false;
    };
    header.get("alg").and_then(serde_json::Value::as_str) == Some(name_of(algorithm))
}

/// RFC 7518 §3.1, RFC 8037 §3.1.
fn name_of(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::Sha256WithRsa => "RS256",
        SignatureAlgorithm::Sha384WithRsa => "RS384",
        SignatureAlgorithm::Sha512WithRsa => "RS512",
        SignatureAlgorithm::Sha256WithEcdsa => "ES256",
        SignatureAlgorithm::Sha384WithEcdsa => "ES384",
        SignatureAlgorithm::Sha512WithEcdsa => "ES512",
        SignatureAlgorithm::Sha256WithRsaPss => "PS256",
        SignatureAlgorithm::Sha384WithRsaPss => "PS384",
        SignatureAlgorithm::Sha512WithRsaPss => "PS512",
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => "EdDSA",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signing_input_for_the_algorithm_is_one() {
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#),
            URL_SAFE_NO_PAD.encode("{}")
        );
        assert!(is_signing_input(
            input.as_bytes(),
            SignatureAlgorithm::Sha256WithEcdsa
        ));
        assert!(!is_signing_input(
            input.as_bytes(),
            SignatureAlgorithm::Sha256WithRsa
        ));
        assert!(!is_signing_input(
            format!("{input}.x").as_bytes(),
            SignatureAlgorithm::Sha256WithEcdsa
        ));
        assert!(!is_signing_input(
            b"e30.e30",
            SignatureAlgorithm::Sha256WithEcdsa
        ));
        assert!(!is_signing_input(
            b"\x30\x82.\x00",
            SignatureAlgorithm::Sha256WithEcdsa
        ));
    }
}
