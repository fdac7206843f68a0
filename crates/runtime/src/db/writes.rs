//! Writes that come at the same time share one transaction, so that durable writes grow with time and not with requests;
//! on PostgreSQL those that read alike share a statement as well. Each is answered after the commit, as if it had been
//! alone.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityName as _,
    EntityTrait, ExprTrait as _, Iden as _, Iterable as _, Statement, Value,
    sea_query::{Alias, Expr, Query},
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::arrays::{Arrays, quoted};
use super::{MayBeDatabase, begin, retry};
use crate::gather::Groups;
use crate::shutdown::Shutdown;

const QUEUE: usize = 4096;
const BATCH: usize = 100;

/// A change of one row that does not depend on others under way: a new row, or an update that names the state that it
/// comes from.
#[derive(Debug, Clone)]
pub struct Write {
    shape: Shape,
    /// Those that are set, then those of `shape.of`.
    values: Vec<Value>,
}

/// What writes have in common that share a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    table: String,
    set: Vec<String>,
    /// Of an update: the columns by which the row is found. None: a new row.
    of: Option<Vec<String>>,
    /// Of an update: what must be null.
    absent: Vec<String>,
}

impl Write {
    /// A new row.
    pub fn insert<A: ActiveModelTrait>(mut row: A) -> Self {
        let (mut set, mut values) = (Vec::new(), Vec::new());
        for column in <A::Entity as EntityTrait>::Column::iter() {
            if let Some(value) = row.take(column).into_value() {
                set.push(column.unquoted().to_owned());
                values.push(value);
            }
        }
        Self {
            shape: Shape {
                table: A::Entity::default().table_name().to_owned(),
                set,
                of: None,
                absent: Vec::new(),
            },
            values,
        }
    }

    /// An update of the row that has these values, a unique key among them.
    pub fn update<E: EntityTrait>(
        of: impl IntoIterator<Item = (E::Column, Value)>,
        set: impl IntoIterator<Item = (E::Column, Value)>,
    ) -> Self {
        let named = |(column, value): (E::Column, Value)| (column.unquoted().to_owned(), value);
        let (set, mut values): (Vec<_>, Vec<_>) = set.into_iter().map(named).unzip();
        let (of, known): (Vec<_>, Vec<_>) = of.into_iter().map(named).unzip();
        values.extend(known);
        Self {
            shape: Shape {
                table: E::default().table_name().to_owned(),
                set,
                of: Some(of),
                absent: Vec::new(),
            },
            values,
        }
    }

    /// The same, of a row in which this is null.
    #[must_use]
    pub fn while_absent<E: EntityTrait>(mut self, column: E::Column) -> Self {
        self.shape.absent.push(column.unquoted().to_owned());
        self
    }
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
    /// Starts the one task that writes; `name` is for logs. The process ends after it.
    #[must_use]
    pub fn start(name: &'static str, db: DatabaseConnection, shutdown: &Shutdown) -> Self {
        let (writes, work) = Self::new(name, db);
        // not stopped by the token: it ends when the last request under way has let go of its sender
        shutdown.spawn(name, work);
        writes
    }

    /// The same; the process may end before it: for those who wait for each write.
    #[must_use]
    pub fn start_apart(name: &'static str, db: DatabaseConnection) -> Self {
        let (writes, work) = Self::new(name, db);
        tokio::spawn(work);
        writes
    }

    fn new(name: &'static str, db: DatabaseConnection) -> (Self, impl Future<Output = ()>) {
        let (queue, jobs) = mpsc::channel::<Job>(QUEUE);
        let work = async move {
            let mut groups = Groups::new(jobs, BATCH);
            while let Some(jobs) = groups.next().await {
                write_batch(name, &db, jobs).await;
            }
        };
        (Self { queue }, work)
    }

    /// Writes; returns when it is durable, also true when nobody waits for that any more. False: no row was as the
    /// update wants it.
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
    let outcomes = retry(name, || async {
        if let [write] = writes {
            return Ok(vec![execute(db, write).await?]);
        }
        let transaction = begin(db).await?;
        let mut outcomes = vec![false; writes.len()];
        for group in groups(writes) {
            execute_group(&transaction, writes, &group, &mut outcomes).await?;
        }
        transaction.commit().await?;
        Ok(outcomes)
    });
    outcomes.await.map_err(WriteError::Database)
}

/// Places of writes of the same shape.
fn groups(writes: &[Write]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(&Shape, Vec<usize>)> = Vec::new();
    for (place, write) in writes.iter().enumerate() {
        match groups.iter_mut().find(|(shape, _)| **shape == write.shape) {
            Some((_, group)) => group.push(place),
            None => groups.push((&write.shape, vec![place])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

async fn execute_group<C: ConnectionTrait>(
    connection: &C,
    writes: &[Write],
    group: &[usize],
    outcomes: &mut [bool],
) -> Result<(), DbErr> {
    let members = || group.iter().filter_map(|place| writes.get(*place));
    if group.len() > 1
        && connection.get_database_backend() == DbBackend::Postgres
        && let Some(statement) = together(members().collect())
    {
        let made = connection.query_all_raw(statement).await?;
        for row in made {
            let number: i64 = row.try_get_by_index(0)?;
            let place = usize::try_from(number - 1).ok();
            let place = place.and_then(|number| group.get(number));
            if let Some(outcome) = place.and_then(|place| outcomes.get_mut(*place)) {
                *outcome = true;
            }
        }
    }
    // also what did not find its row among the others, as when another transaction has touched that row meanwhile
    for place in group {
        if let (Some(write), Some(outcome)) = (writes.get(*place), outcomes.get_mut(*place))
            && !*outcome
        {
            *outcome = execute(connection, write).await?;
        }
    }
    Ok(())
}

async fn execute<C: ConnectionTrait>(connection: &C, write: &Write) -> Result<bool, DbErr> {
    let Shape {
        table,
        set,
        of,
        absent,
    } = &write.shape;
    let (given, known) = write.values.split_at(set.len().min(write.values.len()));
    let set = set.iter().map(Alias::new);
    let done = match of {
        None => {
            let mut insert = Query::insert();
            insert.into_table(Alias::new(table)).columns(set);
            let values = given.iter().cloned().map(Expr::value);
            let fault = |error: sea_orm::sea_query::error::Error| DbErr::Custom(error.to_string());
            insert.values(values).map_err(fault)?;
            connection.execute(&insert).await?
        }
        Some(of) => {
            let mut update = Query::update();
            update.table(Alias::new(table));
            update.values(set.zip(given.iter().cloned().map(Expr::value)));
            for (column, value) in of.iter().zip(known) {
                update.and_where(Expr::col(Alias::new(column)).eq(value.clone()));
            }
            for column in absent {
                update.and_where(Expr::col(Alias::new(column)).is_null());
            }
            connection.execute(&update).await?
        }
    };
    Ok(done.rows_affected() == 1)
}

/// One statement of PostgreSQL for writes of one shape; it gives the number, from 1 on, of each that was made. An update
/// finds each row by a look into the index: for a join the planner would, while the table is small, choose to read all of
/// it, and stay with that when it has grown.
fn together(writes: Vec<&Write>) -> Option<Statement> {
    let shape = &writes.first()?.shape;
    let columns = shape.set.len() + shape.of.as_ref().map_or(0, Vec::len);
    let arrays = Arrays::of((0..columns).map(|column| {
        let values = writes.iter().map(|write| write.values.get(column).cloned());
        values.flatten().collect()
    }))?;
    let table = quoted(&shape.table);
    let given = format!(
        "{} WITH ORDINALITY AS given({}, number)",
        arrays.unnest(1),
        arrays.names()
    );
    let expressions = arrays.expressions("given");
    let (set, known) = expressions.split_at(shape.set.len().min(expressions.len()));
    let names = shape.set.iter().map(|name| quoted(name));
    let sql = match &shape.of {
        // all of them or an error
        None => format!(
            "WITH written AS (INSERT INTO {table} ({}) SELECT {} FROM {given} RETURNING 1) \
             SELECT generate_series(1, count(*)) FROM written",
            names.collect::<Vec<_>>().join(", "),
            set.join(", ")
        ),
        Some(of) => {
            let condition = |table: &str| {
                let same = of.iter().zip(known);
                let same = same.map(|(name, value)| format!("{table}.{} = {value}", quoted(name)));
                let absent = shape.absent.iter();
                let absent = absent.map(|name| format!("{table}.{} IS NULL", quoted(name)));
                same.chain(absent).collect::<Vec<_>>().join(" AND ")
            };
            let set = names
                .zip(set)
                .map(|(name, value)| format!("{name} = {value}"));
            format!(
                "UPDATE {table} AS changed SET {} FROM (SELECT given.*, (SELECT found.ctid FROM {table} AS found \
                 WHERE {} LIMIT 1) AS place FROM {given}) AS given \
                 WHERE changed.ctid = given.place AND {} RETURNING given.number::int8",
                set.collect::<Vec<_>>().join(", "),
                condition("found"),
                condition("changed"),
            )
        }
    };
    Some(Statement::from_sql_and_values(
        DbBackend::Postgres,
        sql,
        arrays.into_values(),
    ))
}
