//! The writes of the way to a certificate: those that come at the same time share one transaction, so that durable
//! writes grow with time and not with requests. An answer is given after commit only.

use ers_runtime::db;
use ers_runtime::shutdown::Shutdown;
use sea_orm::sea_query::UpdateStatement;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DatabaseTransaction};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, authorization, challenge, order};

const ACT: &str = "write what came together";
const QUEUE: usize = 4096;
const BATCH: usize = 100;

/// A change that does not depend on others under way.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// An order with all that belongs to it.
    Order(Box<NewOrder>),
    /// An UPDATE of one row that names the state it comes from, and what follows when it has found the row so.
    Update(Box<UpdateStatement>, Option<Box<UpdateStatement>>),
}

/// Rows of a new order.
#[derive(Debug, Clone)]
pub(super) struct NewOrder {
    /// Its own.
    pub order: super::model::order::ActiveModel,
    /// Of its new authorizations.
    pub authorizations: Vec<super::model::authorization::ActiveModel>,
    /// Of their challenges.
    pub challenges: Vec<super::model::challenge::ActiveModel>,
}

/// Takes changes. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    change: Change,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

impl Writer {
    /// Starts the one task that writes.
    pub fn start(db: DatabaseConnection, shutdown: &Shutdown) -> Self {
        let (queue, mut jobs) = mpsc::channel::<Job>(QUEUE);
        // not stopped by the token: it ends when the last request under way has let go of its sender
        shutdown.spawn("acme writer", async move {
            let mut batch = Vec::with_capacity(BATCH);
            while jobs.recv_many(&mut batch, BATCH).await > 0 {
                write_batch(&db, std::mem::take(&mut batch)).await;
            }
        });
        Self { queue }
    }

    /// Makes a change; returns when it is durable. False: the row was not as the change wants it.
    pub async fn write(&self, change: Change) -> Result<bool, StoreError> {
        let (answer, written) = oneshot::channel();
        self.queue
            .send(Job { change, answer })
            .await
            .map_err(|_| StoreError::Stopped)?;
        written.await.map_err(|_| StoreError::Stopped)?
    }
}

async fn write_batch(db: &DatabaseConnection, jobs: Vec<Job>) {
    let (changes, answers): (Vec<_>, Vec<_>) =
        jobs.into_iter().map(|job| (job.change, job.answer)).unzip();
    match apply(db, &changes).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                drop(answer.send(Ok(outcome)));
            }
        }
        // one of them may be in the way of all: each alone
        Err(_) if changes.len() > 1 => {
            for (change, answer) in changes.into_iter().zip(answers) {
                drop(answer.send(alone(db, change).await));
            }
        }
        Err(error) => {
            if let Some(answer) = answers.into_iter().next() {
                drop(answer.send(Err(error)));
            }
        }
    }
}

async fn alone(db: &DatabaseConnection, change: Change) -> Result<bool, StoreError> {
    let outcomes = apply(db, &[change]).await?;
    Ok(outcomes.first().copied().unwrap_or_default())
}

async fn apply(db: &DatabaseConnection, changes: &[Change]) -> Result<Vec<bool>, StoreError> {
    db::retry(ACT, || try_apply(db, changes)).await
}

async fn try_apply(db: &DatabaseConnection, changes: &[Change]) -> Result<Vec<bool>, StoreError> {
    let failed = || StoreError::database(ACT);
    let transaction = db::begin(db).await.map_err(failed())?;
    insert(&transaction, changes).await?;
    let mut outcomes = Vec::with_capacity(changes.len());
    for change in changes {
        outcomes.push(match change {
            Change::Order(_) => true,
            Change::Update(update, then) => {
                let updated = transaction.execute(&**update).await.map_err(failed())?;
                let found = updated.rows_affected() == 1;
                if let Some(then) = then.as_ref().filter(|_| found) {
                    transaction.execute(&**then).await.map_err(failed())?;
                }
                found
            }
        });
    }
    transaction.commit().await.map_err(failed())?;
    Ok(outcomes)
}

/// All new rows of a table at once.
async fn insert(transaction: &DatabaseTransaction, changes: &[Change]) -> Result<(), StoreError> {
    let (mut orders, mut authorizations, mut challenges) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        if let Change::Order(rows) = change {
            orders.push(rows.order.clone());
            authorizations.extend(rows.authorizations.iter().cloned());
            challenges.extend(rows.challenges.iter().cloned());
        }
    }
    order::insert_all(transaction, orders).await?;
    authorization::insert_all(transaction, authorizations).await?;
    challenge::insert_all(transaction, challenges).await
}
