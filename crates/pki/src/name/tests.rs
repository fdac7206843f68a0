use super::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn value_error(text: &str) -> ValueError {
    match text.parse::<Name>() {
        Err(NameError::Value { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_is_reversed_and_comes_back() {
    let text = "CN=Default Root CA,OU=a+UID=b,O=Example AG,DC=example,DC=com,C=DE";
    let parsed = name(text);
    assert_eq!(
        parsed.attributes().next().unwrap(),
        (AttributeType::COUNTRY, "DE".to_owned())
    );
    assert_eq!(parsed.common_name().unwrap(), "Default Root CA");
    assert_eq!(name(&parsed.to_string()), parsed);
    assert_eq!(Name::from_der(parsed.to_der()).unwrap(), parsed);
}

#[test]
fn x509_cert_reads_the_same_name() {
    use der::{Decode, Encode};
    let ours =
        name("CN=Müller\\, Anna,emailAddress=a@example.com,serialNumber=12,O=Example AG,C=DE");
    let theirs = x509_cert::name::Name::from_der(ours.to_der()).unwrap();
    assert_eq!(theirs.to_der().unwrap(), ours.to_der());
    assert_eq!(theirs.iter().count(), 5);
}

#[test]
fn escapes_come_back() {
    for value in [
        "a,b", " lead", "trail ", "#hash", "a\\b", "a\"b", "<a;b>+=", "ü", "a=b", " ",
    ] {
        let built = Name::with_common_name(value).unwrap();
        assert_eq!(name(&built.to_string()), built, "{built}");
        assert_eq!(built.common_name().unwrap(), value);
    }
    assert_eq!(
        name("CN=Lu\\C4\\8Di\\C4\\87").common_name().unwrap(),
        "Lučić"
    );
    assert_eq!(name(" cn = a b , o = c ").to_string(), "CN=a b,O=c");
}

#[test]
fn unknown_types_travel_as_hexadecimal() {
    let parsed = name("1.3.6.1.4.1.99999.1=x,CN=y");
    assert_eq!(parsed.to_string(), "1.3.6.1.4.1.99999.1=#0c0178,CN=y");
    assert_eq!(name(&parsed.to_string()), parsed);
}

#[test]
fn empty_name_is_an_empty_sequence() {
    assert!(Name::empty().is_empty());
    assert_eq!(name("  "), Name::empty());
    assert_eq!(Name::empty().to_der(), [0x30, 0]);
    assert_eq!(Name::empty().to_string(), "");
}

#[test]
fn string_types_are_those_of_rfc_5280() {
    let parsed = name("CN=a,emailAddress=a@b,DC=c,serialNumber=1,C=DE");
    let tags: Vec<u8> = parsed
        .raw_attributes()
        .iter()
        .map(|attribute| attribute.tag)
        .collect();
    assert_eq!(
        tags,
        [
            tag::PRINTABLE_STRING,
            tag::PRINTABLE_STRING,
            tag::IA5_STRING,
            tag::IA5_STRING,
            tag::UTF8_STRING
        ]
    );
}

#[test]
fn values_that_break_their_rules_are_refused() {
    assert_eq!(
        value_error(&format!("CN={}", "a".repeat(65))),
        ValueError::TooLong { longest: 64 }
    );
    assert!(format!("CN={}", "ü".repeat(64)).parse::<Name>().is_ok());
    assert_eq!(value_error("CN=a\\00b"), ValueError::ControlCharacter);
    assert_eq!(value_error("CN="), ValueError::Empty);
    assert_eq!(value_error("C=de"), ValueError::Country);
    assert_eq!(
        value_error("serialNumber=1*"),
        ValueError::Character("PrintableString")
    );
    assert_eq!(value_error("DC=ü"), ValueError::Character("IA5String"));
    // BMPString
    assert_eq!(
        value_error("CN=#1e020061"),
        ValueError::StringType("UTF8String or PrintableString")
    );
}

#[test]
fn broken_text_is_refused() {
    for text in [
        "CN", "CN=a,", "XX=a", "CN=a\\", "CN=a\\zz", "CN=a;b", "CN=#zz", "=a", "CN=\\ff", "1.2=#0c",
    ] {
        assert!(text.parse::<Name>().is_err(), "{text}");
    }
}

#[test]
fn broken_der_is_refused() {
    let unsorted = [
        0x30, 0x18, 0x31, 0x16, 0x30, 9, 6, 3, 0x55, 4, 10, 0x0c, 2, b'b', b'b', 0x30, 9, 6, 3,
        0x55, 4, 3, 0x0c, 2, b'a', b'a',
    ];
    for der in [
        &[0x30, 2, 0x31, 0][..],
        &[0x30, 1],
        &[],
        &[0x31, 0],
        &[0x30, 0, 0],
        &unsorted,
    ] {
        assert!(Name::from_der(der).is_err(), "{der:?}");
    }
}

#[test]
fn foreign_string_types_are_read_but_not_for_our_certificates() {
    let der = [
        0x30, 0x0f, 0x31, 0x0d, 0x30, 11, 6, 3, 0x55, 4, 3, 0x1e, 4, 0, b'h', 0, b'i',
    ];
    let read = Name::from_der(&der).unwrap();
    assert_eq!(read.common_name().unwrap(), "hi");
    assert!(read.check().is_err());
}

#[test]
fn retain_keeps_order_and_drops_emptied_rdns() {
    let all = name("CN=a+UID=u,OU=x,O=b,C=DE");
    let kept = all.retain(|oid| oid == AttributeType::COMMON_NAME || oid == AttributeType::COUNTRY);
    assert_eq!(kept.to_string(), "CN=a,C=DE");
}
