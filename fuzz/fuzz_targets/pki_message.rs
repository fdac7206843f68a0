#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::pki_message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| pki_message(octets));
