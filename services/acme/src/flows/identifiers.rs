//! The names of an order, checked one by one: RFC 8555 §7.4, each refusal a subproblem of its own (§6.7.1).

use crate::domain::identifier::{Identifier, IdentifierError, RawIdentifier};
use crate::domain::problem::{Problem, ProblemKind, Subproblem};

const MOST_IDENTIFIERS: usize = 100;

/// Checks all names, and says of each one what is wrong with it; a name given twice counts once.
pub fn check(
    wanted: Vec<RawIdentifier>,
    wildcards_allowed: bool,
) -> Result<Vec<Identifier>, Problem> {
    if wanted.is_empty() || wanted.len() > MOST_IDENTIFIERS {
        return Err(Problem::malformed(format!(
            "an order has 1 to {MOST_IDENTIFIERS} identifiers"
        )));
    }
    let count = wanted.len();
    let mut identifiers = Vec::with_capacity(count);
    let mut refused = Vec::new();
    for raw in wanted {
        let shown = raw.shortened();
        let (kind, detail) = match Identifier::try_from(raw) {
            Ok(identifier) if identifier.is_wildcard() && !wildcards_allowed => (
                ProblemKind::RejectedIdentifier,
                format!("{identifier}: wildcards are not allowed by the policy"),
            ),
            Ok(identifier) if identifiers.contains(&identifier) => continue,
            Ok(identifier) => {
                identifiers.push(identifier);
                continue;
            }
            Err(error) => (kind(&error), error.to_string()),
        };
        refused.push(Subproblem {
            kind,
            detail,
            identifier: shown,
        });
    }
    match Problem::of_identifiers(refused, count) {
        Some(problem) => Err(problem),
        None => Ok(identifiers),
    }
}

fn kind(error: &IdentifierError) -> ProblemKind {
    match error {
        IdentifierError::UnknownKind(_) => ProblemKind::UnsupportedIdentifier,
        IdentifierError::BadName { .. } => ProblemKind::RejectedIdentifier,
        IdentifierError::BadAddress(_) => ProblemKind::Malformed,
    }
}
