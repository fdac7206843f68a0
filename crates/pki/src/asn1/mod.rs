//! Reading and writing DER, ITU-T X.690: a strict cursor over received bytes and a writer that cannot fail.
//! Tags and lengths are judged by the `der` crate; what a structure means is told by the module that owns it.

mod nesting;
pub(crate) mod oid;
mod read;
pub(crate) mod text;
mod time;
mod write;

pub(crate) use nesting::check_nesting;
pub use read::Malformed;
pub(crate) use read::{
    Element, Reader, bit_string_of_octets, integer_octets, integer_u64, parse_all, signed_integer,
};
pub use text::ValueTextError;
pub(crate) use time::{generalized_time, whole_seconds, x509_time};
pub(crate) use write::{Writer, write_signed_integer};

/// Identifier octets of the types that X.509 uses.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number] IMPLICIT` over a primitive type.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]` over a constructed type, or `EXPLICIT`.
    pub(crate) const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Whether a PrintableString may have that octet, X.680 section 41.4.
pub(crate) fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet)
}
