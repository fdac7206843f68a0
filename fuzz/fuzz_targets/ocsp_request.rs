//! OCSP requests, and the signer's look at responses.
#![no_main]

use ers_pki::inspect;
use ers_pki::ocsp::{MAX_CERT_IDS, MAX_NONCE_BYTES, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(request) = Request::from_der(octets) {
        assert!((1..=MAX_CERT_IDS).contains(&request.cert_ids().len()));
        assert!(request.nonce().is_none_or(|nonce| (1..=MAX_NONCE_BYTES).contains(&nonce.len())));
        assert_eq!(Request::from_der(&request.to_der()), Ok(request));
    }
    let _ = inspect::ocsp(octets);
});
