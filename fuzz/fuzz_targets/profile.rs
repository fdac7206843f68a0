#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| profile(octets));
