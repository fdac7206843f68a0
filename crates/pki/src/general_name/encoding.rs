//! GeneralNames in DER. What others wrote is read twice over: strictly for requests, leniently for certificates that
//! exist already.

use std::net::IpAddr;

use super::{DnsName, EmailAddress, GeneralName, GeneralNameError, Uri, UserPrincipalName};
use crate::asn1::{Element, Malformed, Reader, Writer, oid, tag};

const WHAT: &str = "GeneralName";

const OTHER_NAME: u8 = tag::context_constructed(0);
const RFC822_NAME: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);

/// A name of a SAN extension, or why it is none of ours.
type ReadName = Result<GeneralName, GeneralNameError>;

/// Reads the content of a SubjectAltName extension; the outer error means that it is not DER.
pub(crate) fn read_names(extension: &[u8]) -> Result<Vec<ReadName>, Malformed> {
    crate::asn1::parse_all(extension, "SubjectAltName", |fields| {
        let mut names = Vec::new();
        // SEQUENCE SIZE (1..MAX)
        while names.is_empty() || !fields.is_empty() {
            names.push(read_one(fields.element(WHAT)?));
        }
        Ok(names)
    })
}

fn read_one(element: Element<'_>) -> ReadName {
    let ascii = || {
        let text = std::str::from_utf8(element.content)
            .ok()
            .filter(|text| text.is_ascii());
        text.ok_or(GeneralNameError::Malformed(Malformed::new("IA5String")))
    };
    match element.tag {
        RFC822_NAME => EmailAddress::new(ascii()?).map(GeneralName::Email),
        DNS_NAME => DnsName::new(ascii()?).map(GeneralName::Dns),
        URI => Uri::new(ascii()?).map(GeneralName::Uri),
        IP_ADDRESS => read_ip(element.content).map(GeneralName::Ip),
        OTHER_NAME => read_upn(element.content),
        other => Err(GeneralNameError::Unsupported(other & 0x1f)),
    }
}

fn read_ip(octets: &[u8]) -> Result<IpAddr, GeneralNameError> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        Ok(four.into())
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(octets) {
        Ok(sixteen.into())
    } else {
        Err(Malformed::new("iPAddress").into())
    }
}

fn read_upn(content: &[u8]) -> Result<GeneralName, GeneralNameError> {
    let mut fields = Reader::new(content);
    if fields.oid(WHAT)? != oid::USER_PRINCIPAL_NAME {
        return Err(GeneralNameError::Unsupported(0));
    }
    let mut value = Reader::new(fields.content(tag::context_constructed(0), WHAT)?);
    fields.finish(WHAT)?;
    let text = value.content(tag::UTF8_STRING, WHAT)?;
    value.finish(WHAT)?;
    let text = std::str::from_utf8(text).map_err(|_| Malformed::new("UTF8String"))?;
    UserPrincipalName::new(text).map(GeneralName::Upn)
}

/// Writes `GeneralNames`.
pub(crate) fn write_names(writer: &mut Writer, names: &[GeneralName]) {
    writer.sequence(|writer| names.iter().for_each(|name| write_one(writer, name)));
}

fn write_one(writer: &mut Writer, name: &GeneralName) {
    match name {
        GeneralName::Dns(name) => writer.tlv(DNS_NAME, name.as_bytes()),
        GeneralName::Email(address) => writer.tlv(RFC822_NAME, address.as_bytes()),
        GeneralName::Uri(uri) => writer.tlv(URI, uri.as_bytes()),
        GeneralName::Ip(IpAddr::V4(address)) => writer.tlv(IP_ADDRESS, &address.octets()),
        GeneralName::Ip(IpAddr::V6(address)) => writer.tlv(IP_ADDRESS, &address.octets()),
        GeneralName::Upn(name) => writer.nest(OTHER_NAME, |writer| {
            writer.oid(&oid::USER_PRINCIPAL_NAME);
            writer.nest(tag::context_constructed(0), |writer| {
                writer.tlv(tag::UTF8_STRING, name.as_bytes())
            });
        }),
    }
}
