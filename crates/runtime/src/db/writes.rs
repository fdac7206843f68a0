//! Writes that come at the same time share one transaction, so that durable writes grow with time and not with requests.
//! Each is answered after the commit, as if it had been alone.

use sea_orm::sea_query::{InsertStatement, UpdateStatement};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::{MayBeDatabase, begin, retry};
use crate::shutdown::Shutdown;

const QUEUE: usize = 4096;
const BATCH: usize = 100;

/// A change of one row that does not depend on others under way.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new row.
    Insert(Box<InsertStatement>),
    /// An UPDATE that names the state that it comes from.
    Update(Box<UpdateStatement>),
}

/// Why a write is not there.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The database failed, or refused it.
    #[error("write to the database")]
    Database(#[source] DbErr),
    /// The process ends.
    #[error("write to the database: the process ends")]
    Stopped,
}

impl MayBeDatabase for WriteError {
    fn database(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            Self::Stopped => None,
        }
    }
}

/// Takes writes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Writes {
    queue: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    write: Write,
    answer: oneshot::Sender<Result<bool, WriteError>>,
}

impl Writes {
    /// Starts the one task that writes; `name` is for logs.
    #[must_use]
    pub fn start(name: &'static str, db: DatabaseConnection, shutdown: &Shutdown) -> Self {
        let (queue, mut jobs) = mpsc::channel::<Job>(QUEUE);
        // not stopped by the token: it ends when the last request under way has let go of its sender
        shutdown.spawn(name, async move {
            let mut batch = Vec::with_capacity(BATCH);
            while jobs.recv_many(&mut batch, BATCH).await > 0 {
                write_batch(name, &db, std::mem::take(&mut batch)).await;
            }
        });
        Self { queue }
    }

    /// Writes; returns when it is durable, also true when nobody waits for that any more. False: no row was as the
    /// UPDATE wants it.
    ///
    /// # Errors
    /// [`WriteError`]; an equal row shows by [`super::is_duplicate`].
    pub async fn write(&self, write: Write) -> Result<bool, WriteError> {
        let (answer, written) = oneshot::channel();
        self.queue
            .send(Job { write, answer })
            .await
            .map_err(|_| WriteError::Stopped)?;
        written.await.map_err(|_| WriteError::Stopped)?
    }
}

async fn write_batch(name: &'static str, db: &DatabaseConnection, jobs: Vec<Job>) {
    let (writes, answers): (Vec<_>, Vec<_>) =
        jobs.into_iter().map(|job| (job.write, job.answer)).unzip();
    match apply(name, db, &writes).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                drop(answer.send(Ok(outcome)));
            }
        }
        // one of them may be in the way of all: each alone
        Err(_) if writes.len() > 1 => {
            for (write, answer) in writes.into_iter().zip(answers) {
                let outcomes = apply(name, db, &[write]).await;
                drop(answer.send(outcomes.map(|made| made.contains(&true))));
            }
        }
        Err(error) => {
            if let Some(answer) = answers.into_iter().next() {
                drop(answer.send(Err(error)));
            }
        }
    }
}

async fn apply(
    name: &'static str,
    db: &DatabaseConnection,
    writes: &[Write],
) -> Result<Vec<bool>, WriteError> {
    retry(name, || async {
        let transaction = begin(db).await.map_err(WriteError::Database)?;
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            outcomes.push(execute(&transaction, write).await?);
        }
        transaction.commit().await.map_err(WriteError::Database)?;
        Ok(outcomes)
    })
    .await
}

async fn execute(transaction: &DatabaseTransaction, write: &Write) -> Result<bool, WriteError> {
    let done = match write {
        Write::Insert(insert) => transaction.execute(&**insert).await,
        Write::Update(update) => transaction.execute(&**update).await,
    };
    Ok(done.map_err(WriteError::Database)?.rows_affected() == 1)
}
