//! Certificates in one file: the degenerate SignedData of RFC 5652 section 5, which signs nothing and carries certificates
//! only (`.p7c`, RFC 5280 section 4.2.2.1).

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use crate::asn1::{Writer, tag};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// A certs-only CMS message, DER, of certificates in DER; one that comes twice stands in it once.
pub fn certs_only<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    // A SET OF in DER is in the order of its encodings.
    let certificates: BTreeSet<&[u8]> = certificates.into_iter().collect();
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.oid(&SIGNED_DATA);
        writer.nest(tag::context_constructed(0), |writer| {
            writer.sequence(|writer| {
                writer.integer(1);
                writer.tlv(tag::SET, &[]);
                writer.sequence(|writer| writer.oid(&DATA));
                writer.nest(tag::context_constructed(0), |writer| {
                    for certificate in certificates {
                        writer.raw(certificate);
                    }
                });
                writer.tlv(tag::SET, &[]);
            });
        });
    });
    writer.finish()
}
