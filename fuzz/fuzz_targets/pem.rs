#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::pem_document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| pem_document(octets));
