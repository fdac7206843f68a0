//! The writer over a database that fails at the worst moments.

use std::sync::atomic::{AtomicU32, Ordering};

use ers_migrations::signer::Migrator;
use ers_runtime::clock::SystemClock;
use ers_runtime::config::Secret;
use ers_runtime::health::Health;
use parking_lot::Mutex;

use super::super::entry::tests::entry;
use super::*;
use crate::store::{CheckpointKeyTable, JournalTable, Secrets};
use crate::vault::{Ring, Vault};

/// What happens to the next insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It is not done.
    Refused,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is not done, nobody answers, and it is done after all before the next insert.
    Late,
}

/// The real table, with trouble.
struct Troubled {
    table: JournalTable,
    next: Arc<Mutex<Vec<Trouble>>>,
    late: Mutex<Option<Vec<Entry>>>,
    /// While greater than zero, the head cannot be read.
    unreadable: Arc<AtomicU32>,
}

#[async_trait::async_trait]
impl JournalRows for Troubled {
    async fn insert(&self, chain: &str, entries: &[Entry]) -> Result<(), StoreError> {
        let lost = Err(StoreError::TimedOut {
            act: "write journal entries",
        });
        let late = self.late.lock().take();
        if let Some(late) = late {
            self.table.insert(chain, &late).await.unwrap();
        }
        let trouble = self.next.lock().pop();
        match trouble {
            None => self.table.insert(chain, entries).await,
            Some(Trouble::Refused) => lost,
            Some(Trouble::AnswerLost) => {
                self.table.insert(chain, entries).await.unwrap();
                lost
            }
            Some(Trouble::Late) => {
                *self.late.lock() = Some(entries.to_vec());
                lost
            }
        }
    }

    async fn head(&self, chain: &str) -> Result<Head, StoreError> {
        let countdown = |left: u32| left.checked_sub(1);
        if self
            .unreadable
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, countdown)
            .is_ok()
        {
            return Err(StoreError::TimedOut {
                act: "load head of journal",
            });
        }
        self.table.head(chain).await
    }
}

struct Story {
    appends: mpsc::Sender<Append>,
    table: JournalTable,
    checkpoints: Checkpoints,
    trouble: Arc<Mutex<Vec<Trouble>>>,
    unreadable: Arc<AtomicU32>,
    health: Health,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Story {
    async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{{ url: 'sqlite:{}/journal.db' }}", folder.path().display());
        let config = ers_runtime::config::parse(&text, std::path::Path::new("test")).unwrap();
        let database = ers_runtime::db::connect::<Migrator>(&config).await.unwrap();
        let clock = SystemClock::shared();
        let secrets = Secrets::new(database.clone(), Arc::clone(&clock));
        let vault = Vault::new(
            Ring::new(1, &[7; 32]).unwrap(),
            secrets.clone(),
            Secret::literal("unused"),
        );
        let key = JournalKey::load_or_make(
            &secrets,
            CheckpointKeyTable::new(database.clone()),
            &Arc::new(vault),
            Arc::clone(&clock),
        )
        .await
        .unwrap();
        let (table, checkpoints) = (
            JournalTable::new(database.clone()),
            Checkpoints::new(database),
        );
        let (trouble, unreadable) = (Arc::default(), Arc::default());
        let (appends, receiver) = mpsc::channel(64);
        let (health, stop) = (Health::new(), CancellationToken::new());
        let writer = Writer {
            rows: Troubled {
                table: table.clone(),
                next: Arc::clone(&trouble),
                late: Mutex::new(None),
                unreadable: Arc::clone(&unreadable),
            },
            checkpoints: checkpoints.clone(),
            key: Arc::new(key),
            clock,
            check: health.check("signer.journal"),
            chain: Arc::from("main"),
            settings: JournalSettings {
                chain: "main".to_owned(),
                checkpoint_entries: 3,
                checkpoint_interval: Duration::from_secs(3600),
                queue_length: 64,
            },
            head: Head::empty("main"),
            stated: 0,
            standing: Standing::Certain,
            attempts: Vec::new(),
            failed_at: None,
        };
        let task = tokio::spawn(writer.run(receiver, stop.clone()));
        Self {
            appends,
            table,
            checkpoints,
            trouble,
            unreadable,
            health,
            stop,
            task,
            _folder: folder,
        }
    }

    async fn append(&self) -> Result<u64, AppendError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let entry = entry(&NUMBER.fetch_add(1, Ordering::SeqCst).to_string());
        let (answer, answered) = oneshot::channel();
        self.appends.send(Append { entry, answer }).await.unwrap();
        answered.await.unwrap().map(|position| position.sequence)
    }

    fn trouble(&self, trouble: Trouble) {
        self.trouble.lock().push(trouble);
    }

    /// Every entry follows from the one before it.
    async fn assert_chained(&self, entries: u64) {
        let mut head = Head::empty("main");
        for found in self
            .table
            .page("main", 1..=u64::MAX, &[], 1000)
            .await
            .unwrap()
        {
            assert_eq!(found, found.content.clone().chained("main", head));
            head = found.head();
        }
        assert_eq!(head.sequence, entries);
    }
}

#[tokio::test]
async fn an_entry_that_was_not_written_is_told_and_its_number_used_again() {
    let story = Story::begin().await;
    assert_eq!(story.append().await, Ok(1));
    story.trouble(Trouble::Refused);
    assert_eq!(story.append().await, Err(AppendError::Unavailable));
    assert!(!story.health.is_ready());
    assert_eq!(story.append().await, Ok(2));
    assert!(story.health.is_ready());
    story.assert_chained(2).await;
}

#[tokio::test]
async fn an_entry_whose_answer_was_lost_stands_and_is_told_so() {
    let story = Story::begin().await;
    story.trouble(Trouble::AnswerLost);
    assert_eq!(story.append().await, Ok(1));
    assert_eq!(story.append().await, Ok(2));
    story.assert_chained(2).await;
}

#[tokio::test]
async fn an_entry_whose_fate_is_unknown_is_followed_once_the_database_tells() {
    let story = Story::begin().await;
    story.trouble(Trouble::AnswerLost);
    story.unreadable.store(1, Ordering::SeqCst);
    assert_eq!(story.append().await, Err(AppendError::Unavailable));
    // it stands all the same, without a signature: the next one follows it
    assert_eq!(story.append().await, Ok(2));
    story.assert_chained(2).await;
}

#[tokio::test]
async fn a_commit_that_becomes_true_late_is_taken_for_ours_and_not_for_another_writers() {
    let story = Story::begin().await;
    story.trouble(Trouble::Late);
    assert_eq!(story.append().await, Err(AppendError::Unavailable));
    // the late one takes the number first
    assert_eq!(story.append().await, Err(AppendError::Unavailable));
    assert_eq!(story.append().await, Ok(2));
    story.assert_chained(2).await;
}

#[tokio::test]
async fn somebody_elses_entry_stops_the_writer_for_good() {
    let story = Story::begin().await;
    assert_eq!(story.append().await, Ok(1));
    let head = story.table.head("main").await.unwrap();
    story
        .table
        .insert("main", &[entry("foreign").chained("main", head)])
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(story.append().await, Err(AppendError::Conflict));
    }
    assert!(!story.health.is_ready());
    story.assert_chained(2).await;
}

#[tokio::test]
async fn checkpoints_are_signed_on_the_way_and_at_the_end() {
    let story = Story::begin().await;
    for _ in 0..4 {
        story.append().await.unwrap();
    }
    story.stop.cancel();
    story.task.await.unwrap();
    let stated = story
        .checkpoints
        .page_as_it_stands("main", 0..=u64::MAX, 10)
        .await
        .unwrap();
    assert_eq!(
        stated
            .iter()
            .map(|(sequence, _)| *sequence)
            .collect::<Vec<_>>(),
        [3, 4]
    );
}

#[tokio::test]
async fn calls_under_way_at_shutdown_are_still_answered() {
    let story = Story::begin().await;
    story.stop.cancel();
    assert_eq!(story.append().await, Ok(1));
    story.task.await.unwrap();
    assert!(story.appends.is_closed());
}
