use super::*;
use crate::asn1::Writer;

fn normal(text: &str) -> String {
    text.parse::<GeneralName>().unwrap().to_string()
}

#[test]
fn names_are_normalised() {
    assert_eq!(normal("dns:WWW.Example.COM"), "dns:www.example.com");
    assert_eq!(
        normal("dns:*.bücher.example"),
        "dns:*.xn--bcher-kva.example"
    );
    assert_eq!(normal("dns:BÜCHER.example"), "dns:xn--bcher-kva.example");
    assert_eq!(
        normal("dns:xn--bcher-kva.example"),
        "dns:xn--bcher-kva.example"
    );
    assert_eq!(normal("dns:localhost"), "dns:localhost");
    assert_eq!(normal("dns:r3---sn-abc.example"), "dns:r3---sn-abc.example");
    assert_eq!(normal("ip:192.0.2.1"), "ip:192.0.2.1");
    assert_eq!(normal("ip:2001:DB8:0::1"), "ip:2001:db8::1");
    assert_eq!(
        normal("email:Anna.M@Example.COM"),
        "email:Anna.M@example.com"
    );
    assert_eq!(normal("uri:SPIFFE://ers/signer"), "uri:spiffe://ers/signer");
    assert_eq!(
        normal("uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        "uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    );
    assert_eq!(normal("upn:müller@corp.example"), "upn:müller@corp.example");
}

/// Failure 40: NUL, U-labels that are none, `*.*`, final dots, IP and e-mail addresses as DNS names.
#[test]
fn attacks_on_dns_names_are_refused() {
    let long_label = "a".repeat(64);
    let long_name = ["a".repeat(63).as_str(); 4].join(".");
    for name in [
        "",
        ".",
        "a.",
        "example.com.",
        ".example.com",
        "a..b",
        "*",
        "*.*",
        "*.*.example.com",
        "a.*.example.com",
        "f*o.example.com",
        "*a.example.com",
        "a\0.example.com",
        "example.com\0.evil.example",
        "a b.example",
        "-a.example",
        "a-.example",
        "a_b.example",
        "192.0.2.1",
        "1.2.3.4",
        "0x7f.1",
        "127.0.0.0x1",
        "a.123",
        "2001:db8::1",
        "user@example.com",
        "http://a.example",
        "xn--a.example",
        "xn--.example",
        "a.example:443",
        "ü\u{200d}.example",
        "*.",
        "é\0.example",
        &long_label,
        &long_name,
    ] {
        let result = GeneralName::dns(name);
        assert!(
            matches!(result, Err(GeneralNameError::Dns { .. })),
            "{name:?} gave {result:?}"
        );
    }
}

#[test]
fn broken_names_of_other_kinds_are_refused() {
    for text in [
        "example.com",
        "foo:bar",
        "ip:192.0.2.256",
        "ip:192.0.2.0/24",
        "email:a",
        "email:@b.example",
        "email:a@",
        "email:a b@c.example",
        "email:a@*.example",
        "email:a..b@c.example",
        "email:ü@c.example",
        "email:a\0@c.example",
        "uri:relative",
        "uri:x:",
        "uri:1x:y",
        "uri:http://",
        "uri:http://a b/",
        "uri:http://h:99999/",
        "uri:http://h/%zz",
        "uri:http://h/\0",
        "uri:http://[::g]/",
        "upn:a",
        "upn:@b",
        "upn:a@",
        "upn:a@b@c",
        "upn:a b@c",
        "smtputf8:plain@c.example",
        "smtputf8:ü",
        "smtputf8:ü@*.example",
        "smtputf8:ü..b@c.example",
        "smtputf8:ü\u{feff}@c.example",
        "smtputf8:ü ü@c.example",
        "dir:",
        "dir:CN",
        "dir:XX=a",
        "rid:1",
        "rid:a.b",
        "other:1.2.3",
        "other:1;utf8:a",
        "other:1.2.3;utf8",
        "other:1.2.3;bmp:a",
        "other:1.2.3;ia5:ü",
        "other:1.2.3;printable:@",
        "other:1.2.3;octets:0",
        "other:1.2.3;der:",
        "other:1.2.3;der:0c0161ff",
        "other:1.2.3;der:0c01ff",
        "other:1.2.3;der:3080",
        "other:1.3.6.1.4.1.311.20.2.3;utf8:nobody",
        "other:1.3.6.1.4.1.311.20.2.3;ia5:a@b",
        "other:1.3.6.1.5.5.7.8.9;utf8:ascii@b.example",
    ] {
        assert!(text.parse::<GeneralName>().is_err(), "{text:?}");
    }
}

#[test]
fn names_come_back_from_the_extension() {
    let names: Vec<GeneralName> = [
        "dns:*.example.com",
        "ip:192.0.2.1",
        "ip:2001:db8::1",
        "email:a@b.example",
        "uri:https://[::1]:8443/x",
        "upn:ü@b",
        "smtputf8:ü@b.example",
        "dir:CN=a,O=b",
        "rid:1.2.3",
        "other:1.2.3;utf8:x",
        "dns:a_b.example",
    ]
    .into_iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let mut writer = Writer::new();
    write_names(&mut writer, &names);
    let der = writer.finish();
    let read: Vec<GeneralName> = read_names(&der)
        .unwrap()
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(read, names);
    use der::Decode;
    assert_eq!(
        x509_cert::ext::pkix::SubjectAltName::from_der(&der)
            .unwrap()
            .0
            .len(),
        names.len()
    );
}

#[test]
fn kinds_that_are_not_ours_are_told_apart_from_rubbish() {
    // x400Address, ediPartyName
    for (kind, number) in [(0xa3, 3), (0xa5, 5)] {
        assert_eq!(
            read_names(&[0x30, 4, kind, 2, 0x30, 0]).unwrap(),
            [Err(GeneralNameError::Unsupported(number))]
        );
    }
    assert!(matches!(
        read_names(&[0x30, 3, 0x87, 1, 0]).unwrap()[0],
        Err(GeneralNameError::Malformed(_))
    ));
    assert!(read_names(&[0x30, 0]).is_err());
    assert!(read_names(&[0x30, 3, 0x82, 9, 0]).is_err());
}

#[test]
fn other_names_of_kinds_with_a_name_of_their_own_become_that_kind() {
    assert_eq!(normal("other:1.3.6.1.4.1.311.20.2.3;utf8:a@b"), "upn:a@b");
    assert_eq!(
        normal("other:1.3.6.1.5.5.7.8.9;utf8:ü@Bücher.example"),
        "smtputf8:ü@xn--bcher-kva.example"
    );
    assert_eq!(normal("other:1.2.3;der:0c0161"), "other:1.2.3;utf8:a");
    assert_eq!(
        // a control character stays hexadecimal
        normal("other:1.2.3;der:0c0107"),
        "other:1.2.3;der:0c0107"
    );
}

#[test]
fn underscores_are_for_those_who_ask_for_them() {
    assert!(GeneralName::dns("a_b.example").is_err());
    assert!(DnsName::new("a_b.example").is_err());
    let name = DnsName::with_underscores("_A_b.example").unwrap();
    assert!(name.has_underscore());
    assert_eq!(name.as_str(), "_a_b.example");
    assert!(!DnsName::new("a-b.example").unwrap().has_underscore());
}

#[test]
fn values_of_other_names_have_limits() {
    let long = format!("other:1.2.3;utf8:{}", "a".repeat(5000));
    let deep = (0..9).fold(vec![], |inner: Vec<u8>, _| {
        [&[0x30, inner.len() as u8][..], &inner].concat()
    });
    let deep = format!("other:1.2.3;der:{}", hex::encode(deep));
    for text in [long, deep] {
        assert!(matches!(
            text.parse::<GeneralName>(),
            Err(GeneralNameError::Other { .. })
        ));
    }
}
