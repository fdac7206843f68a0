//! Storing issued certificates: requests that come at the same time share one transaction, so that the number of
//! durable writes grows with time and not with requests. An answer is given after commit only.

use std::{sync::Arc, time::Duration};

use ers_runtime::{db, gather::Groups, shutdown::Shutdown};
use tokio::sync::{mpsc, oneshot};

use super::{Store, StoreError, certificate::write_record, event::NewEvent, failed};
use crate::domain::Record;

const QUEUE: usize = 4096;
const BATCH: usize = 200;
/// A lost connection may have been lost after the commit: the next attempt finds out.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a record that was to be stored.
#[derive(Debug)]
pub enum Stored {
    /// It is stored.
    New,
    /// Its request has another certificate already: this one. The record itself was not stored.
    Other(Box<Record>),
}

/// Takes records to be stored. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

struct Job {
    record: Arc<Record>,
    answer: oneshot::Sender<Result<Stored, StoreError>>,
}

impl Writer {
    /// Starts the one task that writes.
    pub fn start(store: Store, shutdown: &Shutdown) -> Self {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        // Not stopped by the token: it ends when the last request under way has let go of its sender.
        shutdown.spawn("certificate writer", async move {
            let mut groups = Groups::new(jobs, BATCH);
            while let Some(jobs) = groups.next().await {
                write_batch(&store, jobs).await;
            }
        });
        Self { queue }
    }

    /// Stores a record and its event; returns when they are durable.
    ///
    /// # Errors
    /// [`StoreError::SerialTaken`], or the database's.
    pub async fn store(&self, record: Arc<Record>) -> Result<Stored, StoreError> {
        let (answer, stored) = oneshot::channel();
        self.queue
            .send(Job { record, answer })
            .await
            .map_err(|_| StoreError::Stopped)?;
        stored.await.map_err(|_| StoreError::Stopped)?
    }
}

async fn write_batch(store: &Store, jobs: Vec<Job>) {
    let records: Vec<_> = jobs.iter().map(|job| Arc::clone(&job.record)).collect();
    match insert(store, &records).await {
        Ok(()) => jobs
            .into_iter()
            .for_each(|job| drop(job.answer.send(Ok(Stored::New)))),
        // One of them is in the way of all: each alone.
        Err(_) => {
            for job in jobs {
                let stored = write_one(store, &job.record).await;
                drop(job.answer.send(stored));
            }
        }
    }
}

async fn write_one(store: &Store, record: &Arc<Record>) -> Result<Stored, StoreError> {
    let mut attempt = 1;
    loop {
        match insert(store, std::slice::from_ref(record)).await {
            Ok(()) => return Ok(Stored::New),
            Err(StoreError::Database { source, .. }) if db::is_duplicate(&source) => {
                return conflict(store, record).await;
            }
            Err(error) if attempt >= ATTEMPTS => return Err(error),
            Err(error) => {
                tracing::warn!(
                    error = ers_runtime::error::chain(&error),
                    attempt,
                    "certificate not stored yet"
                );
                tokio::time::sleep(PAUSE * attempt).await;
                attempt += 1;
            }
        }
    }
}

/// Why an equal row is there: this very record from an attempt whose outcome was lost; a certificate for the same
/// request, perhaps with the same serial number, when another replica has adopted it and had it signed once more; or
/// another certificate with the same serial number.
async fn conflict(store: &Store, record: &Record) -> Result<Stored, StoreError> {
    match store.find_by_request(&record.request_id).await? {
        Some(other) if other.certificate.der() == record.certificate.der() => Ok(Stored::New),
        Some(other) => Ok(Stored::Other(Box::new(other))),
        None => Err(StoreError::SerialTaken),
    }
}

async fn insert(store: &Store, records: &[Arc<Record>]) -> Result<(), StoreError> {
    const ACT: &str = "store certificates";
    db::retry(ACT, async || {
        let mut rows: Vec<_> = records.iter().map(|record| write_record(record)).collect();
        let events: Vec<_> = records
            .iter()
            .flat_map(|record| events_of(record))
            .collect();
        let at_ms = store.clock.now_ms();
        let head = match store.insert_with_events(&mut rows, &events, at_ms).await? {
            Some(head) => head,
            None => {
                let transaction = db::begin(&store.connection).await.map_err(failed(ACT))?;
                db::insert_all(&transaction, rows)
                    .await
                    .map_err(failed(ACT))?;
                let head = store.append_events_at(&transaction, &events, at_ms).await?;
                transaction.commit().await.map_err(failed(ACT))?;
                head
            }
        };
        store.recent.keep(head, at_ms, records);
        store.announce(head);
        Ok(())
    })
    .await
}

/// An adopted certificate may be revoked from the start. The same, in the same order, as `recent` keeps.
fn events_of(record: &Record) -> Vec<NewEvent> {
    let (issuer, serial) = (record.issuer.as_str(), record.serial.to_hex());
    let mut events = vec![NewEvent::issued(issuer, &serial)];
    if record.revocation.is_some() {
        events.push(NewEvent::revoked(issuer, &serial));
    }
    events
}
