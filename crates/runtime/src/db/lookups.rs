//! Rows that are looked for by their key at the same time share one statement, so that its round trip is paid for by all
//! of them.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, FromQueryResult as _, Iden as _, Iterable as _, ModelTrait as _, QueryFilter as _,
    Statement, Value,
};
use tokio::sync::{mpsc, oneshot};

use super::arrays::quoted;
use crate::gather::Groups;

const QUEUE: usize = 4096;
const BATCH: usize = 100;

/// Looks for rows of an entity by a unique key of so many columns of text. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lookups<E: EntityTrait, const COLUMNS: usize> {
    questions: mpsc::Sender<Question<E, COLUMNS>>,
}

#[derive(Debug)]
struct Question<E: EntityTrait, const COLUMNS: usize> {
    key: [String; COLUMNS],
    answer: oneshot::Sender<Result<Option<E::Model>, DbErr>>,
}

impl<E: EntityTrait, const COLUMNS: usize> Lookups<E, COLUMNS> {
    /// Starts the one task that looks; it ends when nobody can ask any more.
    #[must_use]
    pub fn start(db: DatabaseConnection, key: [E::Column; COLUMNS]) -> Self {
        let (questions, asked) = mpsc::channel::<Question<E, COLUMNS>>(QUEUE);
        tokio::spawn(async move {
            let mut groups = Groups::new(asked, BATCH);
            while let Some(questions) = groups.next().await {
                answer(&db, key, questions).await;
            }
        });
        Self { questions }
    }

    /// The row of a key, as it is after the question was asked.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, key: [&str; COLUMNS]) -> Result<Option<E::Model>, DbErr> {
        // which no text of PostgreSQL holds: it would be in the way of all that are looked for with it
        if key.iter().any(|part| part.contains('\0')) {
            return Ok(None);
        }
        let gone = || DbErr::Custom("look for a row: the process ends".to_owned());
        let (answer, answered) = oneshot::channel();
        let question = Question {
            key: key.map(str::to_owned),
            answer,
        };
        self.questions.send(question).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn answer<E: EntityTrait, const COLUMNS: usize>(
    db: &DatabaseConnection,
    key: [E::Column; COLUMNS],
    questions: Vec<Question<E, COLUMNS>>,
) {
    let keys = questions.iter().map(|question| question.key.clone());
    let found = load::<E, COLUMNS>(db, key, keys.collect()).await;
    for question in questions {
        let answer = found
            .as_ref()
            .map(|rows| rows.get(&question.key).cloned())
            .map_err(Clone::clone);
        // nobody waits any more when the caller has gone
        drop(question.answer.send(answer));
    }
}

/// The rows of these keys, by key.
async fn load<E: EntityTrait, const COLUMNS: usize>(
    db: &DatabaseConnection,
    key: [E::Column; COLUMNS],
    keys: Vec<[String; COLUMNS]>,
) -> Result<HashMap<[String; COLUMNS], E::Model>, DbErr> {
    let rows = if db.get_database_backend() == DbBackend::Postgres {
        let rows = db.query_all_raw(by_arrays::<E, COLUMNS>(key, keys)).await?;
        rows.iter()
            .map(|row| E::Model::from_query_result(row, ""))
            .collect::<Result<_, _>>()?
    } else {
        let any = keys.into_iter().fold(Condition::any(), |any, values| {
            let columns = key.into_iter().zip(values);
            any.add(columns.fold(Condition::all(), |all, (column, value)| {
                all.add(column.eq(value))
            }))
        });
        E::find().filter(any).all(db).await?
    };
    let with_key = |row: E::Model| {
        let key = key.map(|column| match row.get(column) {
            Value::String(text) => text.unwrap_or_default(),
            _ => String::new(),
        });
        (key, row)
    };
    Ok(rows.into_iter().map(with_key).collect())
}

/// One statement for any number of keys. LATERAL with its LIMIT makes a look into the index for each: for a list the
/// planner would, while the table is small, choose to read all of it, and stay with that when it has grown.
fn by_arrays<E: EntityTrait, const COLUMNS: usize>(
    key: [E::Column; COLUMNS],
    keys: Vec<[String; COLUMNS]>,
) -> Statement {
    let columns: Vec<_> = E::Column::iter()
        .map(|column| format!("found.{}", quoted(column.unquoted())))
        .collect();
    let (mut arrays, mut names, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for (place, column) in key.iter().enumerate() {
        arrays.push(format!("${}::text[]", place + 1));
        names.push(format!("v{place}"));
        same.push(format!(
            "one.{} = asked.v{place}",
            quoted(column.unquoted())
        ));
    }
    let sql = format!(
        "SELECT {} FROM unnest({}) AS asked({}), LATERAL (SELECT * FROM {} AS one WHERE {} LIMIT 1) AS found",
        columns.join(", "),
        arrays.join(", "),
        names.join(", "),
        quoted(E::default().table_name()),
        same.join(" AND "),
    );
    let mut values: [Vec<String>; COLUMNS] =
        std::array::from_fn(|_| Vec::with_capacity(keys.len()));
    for key in keys {
        for (column, value) in values.iter_mut().zip(key) {
            column.push(value);
        }
    }
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values.map(Value::from))
}
