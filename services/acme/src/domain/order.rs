//! Orders: RFC 8555 §7.1.3, §7.1.6. pending → ready → processing → valid | invalid.

use time::OffsetDateTime;

use super::authorization::{Authorization, AuthorizationState};
use super::certificate_id::CertificateId;
use super::directory::Directory;
use super::id::{AccountId, AuthorizationId, OrderId};
use super::identifier::Identifier;
use super::problem::{Problem, ProblemKind, Subproblem};

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The directory that it came through.
    pub directory: Directory,
    /// The policy that the directory stood for when the order came: it stays even when the default changes.
    pub policy: String,
    /// How far it is.
    pub state: OrderState,
    /// The names, in the order in which they were asked for.
    pub identifiers: Vec<Identifier>,
    /// Their authorizations, in the same order.
    pub authorizations: Vec<AuthorizationId>,
    /// The profile that the client chose (draft-ietf-acme-profiles).
    pub profile: Option<String>,
    /// The certificate that this one shall follow (RFC 9773 §5).
    pub replaces: Option<CertificateId>,
    /// Wanted begin of the certificate.
    pub not_before: Option<OffsetDateTime>,
    /// Wanted end of the certificate.
    pub not_after: Option<OffsetDateTime>,
    /// When it came.
    pub created_at: OffsetDateTime,
    /// When it ends unless it is finalized.
    pub expires_at: OffsetDateTime,
    /// Why it is invalid.
    pub error: Option<Problem>,
    /// The CSR that it was finalized with, DER.
    pub csr: Option<Vec<u8>>,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Names are not all proven.
    Pending,
    /// Waits for its CSR.
    Ready,
    /// Handed on for issuing.
    Processing,
    /// Issued.
    Valid,
    /// Ended without a certificate.
    Invalid,
}

/// What time and authorizations make of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// All names are proven.
    Ready,
    /// It cannot be fulfilled any more.
    Invalid(Problem),
}

/// What a finalize request does to an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Finalize {
    /// It begins processing with this CSR.
    Begin,
    /// It was begun with the same CSR: a repetition, which must have the same outcome.
    Repeat,
}

impl Order {
    /// The idempotency key of its issuance.
    pub fn request_id(&self) -> String {
        format!("acme-order-{}", self.id)
    }

    /// What is to be done with an order that was just loaded; `None`: nothing changed.
    pub fn settle(
        &self,
        authorizations: &[Authorization],
        now: OffsetDateTime,
    ) -> Option<Settlement> {
        if !matches!(self.state, OrderState::Pending | OrderState::Ready) {
            return None;
        }
        if now >= self.expires_at {
            return Some(Settlement::Invalid(Problem::malformed(
                "the order expired before it was finalized",
            )));
        }
        let lost: Vec<Subproblem> = authorizations
            .iter()
            .filter_map(|found| why_lost(found, now))
            .collect();
        if let Some(problem) = Problem::of_identifiers(lost, self.identifiers.len()) {
            return Some(Settlement::Invalid(problem));
        }
        let all_proven = authorizations.len() == self.identifiers.len()
            && authorizations
                .iter()
                .all(|found| found.state(now) == AuthorizationState::Valid);
        (all_proven && self.state == OrderState::Pending).then_some(Settlement::Ready)
    }

    /// Whether it may be finalized with this CSR.
    pub fn finalize(&self, csr_der: &[u8]) -> Result<Finalize, Problem> {
        let not_ready = |why: &str| Err(Problem::new(ProblemKind::OrderNotReady, why));
        match self.state {
            OrderState::Ready => Ok(Finalize::Begin),
            OrderState::Processing | OrderState::Valid if self.csr.as_deref() == Some(csr_der) => {
                Ok(Finalize::Repeat)
            }
            OrderState::Processing | OrderState::Valid => {
                not_ready("the order was finalized with another certificate request")
            }
            OrderState::Pending => not_ready("not all authorizations of the order are valid"),
            OrderState::Invalid => not_ready("the order is invalid"),
        }
    }
}

fn why_lost(authorization: &Authorization, now: OffsetDateTime) -> Option<Subproblem> {
    let (kind, detail) = match authorization.state(now) {
        AuthorizationState::Pending | AuthorizationState::Valid => return None,
        AuthorizationState::Invalid => match authorization.error() {
            Some(error) => (error.kind(), error.detail().to_owned()),
            None => (
                ProblemKind::Unauthorized,
                "the authorization is invalid".to_owned(),
            ),
        },
        state @ (AuthorizationState::Deactivated
        | AuthorizationState::Expired
        | AuthorizationState::Revoked) => (
            ProblemKind::Unauthorized,
            format!("the authorization is {}", state.as_str()),
        ),
    };
    Some(Subproblem {
        kind,
        detail,
        identifier: authorization.ordered_identifier().into(),
    })
}

impl OrderState {
    /// The word in JSON and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Processing => "processing",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }

    /// The state of a word.
    pub fn find(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Ready,
            Self::Processing,
            Self::Valid,
            Self::Invalid,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests;
