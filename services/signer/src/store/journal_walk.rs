//! `journal_entry` read from end to end: rows come one by one and are looked at where they lie, so that ten million of
//! them cost neither memory nor an allocation each.

use std::ops::RangeInclusive;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::sqlx::{ColumnIndex, Decode, Row, Type};
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait};

use super::{JournalTable, StoreError};
use crate::journal::Fields;

const ACT: &str = "walk journal entries";
const COLUMNS: [&str; 11] = [
    "sequence",
    "at",
    "caller",
    "request_id",
    "key_id",
    "purpose",
    "signature_algorithm",
    "to_be_signed",
    "digest",
    "context",
    "entry_hash",
];

/// A row as it stands, whatever it says.
pub struct JournalRow(QueryResult);

/// What a row says, when each column is of its kind.
#[derive(Debug, Clone, Copy)]
pub struct JournalRowView<'a> {
    /// Its number.
    pub sequence: i64,
    /// What it says.
    pub fields: Fields<'a>,
    /// The hash beside it.
    pub entry_hash: &'a [u8],
}

impl JournalRow {
    /// Looks at it; none when a column is not of its kind.
    pub fn view(&self) -> Option<JournalRowView<'_>> {
        if let Some(row) = self.0.try_as_pg_row() {
            return view(row).ok();
        }
        if let Some(row) = self.0.try_as_mysql_row() {
            return view(row).ok();
        }
        self.0.try_as_sqlite_row().and_then(|row| view(row).ok())
    }
}

fn view<'r, R>(row: &'r R) -> Result<JournalRowView<'r>, sea_orm::sqlx::Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    Option<&'r [u8]>: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(JournalRowView {
        sequence: row.try_get(0)?,
        fields: Fields {
            at_ms: row.try_get(1)?,
            caller: row.try_get(2)?,
            request_id: row.try_get(3)?,
            key_id: row.try_get(4)?,
            purpose: row.try_get::<i16, _>(5)?.into(),
            signature_algorithm: row.try_get(6)?,
            to_be_signed: row.try_get(7)?,
            digest: row.try_get(8)?,
            context: row.try_get(9)?,
        },
        entry_hash: row.try_get(10)?,
    })
}

impl JournalTable {
    /// The rows of a chain with numbers in a range, in order.
    ///
    /// # Errors
    /// The database's.
    pub async fn walk(
        &self,
        chain: &str,
        range: RangeInclusive<u64>,
    ) -> Result<BoxStream<'_, Result<JournalRow, StoreError>>, StoreError> {
        let number = |number: &u64| i64::try_from(*number).unwrap_or(i64::MAX);
        let query = Query::select()
            .columns(COLUMNS)
            .from("journal_entry")
            .and_where(Expr::col("chain").eq(chain))
            .and_where(Expr::col("sequence").between(number(range.start()), number(range.end())))
            .order_by("sequence", Order::Asc)
            .to_owned();
        let statement = self.database.get_database_backend().build(&query);
        let rows = self
            .database
            .stream_raw(statement)
            .await
            .map_err(StoreError::during(ACT))?;
        Ok(rows
            .map_ok(JournalRow)
            .map_err(StoreError::during(ACT))
            .boxed())
    }

    /// The least and the greatest number of a chain, whatever stands beside them; none of a chain without entries.
    ///
    /// # Errors
    /// The database's.
    pub async fn ends(&self, chain: &str) -> Result<Option<(i64, i64)>, StoreError> {
        let end = async |order: Order| {
            let query = Query::select()
                .column("sequence")
                .from("journal_entry")
                .and_where(Expr::col("chain").eq(chain))
                .order_by("sequence", order)
                .limit(1)
                .to_owned();
            let row = self
                .database
                .query_one(&query)
                .await
                .map_err(StoreError::during(ACT))?;
            row.map(|row| row.try_get_by_index::<i64>(0))
                .transpose()
                .map_err(StoreError::during(ACT))
        };
        Ok(end(Order::Asc).await?.zip(end(Order::Desc).await?))
    }
}
