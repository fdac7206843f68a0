//! `Controls`, RFC 4211 section 6: those that CMP uses by name, the others as they came.

use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, Writer, tag};
use crate::name::Name;

const WHAT: &str = "Controls";
/// Most controls of a request.
const MAX_CONTROLS: usize = 16;
const OLD_CERT_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.5.1.5");
const PROTOCOL_ENCRYPTION_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.5.1.6");

/// A control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// id-regCtrl-oldCertID, section 6.5: the certificate that is to be updated.
    OldCertId(OldCertId),
    /// id-regCtrl-protocolEncrKey, section 6.6: SubjectPublicKeyInfo, DER, for what comes back encrypted.
    ProtocolEncryptionKey(Vec<u8>),
    /// Another one.
    Other {
        /// Its type.
        oid: ObjectIdentifier,
        /// Its value, DER.
        value: Vec<u8>,
    },
}

/// `CertId`: issuer and serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldCertId {
    /// The CA; `None` when it is not named by a directory name.
    pub issuer: Option<Name>,
    /// Content octets of the INTEGER.
    pub serial: Vec<u8>,
}

impl OldCertId {
    /// Reads the content of a `CertId`.
    pub(crate) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "CertId";
        let issuer = fields.element(WHAT)?;
        let serial = fields.content(tag::INTEGER, WHAT)?;
        fields.finish(WHAT)?;
        if serial.is_empty() || serial.len() > 48 {
            return Err(Malformed::new(WHAT));
        }
        let issuer = (issuer.tag == tag::context_constructed(4))
            .then(|| Name::from_der(issuer.content).map_err(|_| Malformed::new(WHAT)))
            .transpose()?;
        Ok(Self {
            issuer,
            serial: serial.to_vec(),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            let empty = Name::empty();
            let issuer = self.issuer.as_ref().unwrap_or(&empty);
            writer.tlv(tag::context_constructed(4), issuer.to_der());
            writer.tlv(tag::INTEGER, &self.serial);
        });
    }
}

pub(super) fn read_controls(mut fields: Reader<'_>) -> Result<Vec<Control>, Malformed> {
    let mut controls = Vec::new();
    while !fields.is_empty() {
        let mut control = fields.sequence(WHAT)?;
        let oid = control.oid(WHAT)?;
        let value = control.element(WHAT)?;
        control.finish(WHAT)?;
        if controls.len() >= MAX_CONTROLS {
            return Err(Malformed::new(WHAT));
        }
        controls.push(match oid {
            OLD_CERT_ID if value.tag == tag::SEQUENCE => {
                Control::OldCertId(OldCertId::read(Reader::new(value.content))?)
            }
            PROTOCOL_ENCRYPTION_KEY if value.tag == tag::SEQUENCE => {
                Control::ProtocolEncryptionKey(value.whole.to_vec())
            }
            oid => Control::Other {
                oid,
                value: value.whole.to_vec(),
            },
        });
    }
    Ok(controls)
}

pub(super) fn write_controls(writer: &mut Writer, controls: &[Control]) {
    writer.sequence(|writer| {
        for control in controls {
            writer.sequence(|writer| match control {
                Control::OldCertId(id) => {
                    writer.oid(&OLD_CERT_ID);
                    id.write(writer);
                }
                Control::ProtocolEncryptionKey(key) => {
                    writer.oid(&PROTOCOL_ENCRYPTION_KEY);
                    writer.raw(key);
                }
                Control::Other { oid, value } => {
                    writer.oid(oid);
                    writer.raw(value);
                }
            });
        }
    });
}
