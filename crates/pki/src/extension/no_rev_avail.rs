//! No revocation available, RFC 9608: nobody will ever say whether the certificate is revoked. Not critical, and neither in
//! CA certificates nor beside CRL distribution points or the URL of an OCSP responder.

use super::Writer;
use crate::asn1::{oid, tag};

pub(crate) fn write(writer: &mut Writer) {
    super::write(writer, &oid::NO_REV_AVAIL, false, |writer| {
        writer.tlv(tag::NULL, &[])
    });
}
