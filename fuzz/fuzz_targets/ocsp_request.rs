#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::ocsp_request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| ocsp_request(octets));
