//! GeneralNames in DER. What others wrote is read twice over: strictly for requests, leniently for certificates that
//! exist already.

use std::net::IpAddr;

use const_oid::ObjectIdentifier;

use super::{DnsName, EmailAddress, GeneralName, GeneralNameError, Uri};
use crate::asn1::{Element, Malformed, Reader, Writer, oid, tag};
use crate::name::Name;

const WHAT: &str = "GeneralName";

const OTHER_NAME: u8 = tag::context_constructed(0);
const RFC822_NAME: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const DIRECTORY_NAME: u8 = tag::context_constructed(4);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);
const REGISTERED_ID: u8 = tag::context(8);

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

/// Reads one `GeneralName`. DNS names may have underscores.
pub(crate) fn read_one(element: Element<'_>) -> ReadName {
    let ascii = || {
        let text = std::str::from_utf8(element.content)
            .ok()
            .filter(|text| text.is_ascii());
        text.ok_or(GeneralNameError::Malformed(Malformed::new("IA5String")))
    };
    match element.tag {
        RFC822_NAME => EmailAddress::new(ascii()?).map(GeneralName::Email),
        DNS_NAME => DnsName::with_underscores(ascii()?).map(GeneralName::Dns),
        URI => Uri::new(ascii()?).map(GeneralName::Uri),
        IP_ADDRESS => read_ip(element.content).map(GeneralName::Ip),
        OTHER_NAME => read_other(element.content),
        DIRECTORY_NAME => GeneralName::directory(Name::from_der(element.content)?),
        REGISTERED_ID => ObjectIdentifier::from_bytes(element.content)
            .map(GeneralName::Rid)
            .map_err(|_| Malformed::new("registeredID").into()),
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

fn read_other(content: &[u8]) -> ReadName {
    let mut fields = Reader::new(content);
    let type_id = fields.oid(WHAT)?;
    let value = fields.content(tag::context_constructed(0), WHAT)?;
    fields.finish(WHAT)?;
    GeneralName::other(type_id, value)
}

/// Writes `GeneralNames`.
pub(crate) fn write_names(writer: &mut Writer, names: &[GeneralName]) {
    writer.sequence(|writer| names.iter().for_each(|name| write_one(writer, name)));
}

/// Writes one `GeneralName`.
pub(crate) fn write_one(writer: &mut Writer, name: &GeneralName) {
    match name {
        GeneralName::Dns(name) => writer.tlv(DNS_NAME, name.as_bytes()),
        GeneralName::Email(address) => writer.tlv(RFC822_NAME, address.as_bytes()),
        GeneralName::Uri(uri) => writer.tlv(URI, uri.as_bytes()),
        GeneralName::Ip(IpAddr::V4(address)) => writer.tlv(IP_ADDRESS, &address.octets()),
        GeneralName::Ip(IpAddr::V6(address)) => writer.tlv(IP_ADDRESS, &address.octets()),
        GeneralName::Upn(name) => write_other(writer, &oid::USER_PRINCIPAL_NAME, |writer| {
            writer.tlv(tag::UTF8_STRING, name.as_bytes())
        }),
        GeneralName::SmtpUtf8(address) => write_other(writer, &oid::SMTP_UTF8_MAILBOX, |writer| {
            writer.tlv(tag::UTF8_STRING, address.as_bytes())
        }),
        // explicit: Name is a CHOICE
        GeneralName::Directory(name) => writer.tlv(DIRECTORY_NAME, name.to_der()),
        GeneralName::Rid(identifier) => writer.tlv(REGISTERED_ID, identifier.as_bytes()),
        GeneralName::Other(name) => write_other(writer, &name.type_id(), |writer| {
            writer.raw(name.value_der())
        }),
    }
}

fn write_other(writer: &mut Writer, type_id: &ObjectIdentifier, value: impl FnOnce(&mut Writer)) {
    writer.nest(OTHER_NAME, |writer| {
        writer.oid(type_id);
        writer.nest(tag::context_constructed(0), value);
    });
}
