//! Certificates, the bytes that are signed, and the linter's view of both.
#![no_main]

use ers_pki::certificate::Certificate;
use ers_pki::{inspect, lint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(certificate) = Certificate::from_der(octets) {
        assert_eq!(certificate.der(), octets);
        let facts = inspect::certificate(certificate.to_be_signed());
        if let Ok(facts) = facts {
            assert_eq!(facts.serial, certificate.serial());
            assert_eq!(facts.names, certificate.names());
        }
        let _ = lint::lint_tbs(certificate.to_be_signed());
        let _ = certificate.verify_signed_by(&certificate);
        let _ = format!("{certificate:?}");
    }
    let _ = inspect::certificate(octets);
    let _ = lint::lint_tbs(octets);
});
