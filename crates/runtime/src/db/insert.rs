//! Many rows in one statement. Where the database takes arrays (PostgreSQL) each column is one parameter: the statement
//! reads the same however many rows there are, so it is parsed once for a connection and not once for each number of
//! rows. Elsewhere, and where a column is null in some of the rows only, each value is a parameter of its own.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, EntityName as _, EntityTrait,
    Iden as _, Iterable as _, QueryResult, Statement, Value, sea_query::ArrayType,
};

/// Inserts all rows, or none.
///
/// # Errors
/// The database's.
pub async fn insert_all<A, C>(connection: &C, rows: Vec<A>) -> Result<(), DbErr>
where
    A: ActiveModelTrait + Send,
    C: ConnectionTrait,
{
    if rows.is_empty() {
        return Ok(());
    }
    match arrays_for(connection, &rows) {
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

/// Inserts the rows that are not there yet, by any unique index; gives back false, and nothing is inserted, where the
/// database or the rows do not allow that in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_new<A, C>(connection: &C, rows: &[A]) -> Result<bool, DbErr>
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

/// Inserts the rows that are not there yet, by any unique index, and gives back columns of each that was inserted, in no
/// order; `None`, and nothing is inserted, where the database or the rows do not allow that in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_new_returning<A, C>(
    connection: &C,
    rows: &[A],
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
    /// Of these rows, with parameters from this number on; none where a column is null in some of the rows only, or of a
    /// type that arrays are not made of here.
    pub fn of<A: ActiveModelTrait>(rows: &[A], first_parameter: usize) -> Option<Self> {
        let mut columns: Vec<(String, ArrayType, Vec<Value>)> = Vec::new();
        for column in <A::Entity as EntityTrait>::Column::iter() {
            let mut values = Vec::with_capacity(rows.len());
            for row in rows {
                if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.get(column) {
                    values.push(value);
                }
            }
            let Some(first) = values.first() else {
                // set nowhere: the database's default
                continue;
            };
            let array_type = first.array_type();
            let given = values
                .iter()
                .filter(|value| **value != value.as_null())
                .count();
            match given {
                0 if values.len() == rows.len() => {}
                given if given == rows.len() => {
                    columns.push((column.unquoted().to_owned(), array_type, values));
                }
                _ => return None,
            }
        }
        let names: Vec<String> = columns.iter().map(|(name, ..)| quoted(name)).collect();
        let types = columns
            .iter()
            .zip(first_parameter..)
            .map(|((_, array_type, _), parameter)| {
                type_name(array_type).map(|name| format!("${parameter}::{name}[]"))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            sql: format!(
                "INSERT INTO {} ({}) SELECT * FROM unnest({})",
                quoted(A::Entity::default().table_name()),
                names.join(", "),
                types.join(", ")
            ),
            values: columns
                .into_iter()
                .map(|(_, array_type, values)| Value::Array(array_type, Some(Box::new(values))))
                .collect(),
        })
    }

    fn statement(self, end: &str) -> Statement {
        let sql = self.sql + end;
        Statement::from_sql_and_values(DbBackend::Postgres, sql, self.values)
    }
}

/// When database and rows allow it.
fn arrays_for<A, C>(connection: &C, rows: &[A]) -> Option<ArrayInsert>
where
    A: ActiveModelTrait,
    C: ConnectionTrait,
{
    if connection.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    ArrayInsert::of(rows, 1)
}

/// Names of tables and columns are ours and hold no quotes.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn type_name(array_type: &ArrayType) -> Option<&'static str> {
    Some(match array_type {
        ArrayType::Bool => "bool",
        ArrayType::SmallInt => "int2",
        ArrayType::Int => "int4",
        ArrayType::BigInt => "int8",
        ArrayType::String => "text",
        ArrayType::Bytes => "bytea",
        _ => return None,
    })
}
