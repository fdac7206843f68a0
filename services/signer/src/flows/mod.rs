//! One file per use case: the story in order.

pub(crate) mod create_key;
pub(crate) mod destroy_key;
pub(crate) mod read_keys;
pub(crate) mod seal;
pub(crate) mod sign;
