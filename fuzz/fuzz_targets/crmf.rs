#![no_main]
//! See `targets/mod.rs`.

use ers_fuzz::crmf;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| crmf(octets));
