//! Names: DER, RFC 4514 text, and subject alternative names as text.
#![no_main]

use ers_pki::general_name::GeneralName;
use ers_pki::name::Name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(name) = Name::from_der(octets) {
        assert_eq!(name.to_der(), octets);
        let _ = name.check();
        let _ = name.to_string().parse::<Name>();
    }
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    if let Ok(name) = text.parse::<Name>() {
        let again = name.to_string().parse::<Name>().unwrap();
        // a value written as # and its DER may have another string type than we would give it
        assert!(text.contains('#') || again == name);
    }
    if let Ok(name) = text.parse::<GeneralName>() {
        assert_eq!(name.to_string().parse::<GeneralName>().unwrap(), name);
    }
});
