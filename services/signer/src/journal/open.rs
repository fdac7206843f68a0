//! Opening a chain, reading it, and the handle that appends to it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ers_runtime::Context;
use ers_signer_client::Purpose;
use futures::Stream;
use sea_orm::DatabaseConnection;
use tokio::sync::{mpsc, oneshot};

use super::entry::{Entry, Head, NewEntry, Position};
use super::error::{AppendError, OpenError};
use super::verify::Verification;
use super::writer::{Append, Standing, Writer};
use super::{Checkpoint, JournalKey};
use crate::store::{Checkpoints, JournalRows, JournalTable, StoreError};

/// Rows read at a time; each weighs at most some 70 KiB.
const PAGE: u64 = 256;

/// How a chain is kept.
#[derive(Debug, Clone)]
pub struct JournalSettings {
    /// The chain that this process writes; no other process may write it.
    pub chain: String,
    /// A checkpoint is signed after so many entries ...
    pub checkpoint_entries: u64,
    /// ... and after so long, when there are new ones.
    pub checkpoint_interval: Duration,
    /// Most entries that wait.
    pub queue_length: usize,
}

/// The journal: appends to one chain, reads all.
#[derive(Debug, Clone)]
pub struct Journal {
    appends: mpsc::Sender<Append>,
    table: JournalTable,
    checkpoints: Checkpoints,
    key: Arc<JournalKey>,
}

/// Opens a chain: holds its end against the last checkpoint, then starts its writer.
///
/// # Errors
/// [`OpenError`]; a chain whose end was tampered with is not written any more.
pub async fn open(
    context: &Context,
    database: &DatabaseConnection,
    key: Arc<JournalKey>,
    settings: JournalSettings,
) -> Result<Journal, OpenError> {
    let table = JournalTable::new(database.clone());
    let checkpoints = Checkpoints::new(database.clone());
    let (head, stated) = find_end(&table, &checkpoints, &key, &settings.chain).await?;
    let (sender, receiver) = mpsc::channel(settings.queue_length);
    let check = context.health.check("signer.journal");
    check.up();
    let mut writer = Writer {
        rows: table.clone(),
        checkpoints: checkpoints.clone(),
        key: Arc::clone(&key),
        clock: Arc::clone(&context.clock),
        check,
        chain: Arc::from(settings.chain.as_str()),
        settings,
        head,
        stated,
        standing: Standing::Certain,
        attempts: Vec::new(),
        failed_at: None,
    };
    writer.state_head().await;
    context.shutdown.spawn(
        "journal writer",
        writer.run(receiver, context.shutdown.token()),
    );
    Ok(Journal {
        appends: sender,
        table,
        checkpoints,
        key,
    })
}

/// The chain's head, when its last row hashes right and no signed entry is missing behind it; and the last sequence
/// that a checkpoint tells of.
async fn find_end(
    table: &JournalTable,
    checkpoints: &Checkpoints,
    key: &JournalKey,
    chain: &str,
) -> Result<(Head, u64), OpenError> {
    let store = |source| OpenError::Store {
        chain: chain.to_owned(),
        source,
    };
    let altered = |sequence| OpenError::Altered {
        chain: chain.to_owned(),
        sequence,
    };
    let head = table.head(chain).await.map_err(store)?;
    if head.sequence > 0 {
        let last = table
            .page(chain, head.sequence - 1..=head.sequence, &[], 2)
            .await
            .map_err(store)?;
        let (previous, last) = match last.as_slice() {
            [last] if last.sequence == 1 => (Head::empty(chain), last),
            [previous, last] => (previous.head(), last),
            _ => return Err(altered(head.sequence)),
        };
        if last.content.hash(chain, last.sequence, &previous.hash) != last.hash {
            return Err(altered(head.sequence));
        }
    }
    let stated = match checkpoints.find_last(chain).await.map_err(store)? {
        None => 0,
        Some(checkpoint) if !key.signed(&checkpoint) => return Err(altered(checkpoint.sequence)),
        Some(checkpoint) if checkpoint.sequence > head.sequence => {
            let checkpoint = checkpoint.sequence;
            return Err(OpenError::Truncated {
                chain: chain.to_owned(),
                sequence: head.sequence,
                checkpoint,
            });
        }
        Some(checkpoint) => checkpoint.sequence,
    };
    Ok((head, stated))
}

impl Journal {
    /// Appends; returns once the entry is durable.
    ///
    /// # Errors
    /// [`AppendError`]; then the entry may stand or not, and no signature may be made for it.
    pub async fn append(&self, entry: NewEntry) -> Result<Position, AppendError> {
        let (answer, answered) = oneshot::channel();
        self.appends
            .try_send(Append { entry, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => AppendError::Busy,
                mpsc::error::TrySendError::Closed(_) => AppendError::Ending,
            })?;
        answered.await.unwrap_or(Err(AppendError::Ending))
    }

    /// The chains and their heads; also those of which only checkpoints are left.
    ///
    /// # Errors
    /// The database's.
    pub async fn list_chains(&self) -> Result<Vec<(String, Head)>, StoreError> {
        let mut heads = Vec::new();
        for chain in self.chain_names().await? {
            let head = self.table.head(&chain).await?;
            heads.push((chain, head));
        }
        Ok(heads)
    }

    /// Where a chain ends.
    ///
    /// # Errors
    /// The database's.
    pub async fn head(&self, chain: &str) -> Result<Head, StoreError> {
        self.table.head(chain).await
    }

    /// Entries from a number on up to a head, page by page; only of the purposes, when any is given.
    pub fn read(
        &self,
        chain: String,
        from: u64,
        head: Head,
        purposes: Vec<Purpose>,
    ) -> impl Stream<Item = Result<Vec<Entry>, StoreError>> + Send + 'static {
        let table = self.table.clone();
        let next = Some(from.max(1));
        futures::stream::try_unfold(next, move |next| {
            let (table, chain, purposes) = (table.clone(), chain.clone(), purposes.clone());
            async move {
                let Some(from) = next.filter(|from| *from <= head.sequence) else {
                    return Ok(None);
                };
                let page = table
                    .page(&chain, from..=head.sequence, &purposes, PAGE)
                    .await?;
                // a page that is not full was the last one
                let full = page.len() as u64 == PAGE;
                let next = page.last().filter(|_| full).map(|last| last.sequence + 1);
                Ok((!page.is_empty()).then_some((page, next)))
            }
        })
    }

    /// Prepares to walk a chain from its first entry.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self, chain: &str) -> Result<Verification, StoreError> {
        Verification::begin(
            self.table.clone(),
            self.checkpoints.clone(),
            self.key.keys(),
            chain,
        )
        .await
    }

    /// The names of all chains; also those of which only checkpoints are left.
    ///
    /// # Errors
    /// The database's.
    pub async fn chain_names(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut chains = BTreeSet::from_iter(self.table.list_chains().await?);
        chains.extend(self.checkpoints.list_chains().await?);
        Ok(chains)
    }

    /// Checkpoints of a chain from a number on, in order, at most so many.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn checkpoints(
        &self,
        chain: &str,
        from: u64,
        limit: u64,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let page = self
            .checkpoints
            .page_as_it_stands(chain, from..=u64::MAX, limit)
            .await?;
        page.into_iter().map(|(_, checkpoint)| checkpoint).collect()
    }

    /// The key that signs checkpoints.
    pub fn key(&self) -> &JournalKey {
        &self.key
    }
}
