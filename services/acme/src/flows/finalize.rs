//! finalize: RFC 8555 §7.4. The CSR is stored before CLM is asked, and CLM is asked under the order's own request id:
//! whatever is interrupted or repeated, an order has one certificate.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ers_pki::certificate::Certificate;
use ers_proto::clm::v1::RefusalReason;
use serde::Deserialize;

use super::authenticate::Payload;
use super::check_caa::check_again;
use super::load::{Loaded, settled_order};
use super::replace::renewed;
use crate::clients::clm::{ClmError, Enrollment, Outcome};
use crate::domain::account::Account;
use crate::domain::certificate_id::CertificateId;
use crate::domain::id::OrderId;
use crate::domain::identifier::Identifier;
use crate::domain::order::{Finalize, Order, OrderState};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::request_names;
use crate::failure::Failure;
use crate::server::Server;
use crate::store::IssuedChain;

const POLL_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
struct Request {
    csr: String,
}

/// Hands the order on for issuing, or says how far an earlier finalize with the same CSR is.
#[tracing::instrument(name = "acme.finalize", skip_all, fields(account_id = %account.id, order_id = %id))]
pub async fn finalize(
    server: &Server,
    account: &Account,
    id: &OrderId,
    payload: &Payload,
) -> Result<Loaded, Failure> {
    let request: Request = payload.parse()?;
    let csr = URL_SAFE_NO_PAD
        .decode(&request.csr)
        .map_err(|_| Problem::malformed("csr is not base64url without padding"))?;
    let mut loaded = settled_order(server, account, id).await?;
    if loaded.order.finalize(&csr)? == Finalize::Begin {
        request_names::check(&csr, &loaded.order.identifiers, &account.key)?;
        may_issue(server, account, &loaded).await?;
        if server
            .store
            .begin_processing(id, &csr, server.now())
            .await?
        {
            loaded.order.state = OrderState::Processing;
            loaded.order.csr = Some(csr);
            return told(proceed(server, account, loaded, Asked::Never).await?);
        }
        // somebody was faster: with the same CSR, or with another one, which is refused here
        loaded = settled_order(server, account, id).await?;
        if loaded.order.finalize(&csr)? == Finalize::Begin {
            return Err(Problem::unavailable(POLL_AFTER).into());
        }
    }
    told(proceed(server, account, loaded, Asked::Perhaps).await?)
}

/// CAA, where the policy of the order wants it honoured.
async fn may_issue(server: &Server, account: &Account, loaded: &Loaded) -> Result<(), Failure> {
    match server.clm.recall_policy(&loaded.order.policy).await? {
        Some(policy) => check_again(server, account, &policy, &loaded.authorizations).await,
        // CLM will say so itself
        None => Ok(()),
    }
}

/// Whether CLM was asked for the certificate of an order before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The order has just begun processing, by this very request.
    Never,
    /// It was in processing already; the call may have been lost.
    Perhaps,
}

/// Carries an order in processing on: asks what became of it, and for its certificate when CLM never heard of it.
pub async fn proceed(
    server: &Server,
    account: &Account,
    loaded: Loaded,
    asked: Asked,
) -> Result<Loaded, Failure> {
    if loaded.order.state != OrderState::Processing {
        return Ok(loaded);
    }
    let Some(_guard) = server.enrolling.begin(&loaded.order.id) else {
        return Ok(Loaded {
            retry_after: Some(POLL_AFTER),
            ..loaded
        });
    };
    let known = match asked {
        Asked::Never => None,
        Asked::Perhaps => server.clm.find_outcome(&loaded.order.request_id()).await?,
    };
    let outcome = match known {
        Some(outcome) => outcome,
        None => enroll(server, account, &loaded.order).await?,
    };
    let (order, retry_after) = apply(server, loaded.order, outcome).await?;
    Ok(Loaded {
        order,
        retry_after,
        ..loaded
    })
}

/// Who finalizes is told of a refusal as a problem.
fn told(loaded: Loaded) -> Result<Loaded, Failure> {
    match (loaded.order.state, &loaded.order.error) {
        (OrderState::Invalid, Some(problem)) => Err(problem.clone().into()),
        _ => Ok(loaded),
    }
}

async fn enroll(server: &Server, account: &Account, order: &Order) -> Result<Outcome, Failure> {
    // a wanted end alone is counted from when the order came, so that a repetition asks for the same
    let not_before = order
        .not_before
        .or(order.not_after.map(|_| order.created_at));
    let validity = match (not_before, order.not_after) {
        (Some(begin), Some(end)) => Some((end - begin).unsigned_abs()),
        _ => None,
    };
    let enrollment = Enrollment {
        request_id: order.request_id(),
        policy: order.policy.clone(),
        requester: format!("acme-account:{}", account.id),
        end_entity: account
            .external_account
            .as_ref()
            .map(|bound| bound.end_entity.clone())
            .unwrap_or_default(),
        csr: order.csr.clone().unwrap_or_default(),
        names: order
            .identifiers
            .iter()
            .map(Identifier::general_name)
            .collect(),
        names_proven: true,
        not_before,
        validity,
        renews: renewed(server, order).await?,
        authenticated_by: "account".to_owned(),
        ..Enrollment::default()
    };
    match server.clm.enroll(enrollment).await {
        Ok(outcome) => Ok(outcome),
        // what will not become right by repeating ends the order
        Err(ClmError::Invalid { detail, .. }) => Ok(Outcome::Refused {
            reason: RefusalReason::BadRequest,
            detail,
        }),
        Err(ClmError::NotFound { detail, .. }) => Ok(Outcome::Refused {
            reason: RefusalReason::NotAllowed,
            detail,
        }),
        Err(error) => Err(error.into()),
    }
}

async fn apply(
    server: &Server,
    mut order: Order,
    outcome: Outcome,
) -> Result<(Order, Option<Duration>), Failure> {
    let now = server.now();
    match outcome {
        Outcome::Waiting { retry_after } => return Ok((order, Some(retry_after))),
        Outcome::Issued { certificate, chain } => {
            let certificate = read_certificate(&certificate)?;
            let issued = chain_of(&certificate, &chain);
            if server.store.complete(&order.id, &issued, now).await? {
                server.metrics.order("issued");
                tracing::info!(
                    target: "audit", order_id = %order.id, account_id = %order.account_id, policy = order.policy,
                    serial = certificate.serial().to_hex(), fingerprint = issued.fingerprint, "acme order finalized"
                );
            }
            order.state = OrderState::Valid;
        }
        Outcome::Refused { reason, detail } => {
            let problem = Problem::new(refusal(reason), detail);
            if server
                .store
                .mark_invalid(&order.id, &[OrderState::Processing], &problem, now)
                .await?
            {
                server.metrics.order("refused");
                tracing::info!(
                    target: "audit", order_id = %order.id, account_id = %order.account_id, policy = order.policy,
                    reason = reason.as_str_name(), "acme order refused"
                );
            }
            order.state = OrderState::Invalid;
            order.error = Some(problem);
        }
    }
    Ok((order, None))
}

fn read_certificate(der: &[u8]) -> Result<Certificate, Failure> {
    Certificate::from_der(der).map_err(|_| {
        ClmError::Malformed {
            call: "Enroll",
            what: "a certificate that can be read",
        }
        .into()
    })
}

fn chain_of(certificate: &Certificate, chain: &[Vec<u8>]) -> IssuedChain {
    let mut pem = ers_pki::pem::encode("CERTIFICATE", certificate.der());
    for der in chain {
        pem.push_str(&ers_pki::pem::encode("CERTIFICATE", der));
    }
    IssuedChain {
        pem,
        fingerprint: hex::encode(certificate.fingerprint()),
        id: CertificateId::of(certificate),
    }
}

fn refusal(reason: RefusalReason) -> ProblemKind {
    match reason {
        RefusalReason::BadRequest => ProblemKind::BadCsr,
        RefusalReason::BadKey => ProblemKind::BadPublicKey,
        RefusalReason::BadName | RefusalReason::Duplicate => ProblemKind::RejectedIdentifier,
        RefusalReason::BadValidity => ProblemKind::Malformed,
        RefusalReason::NotAllowed | RefusalReason::Declined => ProblemKind::Unauthorized,
        RefusalReason::Unspecified => ProblemKind::ServerInternal,
    }
}
