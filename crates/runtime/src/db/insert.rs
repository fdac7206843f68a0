//! Many rows in one statement. Where the database takes arrays (PostgreSQL) each column is one parameter; elsewhere each
//! value is a parameter of its own.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, EntityName as _, EntityTrait,
    Iden as _, Iterable as _, QueryResult, Statement, Value,
};

use super::arrays::{Arrays, is_known, quoted};

/// Inserts all rows, or none.
///
/// # Errors
/// The database's.
pub async fn insert_all<A, C>(connection: &C, mut rows: Vec<A>) -> Result<(), DbErr>
where
    A: ActiveModelTrait + Send,
    C: ConnectionTrait,
{
    if rows.is_empty() {
        return Ok(());
    }
    match arrays_for(connection, &mut rows) {
        Some(insert) => {
            let statement = insert.statement("");
            connection.execute_raw(statement).await.map(drop)
        }
        None => <A::Entity as EntityTrait>::insert_many(rows)
            .exec_without_returning(connection)
            .await
            .map(drop),
    }
}

/// Inserts the rows that are not there yet, by any unique index, which give their values away; gives back false, and
/// nothing is inserted, where the database or the rows do not allow that in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_new<A, C>(connection: &C, rows: &mut [A]) -> Result<bool, DbErr>
where
    A: ActiveModelTrait + Send,
    C: ConnectionTrait,
{
    if rows.is_empty() {
        return Ok(true);
    }
    let Some(insert) = arrays_for(connection, rows) else {
        return Ok(false);
    };
    let statement = insert.statement(" ON CONFLICT DO NOTHING");
    connection.execute_raw(statement).await.map(|_| true)
}

/// Inserts the rows that are not there yet, by any unique index, which give their values away, and gives back columns of
/// each that was inserted, in no order; `None`, and nothing is inserted, where the database or the rows do not allow that
/// in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_new_returning<A, C>(
    connection: &C,
    rows: &mut [A],
    returning: &[<A::Entity as EntityTrait>::Column],
) -> Result<Option<Vec<QueryResult>>, DbErr>
where
    A: ActiveModelTrait + Send,
    C: ConnectionTrait,
{
    if rows.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let Some(insert) = arrays_for(connection, rows) else {
        return Ok(None);
    };
    let returned: Vec<String> = returning
        .iter()
        .map(|column| quoted(column.unquoted()))
        .collect();
    let end = format!(" ON CONFLICT DO NOTHING RETURNING {}", returned.join(", "));
    connection
        .query_all_raw(insert.statement(&end))
        .await
        .map(Some)
}

/// An `INSERT … SELECT * FROM unnest(…)` of PostgreSQL: to be sent, or to be part of a larger statement.
#[derive(Debug)]
pub struct ArrayInsert {
    /// The statement, with nothing behind its rows.
    pub sql: String,
    /// Its parameters, one for each column, in their order.
    pub values: Vec<Value>,
}

impl ArrayInsert {
    /// Of these rows, with parameters from this number on; none where a column is set in some of the rows only, or is of a
    /// type that arrays are not made of here. The rows give their values away: only where there is none are they whole.
    pub fn of<A: ActiveModelTrait>(rows: &mut [A], first_parameter: usize) -> Option<Self> {
        let first = rows.first()?;
        let mut columns = Vec::new();
        for column in <A::Entity as EntityTrait>::Column::iter() {
            let set = rows.iter().filter(|row| !row.is_not_set(column)).count();
            let is_known = match first.get(column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) => is_known(&value),
                ActiveValue::NotSet => true,
            };
            if !is_known || (1..rows.len()).contains(&set) {
                return None;
            }
            // set nowhere: the database's default
            if set > 0 {
                columns.push(column);
            }
        }
        let arrays = Arrays::of(columns.iter().map(|column| {
            let taken = rows.iter_mut().map(|row| row.take(*column).into_value());
            taken.flatten().collect()
        }))?;
        let names: Vec<_> = columns.iter().map(|one| quoted(one.unquoted())).collect();
        Some(Self {
            sql: format!(
                "INSERT INTO {} ({}) SELECT {} FROM {} AS given({})",
                quoted(A::Entity::default().table_name()),
                names.join(", "),
                arrays.expressions("given").join(", "),
                arrays.unnest(first_parameter),
                arrays.names()
            ),
            values: arrays.into_values(),
        })
    }

    fn statement(self, end: &str) -> Statement {
        let sql = self.sql + end;
        Statement::from_sql_and_values(DbBackend::Postgres, sql, self.values)
    }
}

/// When database and rows allow it.
fn arrays_for<A, C>(connection: &C, rows: &mut [A]) -> Option<ArrayInsert>
where
    A: ActiveModelTrait,
    C: ConnectionTrait,
{
    if connection.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    ArrayInsert::of(rows, 1)
}
