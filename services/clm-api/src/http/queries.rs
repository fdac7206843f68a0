//! Parts of queries that several endpoints share.

use serde::{Deserialize as _, Deserializer, de::Error as _};

use crate::domain::page::LARGEST_PAGE_SIZE;

/// A number of rows; the reader of queries by itself does not say which key it could not read.
pub(super) fn page_size<'de, D: Deserializer<'de>>(query: D) -> Result<u32, D::Error> {
    String::deserialize(query)?.parse().map_err(|_| {
        D::Error::custom(format_args!(
            "page_size: must be a number, at most {LARGEST_PAGE_SIZE}"
        ))
    })
}
