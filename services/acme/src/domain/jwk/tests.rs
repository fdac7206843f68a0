use serde_json::json;

use super::*;

/// RFC 7638 §3.1.
fn rfc_7638_key() -> Value {
    json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"})
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let key = Jwk::from_json(&rfc_7638_key()).unwrap();
    assert_eq!(
        key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    assert_eq!(Jwk::from_row(&key.canonical_json()).unwrap(), key);
}

#[test]
fn an_ed25519_thumbprint_is_that_of_rfc_8037() {
    let key =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(
        Jwk::from_json(&key).unwrap().thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

#[test]
fn private_symmetric_odd_and_crooked_keys_are_refused() {
    let mut private = rfc_7638_key();
    private["d"] = json!("AQAB");
    let mut padded = rfc_7638_key();
    padded["e"] = json!("AQAB==");
    let mut leading_zero = rfc_7638_key();
    leading_zero["e"] = json!("AAEAAQ");
    for (key, unsupported) in [
        (private, false),
        (padded, false),
        (leading_zero, false),
        (json!("key"), false),
        (json!({"kty": "oct", "k": "AAAA"}), false),
        (
            json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
            false,
        ),
        (
            json!({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"}),
            true,
        ),
        (json!({"kty": "OKP", "crv": "X25519", "x": "AAAA"}), true),
    ] {
        match Jwk::from_json(&key).unwrap_err() {
            JwkError::Malformed(_) => assert!(!unsupported, "{key}"),
            JwkError::Unsupported => assert!(unsupported, "{key}"),
            JwkError::Weak(why) => panic!("{key}: {why}"),
        }
    }
}

#[test]
fn weak_keys_are_refused() {
    let mut exponent_three = rfc_7638_key();
    exponent_three["e"] = json!("Aw");
    let mut short = rfc_7638_key();
    short["n"] = json!(URL_SAFE_NO_PAD.encode([0xab_u8; 128]));
    let zeros = URL_SAFE_NO_PAD.encode([0_u8; 32]);
    let off_the_curve = json!({"kty": "EC", "crv": "P-256", "x": zeros, "y": zeros});
    for key in [exponent_three, short, off_the_curve] {
        assert!(
            matches!(Jwk::from_json(&key), Err(JwkError::Weak(_))),
            "{key}"
        );
    }
}

#[test]
fn the_key_decides_which_algorithms_may_be() {
    let key = Jwk::from_json(&rfc_7638_key()).unwrap();
    for (name, algorithm) in Algorithm::ALL {
        let expected = if name.contains('S') && !name.starts_with('E') {
            VerifyError::WrongSignature
        } else {
            VerifyError::WrongAlgorithm
        };
        assert_eq!(
            key.verify(algorithm, b"message", &[0; 256]).unwrap_err(),
            expected,
            "{name}"
        );
    }
    assert_eq!(Algorithm::find("none"), None);
    assert_eq!(Algorithm::find("HS256"), None);
    assert_eq!(Algorithm::find("es256"), None);
}
