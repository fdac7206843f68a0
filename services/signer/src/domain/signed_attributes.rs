//! What is signed in CMS, RFC 5652 §5.3 and §5.4: the DER of a SET OF Attribute with content type and message digest.

use der::asn1::{Any, ObjectIdentifier, SetOfVec};
use der::{Decode, Sequence, ValueOrd};

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// Whether these bytes are signed attributes.
pub(super) fn is_signed_attributes(bytes: &[u8]) -> bool {
    let Ok(attributes) = SetOfVec::<Attribute>::from_der(bytes) else {
        return false;
    };
    let one = |kind| {
        let mut found = attributes.iter().filter(|attribute| attribute.kind == kind);
        found
            .next()
            .is_some_and(|attribute| attribute.values.len() == 1)
            && found.next().is_none()
    };
    one(CONTENT_TYPE) && one(MESSAGE_DIGEST)
}

#[cfg(test)]
mod tests {
    use der::Encode;
    use der::asn1::OctetString;

    use super::*;

    fn attribute(kind: ObjectIdentifier, value: &impl Encode) -> Attribute {
        let value = Any::from_der(&value.to_der().unwrap()).unwrap();
        Attribute {
            kind,
            values: SetOfVec::from_iter([value]).unwrap(),
        }
    }

    #[test]
    fn only_a_set_with_content_type_and_digest_is_one() {
        let kind = attribute(
            CONTENT_TYPE,
            &ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1"),
        );
        let digest = attribute(MESSAGE_DIGEST, &OctetString::new([7; 32]).unwrap());
        let whole = SetOfVec::from_iter([kind.clone(), digest])
            .unwrap()
            .to_der()
            .unwrap();
        assert!(is_signed_attributes(&whole));
        assert!(!is_signed_attributes(
            &SetOfVec::from_iter([kind]).unwrap().to_der().unwrap()
        ));
        assert!(!is_signed_attributes(&whole[..whole.len() - 1]));
        let mut sequence = whole;
        sequence[0] = 0x30;
        assert!(!is_signed_attributes(&sequence));
    }
}
