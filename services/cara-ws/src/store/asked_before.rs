//! Whether requests have a certificate already: those that are asked about at the same time share one statement, so that
//! its round trip is paid for by all of them.

use std::collections::HashSet;

use ers_runtime::{gather, shutdown::Shutdown};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, Statement,
};
use tokio::sync::{mpsc, oneshot};

use super::{Store, StoreError, entity::certificate, failed};
use crate::domain::Record;

const ACT: &str = "look for certificates of requests";
const QUEUE: usize = 4096;
const BATCH: usize = 200;

/// Answers whether a request has a certificate. Cheap to clone.
#[derive(Clone)]
pub struct AskedBefore {
    store: Store,
    queue: mpsc::Sender<Question>,
}

struct Question {
    request_id: String,
    answer: oneshot::Sender<Result<bool, String>>,
}

impl AskedBefore {
    /// Starts the one task that looks.
    pub fn start(store: Store, shutdown: &Shutdown) -> Self {
        let (queue, mut questions) = mpsc::channel::<Question>(QUEUE);
        let looking = store.clone();
        // Not stopped by the token: it ends when the last request under way has let go of its sender.
        shutdown.spawn("request look-up", async move {
            let mut batch = Vec::with_capacity(BATCH);
            let mut before = 0;
            while questions.recv_many(&mut batch, BATCH).await > 0 {
                gather::under_load(before).await;
                while batch.len() < BATCH
                    && let Ok(question) = questions.try_recv()
                {
                    batch.push(question);
                }
                before = batch.len();
                answer(&looking, std::mem::take(&mut batch)).await;
            }
        });
        Self { store, queue }
    }

    /// The certificate of a request, if it has one.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, request_id: &str) -> Result<Option<Record>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            request_id: request_id.to_owned(),
            answer,
        };
        self.queue
            .send(question)
            .await
            .map_err(|_| StoreError::Stopped)?;
        match answered.await.map_err(|_| StoreError::Stopped)? {
            Ok(false) => Ok(None),
            Ok(true) => self.store.find_by_request(request_id).await,
            // Several are told of one failure, which cannot be copied.
            Err(problem) => Err(failed(ACT)(DbErr::Custom(problem))),
        }
    }
}

async fn answer(store: &Store, questions: Vec<Question>) {
    let ids: Vec<String> = questions
        .iter()
        .map(|question| question.request_id.clone())
        .collect();
    let known = known(store, ids).await.map_err(|error| error.to_string());
    for question in questions {
        let answer = match &known {
            Ok(known) => Ok(known.contains(&question.request_id)),
            Err(problem) => Err(problem.clone()),
        };
        // Nobody waits any more when the caller has gone.
        drop(question.answer.send(answer));
    }
}

/// Those of the requests that have a certificate.
async fn known(store: &Store, ids: Vec<String>) -> Result<HashSet<String>, DbErr> {
    if store.connection.get_database_backend() == DbBackend::Postgres {
        return known_by_array(store, ids).await;
    }
    let found: Vec<String> = certificate::Entity::find()
        .select_only()
        .column(certificate::Column::RequestId)
        .filter(certificate::Column::RequestId.is_in(ids))
        .into_tuple()
        .all(&store.connection)
        .await?;
    Ok(found.into_iter().collect())
}

/// One statement for any number of requests. LATERAL with its LIMIT makes a look into the index for each: for a list the
/// planner would, while the table is small, choose to read all of it, and stay with that when it has grown.
async fn known_by_array(store: &Store, ids: Vec<String>) -> Result<HashSet<String>, DbErr> {
    const SQL: &str = "SELECT asked.id FROM unnest($1::text[]) AS asked(id), LATERAL \
        (SELECT 1 FROM certificate WHERE certificate.request_id = asked.id LIMIT 1) AS found";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, SQL, [ids.into()]);
    let rows = store.connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}
