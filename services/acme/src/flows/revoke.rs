//! revokeCert: RFC 8555 §7.6. By the account that got the certificate, by one that has proven all its names, or by the
//! certificate's own key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ers_pki::certificate::Certificate;
use ers_pki::revocation::Reason;
use serde::Deserialize;

use super::authenticate::{Posted, Sender, by_either};
use crate::clients::clm::ClmError;
use crate::domain::account::Account;
use crate::domain::authorization::AuthorizationState;
use crate::domain::identifier::Identifier;
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;

#[derive(Debug, Deserialize)]
struct Revocation {
    certificate: String,
    reason: Option<i64>,
}

/// Revokes a certificate.
#[tracing::instrument(name = "acme.revoke", skip_all)]
pub async fn revoke(server: &Server, posted: Posted<'_>) -> Result<(), Failure> {
    let (sender, payload) = by_either(server, posted).await?;
    let revocation: Revocation = payload.parse()?;
    let reason = reason(revocation.reason)?;
    let malformed =
        || Problem::malformed("certificate is not a certificate, DER in base64url without padding");
    let der = URL_SAFE_NO_PAD
        .decode(&revocation.certificate)
        .map_err(|_| malformed())?;
    let certificate = Certificate::from_der(&der).map_err(|_| malformed())?;
    let requester = match &sender {
        Sender::Key(key) if key.spki_der() == certificate.public_key().spki_der() => {
            format!("certificate-key:{}", hex::encode(certificate.fingerprint()))
        }
        Sender::Key(_) => {
            return Err(
                Problem::unauthorized("the request is not by the key of the certificate").into(),
            );
        }
        Sender::Account(account) => {
            if !may_revoke(server, account, &certificate).await? {
                let why =
                    "the account neither got this certificate nor has proven all of its names";
                return Err(Problem::unauthorized(why).into());
            }
            format!("acme-account:{}", account.id)
        }
    };
    let already = match server
        .clm
        .revoke(der, &reason.to_string(), &requester)
        .await
    {
        Ok(already) => already,
        Err(ClmError::NotFound { .. }) => return Err(Problem::not_found("certificate").into()),
        Err(ClmError::Invalid { detail, .. }) => {
            return Err(Problem::new(ProblemKind::BadRevocationReason, detail).into());
        }
        Err(error) => return Err(error.into()),
    };
    if already {
        return Err(Problem::new(
            ProblemKind::AlreadyRevoked,
            "the certificate is revoked already",
        )
        .into());
    }
    server.metrics.revocation();
    tracing::info!(
        target: "audit", serial = certificate.serial().to_hex(), requester, reason = %reason, "acme certificate revoked"
    );
    Ok(())
}

/// What a subscriber may say of itself; the rest is for CAs.
fn reason(code: Option<i64>) -> Result<Reason, Problem> {
    match code {
        None | Some(0) => Ok(Reason::Unspecified),
        Some(1) => Ok(Reason::KeyCompromise),
        Some(3) => Ok(Reason::AffiliationChanged),
        Some(4) => Ok(Reason::Superseded),
        Some(5) => Ok(Reason::CessationOfOperation),
        Some(_) => {
            let why = "a subscriber may give the reasons 0, 1, 3, 4 and 5";
            Err(Problem::new(ProblemKind::BadRevocationReason, why))
        }
    }
}

async fn may_revoke(
    server: &Server,
    account: &Account,
    certificate: &Certificate,
) -> Result<bool, Failure> {
    let owner = server
        .store
        .find_owner(&hex::encode(certificate.fingerprint()))
        .await?;
    if owner.as_ref() == Some(&account.id) {
        return Ok(true);
    }
    let names: Option<Vec<Identifier>> = certificate
        .names()
        .iter()
        .map(Identifier::from_general_name)
        .collect();
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Ok(false);
    };
    let now = server.now();
    let proven: Vec<Identifier> = server
        .store
        .list_proven(&account.id, &names)
        .await?
        .into_iter()
        .filter(|authorization| authorization.state(now) == AuthorizationState::Valid)
        .map(|authorization| authorization.ordered_identifier())
        .collect();
    Ok(names.iter().all(|name| proven.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_may_not_speak_for_a_ca() {
        for code in [0, 1, 3, 4, 5] {
            assert_eq!(i64::from(reason(Some(code)).unwrap().code()), code);
        }
        for code in [-1, 2, 6, 7, 8, 9, 10, 11, 256] {
            assert_eq!(
                reason(Some(code)).unwrap_err().kind(),
                ProblemKind::BadRevocationReason,
                "{code}"
            );
        }
    }
}
