//! certConf, RFC 9810 section 5.3.18: the client takes its certificates, or does not; and an error message of the client,
//! which takes none.

use ers_pki::cmp::{Body, BodyKind, CertStatus, Failure as Bit, StatusInfo};

use super::answer::{Done, Received};
use super::protect::{Reply, protect};
use super::transact::{Opened, finish, go_on};
use super::wish::PKCS10_ID;
use crate::domain::transaction::{Item, ItemState, State, Transaction};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Why certificates that nobody took are revoked.
pub const NOT_TAKEN: &str = "cessationOfOperation";

/// Answers a certConf.
pub async fn confirm(
    server: &Server,
    received: &Received<'_>,
    statuses: &[CertStatus],
) -> Result<Done, Failure> {
    let mut transaction = match go_on(server, received).await? {
        Opened::Answered(der) => return Ok(done(der)),
        Opened::Now(transaction) => *transaction,
    };
    match transaction.state {
        State::Unconfirmed => {}
        State::Done => {
            let text = "the certificates of this transaction are confirmed already";
            return Err(Refusal::new(Bit::CertConfirmed, text).into());
        }
        State::Expired => {
            let text =
                "the certificates of this transaction were not confirmed in time and are revoked";
            return Err(Refusal::new(Bit::CertRevoked, text).into());
        }
        State::Begun | State::Challenged | State::Waiting => {
            let text = "there is no certificate to be confirmed yet";
            return Err(Refusal::new(Bit::BadRequest, text).into());
        }
    }
    let verdicts = judge(&transaction, statuses)?;
    for (place, is_taken) in verdicts {
        if let Some(item) = transaction.items.get_mut(place)
            && !is_taken
        {
            reject(server, &transaction.requester, item).await?;
            transaction.are_items_changed = true;
        }
    }
    transaction.state = State::Done;
    transaction.confirm_until = None;
    tracing::info!(
        target: "audit",
        policy = received.policy.name,
        requester = transaction.requester,
        transaction = %transaction.id,
        rejected = transaction.items.iter().filter(|item| item.state == ItemState::Rejected).count(),
        "certificates confirmed"
    );
    let reply = Reply::new(Body::Confirmation);
    finish(server, received, transaction, reply, "certConf").await
}

/// Which items that were issued are taken. Those that are not mentioned are not (RFC 9810 section 5.3.18).
fn judge(
    transaction: &Transaction,
    statuses: &[CertStatus],
) -> Result<Vec<(usize, bool)>, Refusal> {
    let is_pkcs10 = transaction.kind == BodyKind::P10cr;
    // some clients call the only certificate of a p10cr number 0
    let of_item = |item: &Item, status: &CertStatus| {
        status.cert_req_id == item.cert_req_id
            || (is_pkcs10 && [0, PKCS10_ID].contains(&status.cert_req_id))
    };
    let is_strange =
        |status: &&CertStatus| !transaction.items.iter().any(|item| of_item(item, status));
    if statuses.iter().any(|status| is_strange(&status)) {
        let text = "certReqId is none of this transaction";
        return Err(Refusal::new(Bit::BadRequest, text));
    }
    let mut verdicts = Vec::new();
    for (place, item) in transaction.items.iter().enumerate() {
        let Some(certificate) = item.certificate() else {
            continue;
        };
        let status = statuses.iter().find(|status| of_item(item, status));
        if status.is_some_and(|status| !status.is_of(&certificate)) {
            let text = "certHash is not that of the certificate";
            return Err(Refusal::new(Bit::BadCertId, text));
        }
        verdicts.push((place, status.is_some_and(|status| !status.is_rejection())));
    }
    Ok(verdicts)
}

/// Revokes what nobody took.
pub async fn reject(server: &Server, requester: &str, item: &mut Item) -> Result<(), Failure> {
    let Some(certificate) = item.certificate() else {
        return Ok(());
    };
    let der = certificate.der().to_vec();
    server.clm.revoke(der, NOT_TAKEN, requester).await?;
    tracing::warn!(
        target: "audit",
        requester,
        serial = %certificate.serial(),
        reason = NOT_TAKEN,
        "certificate not taken and revoked"
    );
    item.state = ItemState::Rejected;
    Ok(())
}

/// Answers an error message: its transaction ends, and certificates of it that wait for a confirmation are revoked.
pub async fn abandon(
    server: &Server,
    received: &Received<'_>,
    status: &StatusInfo,
) -> Result<Done, Failure> {
    tracing::info!(
        target: "audit",
        policy = received.policy.name,
        requester = received.asker.who.requester,
        failures = ?status.failures,
        text = ?status.text,
        "client told of an error"
    );
    let mut transaction = match go_on(server, received).await {
        Ok(Opened::Answered(der)) => return Ok(done(der)),
        Ok(Opened::Now(transaction)) => *transaction,
        // of a transaction that we do not know: all the same to us
        Err(Failure::Refusal(_)) => {
            let header = Some(received.message.header());
            let reply = Reply::new(Body::Confirmation);
            let protected = protect(server, header, Some(&received.asker.proof), reply).await?;
            return Ok(Done::new(BodyKind::PkiConf, protected));
        }
        Err(failure) => return Err(failure),
    };
    if transaction.state == State::Unconfirmed {
        let requester = transaction.requester.clone();
        for item in &mut transaction.items {
            reject(server, &requester, item).await?;
        }
        transaction.are_items_changed = true;
        transaction.state = State::Done;
        transaction.confirm_until = None;
    }
    finish(
        server,
        received,
        transaction,
        Reply::new(Body::Confirmation),
        "error",
    )
    .await
}

fn done(der: Vec<u8>) -> Done {
    Done::again(BodyKind::PkiConf, der)
}
