//! CAA, where the policy wants it honoured: RFC 8659, RFC 8657. Looked at when a name is proven, and again when that is
//! longer ago than a record may be trusted.

use time::Duration;

use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::caa::Issuance;
use crate::domain::challenge::ChallengeKind;
use crate::domain::identifier::Identifier;
use crate::domain::policy::Policy;
use crate::domain::problem::{Problem, Subproblem};
use crate::failure::Failure;
use crate::server::Server;
use crate::validation::Unproven;

/// The Baseline Requirements (section 4.2.2.1) and common sense: records are old after that.
const FRESH: Duration = Duration::hours(8);

/// Whether we may issue for a name that was proven like that.
pub async fn check_caa(
    server: &Server,
    account: &Account,
    policy: &Policy,
    name: &Identifier,
    proven_by: ChallengeKind,
) -> Result<(), Unproven> {
    let Some(identities) = &policy.caa_identities else {
        return Ok(());
    };
    let issuance = Issuance {
        identities,
        account_url: &server.urls.account(&account.directory, &account.id),
        proven_by,
        wildcard: name.is_wildcard(),
    };
    server.validator.check_caa(name, issuance).await
}

/// Looks at each name of an order whose records were not looked at lately; a problem names all that are forbidden.
pub async fn check_again(
    server: &Server,
    account: &Account,
    policy: &Policy,
    authorizations: &[Authorization],
) -> Result<(), Failure> {
    if policy.caa_identities.is_none() {
        return Ok(());
    }
    let now = server.now();
    let (mut checked, mut forbidden) = (Vec::new(), Vec::new());
    for authorization in authorizations {
        if authorization
            .caa_checked_at
            .is_some_and(|at| now - at < FRESH)
        {
            continue;
        }
        let name = authorization.ordered_identifier();
        let proven_by = match &authorization.proof {
            Some(proof) => proof.kind,
            // proven before that was kept
            None if authorization.wildcard => ChallengeKind::Dns01,
            None => ChallengeKind::Http01,
        };
        match check_caa(server, account, policy, &name, proven_by).await {
            Ok(()) => checked.push(authorization.id.clone()),
            Err(Unproven { problem, .. }) => forbidden.push(Subproblem {
                kind: problem.kind(),
                detail: problem.detail().to_owned(),
                identifier: name.into(),
            }),
        }
    }
    if let Some(problem) = Problem::of_identifiers(forbidden, authorizations.len()) {
        return Err(problem.into());
    }
    if !checked.is_empty() {
        server.store.keep_caa_checked(&checked, now).await?;
    }
    Ok(())
}
