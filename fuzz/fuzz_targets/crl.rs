//! CRLs and their bytes to be signed.
#![no_main]

use ers_pki::crl::Crl;
use ers_pki::inspect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(list) = Crl::from_der(octets) {
        assert_eq!(list.der(), octets);
        assert_eq!(list.entries().count(), list.len());
    }
    let _ = inspect::crl(octets);
});
