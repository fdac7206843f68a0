//! One file per use case: the story in order.

pub mod answer;
pub mod ca_certificates;
pub mod enrol;
pub mod look_up;
pub mod operate;
pub mod poll;
pub mod registration_authority;
