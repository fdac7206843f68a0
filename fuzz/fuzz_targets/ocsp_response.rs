#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::ocsp_response;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| ocsp_response(octets));
