//! What is fuzzed of the ACME server: the signed requests that strangers send. Plain functions, called by libFuzzer and by
//! `services/acme/tests/stories/fuzz.rs`.

use acme::domain::external_account::Binding;
use acme::domain::jwk::{Algorithm, Jwk};
use acme::domain::jws::{Jws, Signatory};
use serde_json::Value;

/// A target; it panics when something is wrong.
#[cfg(test)]
type Target = fn(&[u8]);

/// Every target of `acme` by the name of its folder in the corpus.
#[cfg(test)]
pub const ACME: [(&str, Target); 1] = [("jws", jws)];

/// Signed requests. A key that is taken is written as it was read; a signature that fits does so by one algorithm and over
/// these bytes alone; an external account binding that is taken is for the key that signed.
pub fn jws(octets: &[u8]) {
    let Ok(request) = Jws::parse(octets) else {
        return;
    };
    let header = request.header();
    let _ = format!("{request:?}");
    let Signatory::Key(key) = &header.signatory else {
        return;
    };
    assert_eq!(Jwk::from_row(&key.canonical_json()).as_ref(), Ok(key));
    let fits = |algorithm| request.verify(algorithm, key).is_ok();
    if request.algorithm().is_ok_and(fits) {
        let by: Vec<_> = Algorithm::ALL
            .into_iter()
            .filter(|(_, algorithm)| fits(*algorithm))
            .collect();
        assert_eq!(by.len(), 1, "{by:?}");
        let longer = [request.signing_input(), b"A"].concat();
        assert!(key.verify(by[0].1, &longer, request.signature()).is_err());
    }
    let payload: Value = serde_json::from_slice(request.payload()).unwrap_or_default();
    if let Some(inner) = payload.get("externalAccountBinding")
        && let Ok(binding) = Binding::read(inner, &header.url, key)
    {
        let bound = inner["payload"].as_str().unwrap_or_default();
        assert!(binding.signing_input.ends_with(bound.as_bytes()));
    }
}
