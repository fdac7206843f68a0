//! Certification requests, DER and PEM.
#![no_main]

use ers_pki::csr::Csr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(csr) = Csr::from_der(octets) {
        assert_eq!(csr.der(), octets);
        assert_eq!(Csr::from_der(csr.der()).unwrap().names(), csr.names());
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        let _ = Csr::from_pem(text);
    }
});
