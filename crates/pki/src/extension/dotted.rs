//! Object identifiers in JSON: dotted text.

use const_oid::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(
    oid: &ObjectIdentifier,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(oid)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ObjectIdentifier, D::Error> {
    let text = String::deserialize(deserializer)?;
    ObjectIdentifier::new(&text)
        .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is no object identifier")))
}
