//! A fresh database for a test, on each of the three kinds. PostgreSQL and MariaDB are started once per test process,
//! in a folder of their own, and end with it; a server that cannot be started fails the test.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result, bail, ensure};
use ers_runtime::{config::Secret, db::DatabaseConfig};
use sea_orm::{ConnectionTrait as _, Database};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Kinds of databases that everything must work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A throw-away PostgreSQL.
    Postgres,
    /// A throw-away MariaDB.
    MariaDb,
}

/// An empty database; a SQLite file goes with it.
pub struct TestDatabase {
    /// How to connect.
    pub config: DatabaseConfig,
    _folder: Option<TempDir>,
}

/// A fresh, empty database.
///
/// # Errors
/// When its server cannot be started.
pub async fn fresh(kind: Kind) -> Result<TestDatabase> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let (url, folder) = match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir()?;
            (
                format!("sqlite:{}", folder.path().join("test.db").display()),
                Some(folder),
            )
        }
        Kind::Postgres => (create(postgres().await?, "postgres", &name).await?, None),
        Kind::MariaDb => (create(mariadb().await?, "mysql", &name).await?, None),
    };
    Ok(TestDatabase {
        config: DatabaseConfig {
            url: Secret::literal(url),
            max_connections: 8,
        },
        _folder: folder,
    })
}

/// Another database with the same rows as one has now: a backup of it.
///
/// # Errors
/// When the database's own tools fail.
pub async fn copy(database: &TestDatabase) -> Result<TestDatabase> {
    let url = database.config.url.resolve()?;
    let url = url.expose_secret();
    let kind = match url.split(':').next() {
        Some("sqlite") => Kind::Sqlite,
        Some("postgres") => Kind::Postgres,
        _ => Kind::MariaDb,
    };
    let backup = fresh(kind).await?;
    let to = backup.config.url.resolve()?;
    let to = to.expose_secret();
    let script = match kind {
        Kind::Sqlite => {
            let connection = Database::connect(url).await?;
            let file = to.strip_prefix("sqlite:").unwrap_or(to);
            connection
                .execute_unprepared(&format!("VACUUM INTO '{file}'"))
                .await?;
            connection.close().await?;
            return Ok(backup);
        }
        Kind::Postgres => r#"pg_dump "$FROM" | psql -X -q -v ON_ERROR_STOP=1 "$TO" >/dev/null"#,
        Kind::MariaDb => {
            r#"port=${FROM##*:}; port=${port%%/*}
            way="--no-defaults -u root -h 127.0.0.1 -P $port"
            mysqldump $way "${FROM##*/}" | mysql $way "${TO##*/}""#
        }
    };
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("set -eu\n{script}")])
        .env("FROM", url)
        .env("TO", to);
    tokio::task::spawn_blocking(move || run(&mut command)).await??;
    Ok(backup)
}

/// Defines each story once for every kind of database: `on_every_database!(story_one, story_two);`
/// where `async fn story_one(database: TestDatabase)`.
#[macro_export]
macro_rules! on_every_database {
    ($($story:ident),+ $(,)?) => {
        $crate::on_every_database!(@kind sqlite, Sqlite, $($story),+);
        $crate::on_every_database!(@kind postgres, Postgres, $($story),+);
        $crate::on_every_database!(@kind mariadb, MariaDb, $($story),+);
    };
    (@kind $module:ident, $kind:ident, $($story:ident),+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    let database = $crate::databases::fresh($crate::databases::Kind::$kind).await.unwrap();
                    super::$story(database).await;
                }
            )+
        }
    };
}

/// A server that ends when this process does, and its folder with it: its shell waits for the end of our pipe.
struct Server {
    base: String,
    _child: Child,
    _folder: TempDir,
}

async fn create(server: &Server, admin: &str, name: &str) -> Result<String> {
    let connection = Database::connect(format!("{}/{admin}", server.base)).await?;
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await?;
    connection.close().await?;
    Ok(format!("{}/{name}", server.base))
}

async fn postgres() -> Result<&'static Server> {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    let script = r#"
        PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1):$PATH
        initdb -D "$FOLDER/data" -A trust -U ers --no-sync -E UTF8 >/dev/null
        # what is tested is our durability over kills, not over power cuts
        postgres -D "$FOLDER/data" -k "$FOLDER" -h 127.0.0.1 -p "$PORT" -c fsync=off -c max_connections=300 >"$FOLDER/log" 2>&1 &
        server=$!
        until pg_isready -q -h 127.0.0.1 -p "$PORT"; do kill -0 $server; sleep 0.05; done
    "#;
    SERVER
        .get_or_try_init(|| {
            start("postgres", script, |port| {
                format!("postgres://ers@127.0.0.1:{port}")
            })
        })
        .await
}

async fn mariadb() -> Result<&'static Server> {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    let script = r#"
        mysql_install_db --no-defaults --datadir="$FOLDER/data" --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
        mariadbd --no-defaults --datadir="$FOLDER/data" --socket="$FOLDER/socket" --bind-address=127.0.0.1 --port="$PORT" \
            --innodb-flush-log-at-trx-commit=2 --max-connections=300 >"$FOLDER/log" 2>&1 &
        server=$!
        until mysqladmin --no-defaults -u root --socket="$FOLDER/socket" ping >/dev/null 2>&1; do kill -0 $server; sleep 0.05; done
    "#;
    SERVER
        .get_or_try_init(|| {
            start("mysql", script, |port| {
                format!("mysql://root@127.0.0.1:{port}")
            })
        })
        .await
}

/// Nothing else removes the folder: what a process holds for its whole life is never dropped.
const END: &str = r#"
    server=
    end() { [ -z "$server" ] || { kill $server; wait $server || true; }; cd /; rm -rf "$FOLDER"; }
    trap end EXIT; trap exit INT TERM
"#;

/// Between choosing a port and listening on it another process may take it.
const START_ATTEMPTS: u32 = 3;

async fn start(user: &str, script: &str, base: impl Fn(u16) -> String) -> Result<Server> {
    for _ in 1..START_ATTEMPTS {
        if let Ok(server) = start_once(user, script, &base).await {
            return Ok(server);
        }
    }
    start_once(user, script, &base).await
}

async fn start_once(user: &str, script: &str, base: impl Fn(u16) -> String) -> Result<Server> {
    let folder = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let whole = format!("set -eu\n{END}\n{script}\necho ready\nread _ || true");
    let mut command = if is_root()? {
        run(Command::new("chown").arg(user).arg(folder.path()))?;
        let mut command = Command::new("runuser");
        command.args(["-u", user, "--", "sh", "-c", &whole]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &whole]);
        command
    };
    let mut child = command
        .env("FOLDER", folder.path())
        .env("PORT", port.to_string())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {user}"))?;
    let mut said = String::new();
    let stdout = child.stdout.take().context("no standard output")?;
    tokio::task::spawn_blocking(move || BufReader::new(stdout).read_line(&mut said).map(|_| said))
        .await?
        .map_err(anyhow::Error::from)
        .and_then(|said| {
            ensure!(
                said.trim() == "ready",
                "{user} did not start: `make test` installs it"
            );
            Ok(())
        })?;
    Ok(Server {
        base: base(port),
        _child: child,
        _folder: folder,
    })
}

fn is_root() -> Result<bool> {
    Ok(String::from_utf8(Command::new("id").arg("-u").output()?.stdout)?.trim() == "0")
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
