//! A way to a database that is cut in the middle of commits: some are never heard by the server, of others the answer is
//! lost. Whoever commits cannot tell one from the other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result};
use ers_runtime::{config::Secret, db::DatabaseConfig};
use secrecy::ExposeSecret as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const COMMIT: &[u8] = b"COMMIT";
/// How a statement begins that is a transaction of its own, and a commit in its end: certificates with their events.
const WHOLE: &[u8] = b"WITH written AS (INSERT";
/// How the driver begins the names that it gives to statements which it has prepared (PostgreSQL).
const PREPARED: &[u8] = b"sqlx_s_";

/// A way that can be cut; open as long as the test runs.
pub struct Cut {
    config: DatabaseConfig,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    every: AtomicUsize,
    commits: AtomicUsize,
    cuts: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Forward,
    /// The server never hears of it.
    Before,
    /// It is done, and nobody is told.
    After,
}

impl Cut {
    /// In front of a database of PostgreSQL or MariaDB.
    ///
    /// # Errors
    /// When there is no port to be had, or the database has no address.
    pub async fn before(database: &DatabaseConfig) -> Result<Self> {
        let url = database.url.resolve()?;
        let url = url.expose_secret();
        let (rest, name) = url.rsplit_once('/').context("a URL with a database")?;
        let (user, server) = rest.rsplit_once('@').context("a URL with a user")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = format!("{user}@{}/{name}", listener.local_addr()?);
        let plan = Arc::new(Plan::default());
        let (server, shared) = (server.to_owned(), Arc::clone(&plan));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, plan) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        carry(client, server, &plan).await;
                    }
                });
            }
        });
        Ok(Self {
            config: DatabaseConfig {
                url: Secret::literal(own),
                max_connections: database.max_connections,
            },
            plan,
        })
    }

    /// How to connect through it.
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// From now on each n-th commit is cut, by turns before and after it is done; with 0 none is.
    pub fn every(&self, n: usize) {
        self.plan.every.store(n, Ordering::Relaxed);
    }

    /// How many were.
    pub fn cuts(&self) -> usize {
        self.plan.cuts.load(Ordering::Relaxed)
    }
}

/// What is known of the statements of one connection.
#[derive(Default)]
struct Statements {
    /// Names of those that are transactions of their own. The text is sent once, to be prepared; then only the name.
    whole: Vec<Vec<u8>>,
}

impl Statements {
    /// Whether something is committed by what was sent.
    fn commit(&mut self, sent: &[u8]) -> bool {
        // Bind, with its length, no portal, the statement: PostgreSQL, "Message Formats"
        let runs = |name: &Vec<u8>| {
            let run = [&[0], name.as_slice(), &[0]].concat();
            sent.windows(run.len() + 5)
                .any(|part| part.starts_with(b"B") && part.ends_with(&run))
        };
        let commits = place_of(COMMIT, sent).is_some() || self.whole.iter().any(runs);
        // Parse: the statement's name, then its text
        if let Some(text) = place_of(WHOLE, sent)
            && let Some(before) = sent.get(..text.saturating_sub(1))
            && let Some(name) = before
                .windows(PREPARED.len())
                .rposition(|part| part == PREPARED)
        {
            self.whole.extend(before.get(name..).map(<[u8]>::to_vec));
        }
        commits
    }
}

fn place_of(wanted: &[u8], sent: &[u8]) -> Option<usize> {
    sent.windows(wanted.len()).position(|part| part == wanted)
}

impl Plan {
    fn act(&self, commits: bool) -> Act {
        let every = self.every.load(Ordering::Relaxed);
        if every == 0 || !commits {
            return Act::Forward;
        }
        if !(self.commits.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every) {
            return Act::Forward;
        }
        match self.cuts.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => Act::After,
            _ => Act::Before,
        }
    }
}

/// Carries bytes both ways until one side ends or the way is cut.
async fn carry(client: TcpStream, server: TcpStream, plan: &Plan) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let silent = AtomicBool::new(false);
    let there = async {
        let mut buffer = vec![0; 64 * 1024];
        let mut statements = Statements::default();
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            let sent = buffer.get(..length).unwrap_or_default();
            match plan.act(statements.commit(sent)) {
                Act::Forward => {}
                Act::Before => return,
                Act::After => silent.store(true, Ordering::SeqCst),
            }
            if to_server.write_all(sent).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            let sent = buffer.get(..length).unwrap_or_default();
            if silent.load(Ordering::SeqCst) || to_client.write_all(sent).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Statements;

    fn message(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 4).unwrap();
        [&[kind], length.to_be_bytes().as_slice(), content].concat()
    }

    #[test]
    fn a_statement_that_is_a_transaction_of_its_own_commits_whenever_it_is_run() {
        let mut statements = Statements::default();
        let run = |name: &str| message(b'B', format!("\0{name}\0 values").as_bytes());
        let text = "WITH written AS (INSERT INTO a SELECT 1) SELECT 1";
        let prepared = [
            message(b'P', b"sqlx_s_6\0SELECT 1\0\0\0"),
            message(b'P', format!("sqlx_s_7\0{text}\0\0\0").as_bytes()),
            message(b'D', b"Ssqlx_s_7\0"),
        ]
        .concat();
        assert!(!statements.commit(&run("sqlx_s_7")));
        assert!(!statements.commit(&prepared));
        assert!(!statements.commit(&run("sqlx_s_6")));
        assert!(!statements.commit(&run("sqlx_s_70")));
        assert!(statements.commit(&run("sqlx_s_7")));
        assert!(statements.commit(&run("sqlx_s_7")));
        assert!(statements.commit(&message(b'Q', b"COMMIT\0")));
    }
}
