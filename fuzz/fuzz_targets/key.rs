#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| key(octets));
