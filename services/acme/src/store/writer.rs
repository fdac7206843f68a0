//! The writes of the way to a certificate: those that come at the same time share one transaction, so that durable
//! writes grow with time and not with requests. An answer is given after commit only.

use ers_runtime::db;
use ers_runtime::shutdown::Shutdown;
use sea_orm::sea_query::{Alias, CommonTableExpression, Expr, Query, UpdateStatement, WithClause};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};
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

/// What follows when a change is durable, or was not made since the row was not as it wants it; dropped when that failed.
type Then = Box<dyn FnOnce(bool) + Send>;

struct Job {
    change: Change,
    then: Then,
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

    /// Makes a change; returns when it is durable. False: the row was not as the change wants it. What follows is done
    /// also when nobody waits for the answer any more, and before anybody has it.
    pub async fn write(
        &self,
        change: Change,
        then: impl FnOnce(bool) + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (answer, written) = oneshot::channel();
        let then = Box::new(then);
        self.queue
            .send(Job {
                change,
                then,
                answer,
            })
            .await
            .map_err(|_| stopped())?;
        written.await.map_err(|_| stopped())?
    }
}

fn stopped() -> StoreError {
    StoreError::Stopped {
        act: "write to the database",
    }
}

async fn write_batch(db: &DatabaseConnection, jobs: Vec<Job>) {
    let (changes, waiting): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .map(|job| (job.change, (job.then, job.answer)))
        .unzip();
    let told = |(then, answer): (Then, oneshot::Sender<_>), outcome: Result<bool, _>| {
        if let Ok(made) = outcome {
            then(made);
        }
        drop(answer.send(outcome));
    };
    match apply(db, &changes).await {
        Ok(outcomes) => {
            for (waiting, outcome) in waiting.into_iter().zip(outcomes) {
                told(waiting, Ok(outcome));
            }
        }
        // one of them may be in the way of all: each alone
        Err(_) if changes.len() > 1 => {
            for (change, waiting) in changes.into_iter().zip(waiting) {
                told(waiting, alone(db, change).await);
            }
        }
        Err(error) => {
            if let Some(waiting) = waiting.into_iter().next() {
                told(waiting, Err(error));
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
            Change::Update(update, None) => {
                let updated = transaction.execute(&**update).await.map_err(failed())?;
                updated.rows_affected() == 1
            }
            Change::Update(update, Some(then)) => {
                let both = both(&transaction, update, then).await;
                both.map_err(failed())?
            }
        });
    }
    transaction.commit().await.map_err(failed())?;
    Ok(outcomes)
}

/// Updates a row, and then the other one when the first was found as it must be; in one statement where the database can
/// (PostgreSQL). True: so it was, and the other one too where that is all that is told.
async fn both(
    transaction: &DatabaseTransaction,
    first: &UpdateStatement,
    then: &UpdateStatement,
) -> Result<bool, DbErr> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        let found = transaction.execute(first).await?.rows_affected() == 1;
        if found {
            transaction.execute(then).await?;
        }
        return Ok(found);
    }
    let name = Alias::new("first");
    let mut first = first.clone();
    first.returning(Query::returning().columns([Alias::new("id")]));
    let mut expression = CommonTableExpression::new();
    expression.query(first).table_name(name.clone());
    let mut then = then.clone();
    let found = Query::select().expr(Expr::value(1)).from(name).to_owned();
    then.and_where(Expr::exists(found));
    let statement = then.with(WithClause::new().cte(expression).to_owned());
    Ok(transaction.execute(&statement).await?.rows_affected() == 1)
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
