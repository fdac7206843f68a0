use proptest::prelude::*;
use serde_json::json;

use super::*;

const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn body(protected: &str) -> Vec<u8> {
    json!({"protected": URL_SAFE_NO_PAD.encode(protected), "payload": "", "signature": "AAAA"})
        .to_string()
        .into_bytes()
}

#[test]
fn a_request_by_key_and_one_by_account_are_told_apart() {
    let by_key =
        format!(r#"{{"alg":"EdDSA","url":"https://a.test/x","nonce":"AAAA","jwk":{KEY}}}"#);
    let jws = Jws::parse(&body(&by_key)).unwrap();
    assert!(matches!(jws.header().signatory, Signatory::Key(_)));
    assert_eq!(jws.payload(), b"");
    let by_id =
        r#"{"alg":"EdDSA","url":"https://a.test/x","nonce":"AAAA","kid":"https://a.test/acct/1"}"#;
    let jws = Jws::parse(&body(by_id)).unwrap();
    assert_eq!(
        jws.header().signatory,
        Signatory::Id("https://a.test/acct/1".into())
    );
}

#[test]
fn headers_that_rfc_8555_forbids_are_refused() {
    for header in [
        format!(r#"{{"alg":"EdDSA","url":"u","nonce":"AAAA","jwk":{KEY},"kid":"k"}}"#),
        r#"{"alg":"EdDSA","url":"u","nonce":"AAAA"}"#.into(),
        r#"{"alg":"EdDSA","nonce":"AAAA","kid":"k"}"#.into(),
        r#"{"url":"u","nonce":"AAAA","kid":"k"}"#.into(),
        r#"{"alg":"EdDSA","url":"u","nonce":"a b","kid":"k"}"#.into(),
        r#"{"alg":"EdDSA","url":"u","nonce":"AAAA","kid":"k","crit":["exp"]}"#.into(),
        r#"{"alg":"EdDSA","url":"u","nonce":"AAAA","kid":"k","b64":false}"#.into(),
        r#"{"alg":"EdDSA","alg":"none","url":"u","nonce":"AAAA","kid":"k"}"#.into(),
        "[]".to_owned(),
        "{".to_owned(),
    ] {
        assert!(
            matches!(Jws::parse(&body(&header)), Err(JwsError::Header(_))),
            "{header}"
        );
    }
}

#[test]
fn other_serializations_and_unprotected_headers_are_refused() {
    for body in [
        &br#"eyJhbGciOiJub25lIn0.e30."#[..],
        br#"{"payload":"","signatures":[{"protected":"e30","signature":"AAAA"}]}"#,
        br#"{"protected":"e30","header":{"alg":"none"},"payload":"","signature":"AAAA"}"#,
        br#"{"protected":"e30","payload":"","payload":"","signature":"AAAA"}"#,
        br#"{"protected":"e30","payload":""}"#,
    ] {
        assert!(
            matches!(Jws::parse(body), Err(JwsError::Envelope(_))),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let padded = br#"{"protected":"e30=","payload":"","signature":"AAAA"}"#;
    assert_eq!(
        Jws::parse(padded).unwrap_err(),
        JwsError::Base64("protected")
    );
}

#[test]
fn neither_none_nor_a_mac_is_an_algorithm_for_requests() {
    for name in ["none", "HS256", "NONE", ""] {
        let header = format!(r#"{{"alg":"{name}","url":"u","nonce":"AAAA","kid":"k"}}"#);
        assert_eq!(
            Jws::parse(&body(&header)).unwrap().algorithm().unwrap_err(),
            JwsError::Algorithm(name.into())
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Jws::parse(&bytes);
    }

    #[test]
    fn arbitrary_headers_never_panic(header in ".{0,300}", payload in ".{0,40}", signature in "[A-Za-z0-9_-]{0,90}") {
        let json = json!({"protected": URL_SAFE_NO_PAD.encode(&header), "payload": payload, "signature": signature});
        let _ = Jws::parse(json.to_string().as_bytes());
    }

    #[test]
    fn arbitrary_keys_never_panic(
        kty in "RSA|EC|OKP|oct|.{0,5}", crv in "P-256|P-384|P-521|Ed25519|.{0,5}",
        a in "[A-Za-z0-9_-]{0,100}", b in "[A-Za-z0-9_-]{0,100}",
    ) {
        let key = json!({"kty": kty, "crv": crv, "x": a, "y": b, "n": a, "e": b});
        if let Ok(jwk) = Jwk::from_json(&key) {
            let _ = jwk.verify(Algorithm::Rs256, b"", a.as_bytes());
        }
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0_usize..200, to in any::<u8>()) {
        let header = format!(r#"{{"alg":"EdDSA","url":"https://a.test/x","nonce":"AAAA","jwk":{KEY}}}"#);
        let mut bytes = body(&header);
        let length = bytes.len();
        bytes[at % length] = to;
        if let Ok(jws) = Jws::parse(&bytes)
            && let (Ok(algorithm), Signatory::Key(key)) = (jws.algorithm(), &jws.header().signatory)
        {
            prop_assert!(jws.verify(algorithm, key).is_err());
        }
    }
}
