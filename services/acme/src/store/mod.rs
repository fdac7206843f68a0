//! The `acme` database: one file per table group, each an `impl Store`. Domain types go in and out, rows stay here. A
//! change of state is an UPDATE that names the state it comes from, so that of two replicas one wins.

mod account;
mod authorization;
mod challenge;
mod known;
mod model;
mod order;
mod writer;

pub use account::{Inserted, KeyChange};
pub use challenge::{Claim, PendingValidation};
pub use ers_runtime::db::StoreError;
pub use order::{IssuedChain, Predecessor};

use ers_runtime::shutdown::Shutdown;
use sea_orm::DatabaseConnection;

use crate::domain::account::Account;
use crate::domain::authorization::Authorization;
use crate::domain::id::{AccountId, AuthorizationId, ChallengeId, OrderId};

use known::Known;
use order::KnownOrder;
use writer::Writer;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    writer: Writer,
    accounts: Known<AccountId, Account>,
    orders: Known<OrderId, KnownOrder>,
    authorizations: Known<AuthorizationId, Authorization>,
    /// Whose authorization's each is never changes.
    challenges: Known<ChallengeId, AuthorizationId>,
}

const MOST_ACCOUNTS: usize = 10_000;
/// Under way at the same time; a few kilobytes each.
const MOST_ORDERS: usize = 4096;
const MOST_CHALLENGES: usize = 3 * MOST_ORDERS;

/// Whether other processes work on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// This one alone: what is under way is kept in memory.
    One,
    /// Several: everything is read each time.
    Many,
}

impl Store {
    /// Over a connection whose schema is up to date; writes until shutdown.
    pub fn start(db: DatabaseConnection, replicas: Replicas, shutdown: &Shutdown) -> Self {
        Self {
            writer: Writer::start(db.clone(), shutdown),
            accounts: Known::new(replicas, MOST_ACCOUNTS),
            orders: Known::new(replicas, MOST_ORDERS),
            authorizations: Known::new(replicas, MOST_ORDERS),
            challenges: Known::new(replicas, MOST_CHALLENGES),
            db,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db
            .ping()
            .await
            .map_err(StoreError::database("reach the database"))
    }
}
