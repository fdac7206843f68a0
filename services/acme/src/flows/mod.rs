//! One file per use case: the story in order, over domain, store and clients.

pub mod answer_challenge;
pub mod authenticate;
pub mod change_key;
pub mod check_caa;
pub mod create_account;
pub mod create_order;
pub mod finalize;
pub mod identifiers;
pub mod load;
pub mod pre_authorize;
pub mod renewal_info;
pub mod replace;
pub mod revoke;
pub mod update_account;
pub mod validate;
