//! Orders that say which certificate they replace: RFC 9773 §5.

use ers_pki::certificate::Certificate;

use crate::domain::account::Account;
use crate::domain::certificate_id::CertificateId;
use crate::domain::identifier::Identifier;
use crate::domain::order::OrderState;
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
    // who cannot be told whether it is due is limited like others
    let window = server.clm.find_renewal_window(&id).await.ok().flatten();
    Ok(Replacement {
        is_due: window.is_some_and(|window| window.start <= server.now()),
        predecessor,
        id,
    })
}

/// RFC 9773 §7.4.
pub fn already_replaced() -> Problem {
    let why = "another order replaces that certificate already";
    Problem::new(ProblemKind::AlreadyReplaced, why)
}

/// The certificate that an order replaces, DER, while it is still good; empty: none. One that is not good any more is
/// followed by a new certificate like any other.
pub async fn predecessor_der(
    server: &Server,
    replaces: Option<&CertificateId>,
) -> Result<Vec<u8>, Failure> {
    let Some(id) = replaces else {
        return Ok(Vec::new());
    };
    let Some(predecessor) = server.store.find_predecessor(id).await? else {
        return Ok(Vec::new());
    };
    let certificate = Certificate::from_pem(&predecessor.chain).ok();
    let good = certificate.filter(|certificate| certificate.is_valid_at(server.now()));
    Ok(good.map(|good| good.der().to_vec()).unwrap_or_default())
}
