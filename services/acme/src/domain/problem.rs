//! Problem documents: RFC 8555 §6.7, RFC 7807. A problem is what we tell the client, and what we keep with an order or
//! a challenge that failed.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::identifier::RawIdentifier;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $urn:literal, $status:literal;)*) => {
        /// The error types of RFC 8555 §6.7, RFC 9773 and draft-ietf-acme-profiles.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemKind {
            $($(#[$doc])* #[serde(rename = $urn)] $name,)*
        }

        impl ProblemKind {
            /// The whole URN.
            pub fn urn(self) -> &'static str {
                match self { $(Self::$name => $urn,)* }
            }

            /// The HTTP status that it is answered with unless said otherwise.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

kinds! {
    /// No account for this key, or no such account.
    AccountDoesNotExist = "urn:ietf:params:acme:error:accountDoesNotExist", 400;
    /// Another order replaces the certificate already: RFC 9773 §7.4.
    AlreadyReplaced = "urn:ietf:params:acme:error:alreadyReplaced", 409;
    /// The certificate is revoked already.
    AlreadyRevoked = "urn:ietf:params:acme:error:alreadyRevoked", 400;
    /// The CSR is not acceptable.
    BadCsr = "urn:ietf:params:acme:error:badCSR", 400;
    /// The nonce was never given, or was used already.
    BadNonce = "urn:ietf:params:acme:error:badNonce", 400;
    /// The key is too weak or of a kind that we do not take.
    BadPublicKey = "urn:ietf:params:acme:error:badPublicKey", 400;
    /// The revocation reason may not be used.
    BadRevocationReason = "urn:ietf:params:acme:error:badRevocationReason", 400;
    /// The JWS algorithm is not one of ours.
    BadSignatureAlgorithm = "urn:ietf:params:acme:error:badSignatureAlgorithm", 400;
    /// CAA records forbid to issue.
    Caa = "urn:ietf:params:acme:error:caa", 403;
    /// Several things are wrong: see the subproblems.
    Compound = "urn:ietf:params:acme:error:compound", 400;
    /// We could not connect to the validation target.
    Connection = "urn:ietf:params:acme:error:connection", 400;
    /// A DNS query failed.
    Dns = "urn:ietf:params:acme:error:dns", 400;
    /// The directory wants an external account binding.
    ExternalAccountRequired = "urn:ietf:params:acme:error:externalAccountRequired", 403;
    /// What we found does not answer the challenge.
    IncorrectResponse = "urn:ietf:params:acme:error:incorrectResponse", 403;
    /// A contact is not well formed.
    InvalidContact = "urn:ietf:params:acme:error:invalidContact", 400;
    /// The directory has no such profile: draft-ietf-acme-profiles.
    InvalidProfile = "urn:ietf:params:acme:error:invalidProfile", 400;
    /// The request is not what it should be.
    Malformed = "urn:ietf:params:acme:error:malformed", 400;
    /// The order is not in the state for this.
    OrderNotReady = "urn:ietf:params:acme:error:orderNotReady", 403;
    /// Too many requests.
    RateLimited = "urn:ietf:params:acme:error:rateLimited", 429;
    /// No certificate for this name.
    RejectedIdentifier = "urn:ietf:params:acme:error:rejectedIdentifier", 400;
    /// Something failed on our side.
    ServerInternal = "urn:ietf:params:acme:error:serverInternal", 500;
    /// TLS failed during validation.
    Tls = "urn:ietf:params:acme:error:tls", 400;
    /// Not allowed.
    Unauthorized = "urn:ietf:params:acme:error:unauthorized", 403;
    /// A contact of a kind that we cannot use.
    UnsupportedContact = "urn:ietf:params:acme:error:unsupportedContact", 400;
    /// An identifier of a kind that we do not know.
    UnsupportedIdentifier = "urn:ietf:params:acme:error:unsupportedIdentifier", 400;
    /// A person has to do something first.
    UserActionRequired = "urn:ietf:params:acme:error:userActionRequired", 403;
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<Document>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: ProblemKind,
    detail: String,
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subproblems: Vec<Subproblem>,
    /// RFC 8555 §6.2: goes with `badSignatureAlgorithm`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    algorithms: Vec<String>,
    #[serde(skip)]
    headers: Headers,
}

/// A problem of one identifier of several: RFC 8555 §6.7.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subproblem {
    /// What is wrong with it.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// In words.
    pub detail: String,
    /// The identifier as the order names it, also when it cannot be one.
    pub identifier: RawIdentifier,
}

/// What is said in headers rather than in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// When to come again.
    pub retry_after: Option<Duration>,
    /// The resource that stands in the way.
    pub location: Option<String>,
    /// What a person should read: (relation, URL).
    pub link: Option<(&'static str, String)>,
}

impl Problem {
    /// A problem in words for the person at the other end.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind,
            detail: detail.into(),
            status: kind.status(),
            subproblems: Vec::new(),
            algorithms: Vec::new(),
            headers: Headers::default(),
        }))
    }

    /// A `malformed` problem.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Malformed, detail)
    }

    /// An `unauthorized` problem.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unauthorized, detail)
    }

    /// Nothing there: ACME has no type of its own for this.
    pub fn not_found(what: &str) -> Self {
        Self::malformed(format!("there is no such {what}")).with_status(404)
    }

    /// A `serverInternal` problem that passes by itself.
    pub fn unavailable(retry_after: Duration) -> Self {
        Self::new(
            ProblemKind::ServerInternal,
            "the service is busy or cannot reach a part of itself; try again",
        )
        .with_status(503)
        .with_retry_after(retry_after)
    }

    /// One problem of many: itself when it is alone, else a document with subproblems. `None` when there is none.
    pub fn of_identifiers(mut problems: Vec<Subproblem>, identifier_count: usize) -> Option<Self> {
        let first = problems.first()?;
        if identifier_count == 1 {
            return Some(Self::new(first.kind, first.detail.clone()));
        }
        let kind = if problems.iter().all(|problem| problem.kind == first.kind) {
            first.kind
        } else {
            ProblemKind::Compound
        };
        let mut whole = Self::new(
            kind,
            format!(
                "{} of {identifier_count} identifiers are refused",
                problems.len()
            ),
        );
        whole.0.subproblems.append(&mut problems);
        Some(whole)
    }

    /// With another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// With a Retry-After.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.headers.retry_after = Some(retry_after);
        self
    }

    /// With the URL of what stands in the way.
    #[must_use]
    pub fn with_location(mut self, location: String) -> Self {
        self.0.headers.location = Some(location);
        self
    }

    /// With a link that a person should follow.
    #[must_use]
    pub fn with_link(mut self, relation: &'static str, url: String) -> Self {
        self.0.headers.link = Some((relation, url));
        self
    }

    /// With the JWS algorithms that we take.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = &'static str>) -> Self {
        self.0.algorithms = algorithms.into_iter().map(str::to_owned).collect();
        self
    }

    /// Its type.
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// In words.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Its HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// What is said in headers.
    pub fn headers(&self) -> &Headers {
        &self.0.headers
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.urn(), self.0.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::super::identifier::Identifier;
    use super::*;

    #[test]
    fn a_problem_is_written_as_rfc_7807_says_and_read_back() {
        let problem = Problem::new(ProblemKind::BadCsr, "no names");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"type": "urn:ietf:params:acme:error:badCSR", "detail": "no names", "status": 400})
        );
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[test]
    fn different_subproblems_make_a_compound() {
        let one = |kind, name: &str| Subproblem {
            kind,
            detail: "no".into(),
            identifier: Identifier::dns(name).unwrap().into(),
        };
        let same = vec![
            one(ProblemKind::RejectedIdentifier, "a.test"),
            one(ProblemKind::RejectedIdentifier, "b.test"),
        ];
        assert_eq!(
            Problem::of_identifiers(same, 3).unwrap().kind(),
            ProblemKind::RejectedIdentifier
        );
        let mixed = vec![
            one(ProblemKind::RejectedIdentifier, "a.test"),
            one(ProblemKind::Dns, "b.test"),
        ];
        let mixed = Problem::of_identifiers(mixed, 2).unwrap();
        assert_eq!(
            (mixed.kind(), mixed.0.subproblems.len()),
            (ProblemKind::Compound, 2)
        );
        assert_eq!(Problem::of_identifiers(Vec::new(), 2), None);
    }
}
