#![no_main]
//! See `targets/acme_server.rs`.

use ers_fuzz::jws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| jws(octets));
