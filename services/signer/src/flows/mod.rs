//! One file per use case: the story in order.

pub(crate) mod administer;
pub(crate) mod attach_replica;
pub(crate) mod create_key;
pub(crate) mod decrypt;
pub(crate) mod destroy_key;
pub(crate) mod finish_keys;
pub(crate) mod list_tokens;
pub(crate) mod make_client_key;
mod places;
pub(crate) mod quarantine;
pub(crate) mod read_keys;
pub(crate) mod seal;
pub(crate) mod sign;
pub(crate) mod sign_long;
