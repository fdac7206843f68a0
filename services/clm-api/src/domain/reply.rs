//! Replies that are kept, so that a repeated request is answered the same and nothing is made twice.

/// How long a reply is kept, and its key means the same request.
pub const LIFETIME_MS: i64 = 24 * 3_600_000;
/// A request that was begun so long ago and has no reply was broken off: it may be tried again.
pub const BROKEN_OFF_AFTER_MS: i64 = 60_000;
/// What the signer seals bodies with secrets with.
pub const SEALING_CONTEXT: &str = "clm/reply";

/// Which request of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyKey {
    /// SHA-256 of the caller's name, lower-case hex.
    pub caller: String,
    /// What the caller calls the request.
    pub key: String,
    /// SHA-256 of method, path, query and body, lower-case hex.
    pub request_digest: String,
}

/// What was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Location`, or empty.
    pub location: String,
    /// `ETag`, or empty.
    pub etag: String,
    /// `Content-Type`, or empty.
    pub media_type: String,
    /// Whether the body has a secret: it must not be cached, and is kept sealed.
    pub secret: bool,
    /// The body; sealed where it is secret and comes from the database.
    pub body: Vec<u8>,
}

/// How a request with a key stands.
pub enum Standing {
    /// It is new, and now noted as begun.
    New,
    /// It was begun and has no reply yet.
    UnderWay,
    /// The key was used for another request.
    Another,
    /// It was answered.
    Answered(Reply),
}
