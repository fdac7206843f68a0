#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::general_name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| general_name(octets));
