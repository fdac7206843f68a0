//! TLS feature, RFC 7633: what a server with this certificate must offer in its handshake. Not critical.

use super::Writer;
use crate::asn1::oid;

/// status_request, RFC 6066: OCSP stapling ("must-staple").
const STATUS_REQUEST: u64 = 5;

/// Writes the extension with must-staple, the only feature that anyone asks for.
pub(crate) fn write_must_staple(writer: &mut Writer) {
    super::write(writer, &oid::TLS_FEATURE, false, |writer| {
        writer.sequence(|writer| writer.integer(STATUS_REQUEST));
    });
}
