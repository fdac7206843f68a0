//! Revoking certificates that nobody confirmed in time, and forgetting transactions that are over. Of several replicas
//! one does it: whoever has claimed the transaction.

use ers_runtime::error::chain;
use time::Duration;

use super::confirm::reject;
use crate::domain::transaction::{State, Transaction};
use crate::failure::Failure;
use crate::server::Server;

const AT_A_TIME: u64 = 64;
/// How long a replica may take; then another one tries.
const LEASE: Duration = Duration::minutes(2);

/// One round.
pub async fn run(server: &Server) {
    if let Err(error) = revoke_unconfirmed(server).await {
        tracing::warn!(
            error = chain(&error),
            "unconfirmed certificates not looked for"
        );
    }
    if let Err(error) = server.store.delete_expired(server.now()).await {
        tracing::warn!(error = chain(&error), "transactions not forgotten");
    }
}

async fn revoke_unconfirmed(server: &Server) -> Result<(), Failure> {
    let now = server.now();
    for found in server.store.list_unconfirmed(now, AT_A_TIME).await? {
        if !server.store.claim_transaction(&found, LEASE, now).await? {
            continue;
        }
        let id = found.id.clone();
        if let Err(error) = expire(server, found).await {
            // the lease ends, and somebody tries again
            tracing::error!(transaction = %id, error = chain(&error), "unconfirmed certificates not revoked");
        }
    }
    Ok(())
}

async fn expire(server: &Server, mut transaction: Transaction) -> Result<(), Failure> {
    let requester = transaction.requester.clone();
    for item in &mut transaction.items {
        let was_there = item.certificate().is_some();
        reject(server, &requester, item).await?;
        if was_there {
            server.metrics.unconfirmed();
        }
    }
    transaction.state = State::Expired;
    transaction.are_items_changed = true;
    transaction.confirm_until = None;
    let now = server.now();
    server
        .store
        .update_transaction(&transaction, "sweep", now)
        .await?;
    Ok(())
}
