//! What the crate promises to the outside, in one program: foreign decoders and properties of every parser.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod attacks;
mod cms;
mod names;
mod openssl;
mod profiles;
mod properties;
mod support;
