//! Orders that say which certificate they replace: RFC 9773 §5.

use std::collections::BTreeSet;

use ers_pki::certificate::Certificate;

use crate::domain::account::Account;
use crate::domain::certificate_id::CertificateId;
use crate::domain::identifier::Identifier;
use crate::domain::order::{Order, OrderState};
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;
use crate::store::Predecessor;

/// A certificate that an order is to replace.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// What the client names it by.
    pub id: CertificateId,
    /// The order that got it.
    pub predecessor: Predecessor,
    /// Whether the window for its renewal has begun.
    pub is_due: bool,
}

/// Checks that the account may replace the certificate by one of these names.
pub async fn find(
    server: &Server,
    account: &Account,
    replaces: &str,
    identifiers: &[Identifier],
) -> Result<Replacement, Failure> {
    let id = CertificateId::parse(replaces).ok_or_else(|| {
        Problem::malformed("replaces is not the id of a certificate, RFC 9773 §4.1")
    })?;
    let predecessor = server.store.find_predecessor(&id).await?;
    let predecessor = predecessor.ok_or_else(|| {
        Problem::malformed("replaces names no certificate that was ordered here").with_status(404)
    })?;
    if predecessor.account_id != account.id {
        let why = "replaces names a certificate of another account";
        return Err(Problem::unauthorized(why).into());
    }
    let shared = |name: &Identifier| predecessor.identifiers.contains(name);
    if !identifiers.iter().any(shared) {
        let why = "replaces names a certificate that has none of the order's identifiers";
        return Err(Problem::malformed(why).into());
    }
    if let Some(other) = &predecessor.replaced_by
        && let Some(order) = server.store.find_order(other).await?
        && order.state != OrderState::Invalid
        && (order.state == OrderState::Valid || server.now() < order.expires_at)
    {
        return Err(already_replaced().into());
    }
    Ok(Replacement {
        is_due: is_due(server, &id).await,
        predecessor,
        id,
    })
}

/// RFC 9773 §7.4.
pub fn already_replaced() -> Problem {
    let why = "another order replaces that certificate already";
    Problem::new(ProblemKind::AlreadyReplaced, why)
}

/// What an order tells CLM that it renews, DER; empty: nothing. Renewing in CLM's sense is to follow a good certificate
/// in its time with the same names; whatever else an order replaces is followed by a new certificate like any other,
/// for all its names were proven.
pub async fn renewed(server: &Server, order: &Order) -> Result<Vec<u8>, Failure> {
    let Some(id) = &order.replaces else {
        return Ok(Vec::new());
    };
    let Some(predecessor) = server.store.find_predecessor(id).await? else {
        return Ok(Vec::new());
    };
    let names = |identifiers: &[Identifier]| identifiers.iter().cloned().collect::<BTreeSet<_>>();
    if names(&order.identifiers) != names(&predecessor.identifiers) || !is_due(server, id).await {
        return Ok(Vec::new());
    }
    let Ok(certificate) = Certificate::from_pem(&predecessor.chain) else {
        return Ok(Vec::new());
    };
    let good = server.clm.is_good(certificate.der()).await?;
    Ok(match good {
        true => certificate.der().to_vec(),
        false => Vec::new(),
    })
}

/// Whether the window of a certificate's renewal has begun; no, when nobody can tell.
async fn is_due(server: &Server, id: &CertificateId) -> bool {
    let window = server
        .clm
        .find_renewal_window(id.key_identifier(), id.serial())
        .await;
    let window = window.ok().flatten();
    window.is_some_and(|window| window.start <= server.now())
}
