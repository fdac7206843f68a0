//! Many calls between two services over one stream of questions and one of answers, which find each other by a number.
//! A call of its own costs HTTP/2 headers, a task and a dozen layers on both sides; a message in a stream costs little
//! more than its bytes, and those that are sent at the same time leave in one write. Answers come in any order: a slow
//! one holds up no other. [`Calls`] asks, [`answer_each`] answers.
//!
//! What both sides promise: a question that was read is answered before the stream ends, so that a question without an
//! answer was not begun when the stream has ended well, and its outcome is unknown when it broke.

mod answer;
mod ask;
pub mod trace;

pub use answer::{Answers, answer_each};
pub use ask::{Calls, Opening};
