//! `journal_entry`: append only.

use std::ops::RangeInclusive;
use std::time::Duration;

use ers_runtime::db;
use ers_signer_client::{KeyId, Purpose};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use crate::journal::{Entry, EntryHash, Head, NewEntry};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        pub at: i64,
        pub caller: String,
        pub request_id: String,
        pub key_id: String,
        pub purpose: i16,
        pub signature_algorithm: String,
        pub to_be_signed: Option<Vec<u8>>,
        pub digest: Vec<u8>,
        pub context: Vec<u8>,
        pub entry_hash: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Longest wait for the database; the pool itself would wait longer for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the writer needs of the table; a seam, so that a test can lose answers.
#[async_trait::async_trait]
pub trait JournalRows: Send + Sync + 'static {
    /// Writes all entries or none.
    async fn insert(&self, chain: &str, entries: &[Entry]) -> Result<(), StoreError>;

    /// Where the chain ends.
    async fn head(&self, chain: &str) -> Result<Head, StoreError>;
}

/// The table.
#[derive(Debug, Clone)]
pub struct JournalTable {
    pub(super) database: DatabaseConnection,
}

impl JournalTable {
    /// Over a connection.
    pub fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    /// Entries from a number on up to another one, in order, at most so many; only of the purposes, when any is given.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn page(
        &self,
        chain: &str,
        range: RangeInclusive<u64>,
        purposes: &[Purpose],
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = self.rows(chain, range, purposes, limit).await?;
        rows.into_iter().map(Entry::try_from).collect()
    }

    async fn rows(
        &self,
        chain: &str,
        range: RangeInclusive<u64>,
        purposes: &[Purpose],
        limit: u64,
    ) -> Result<Vec<row::Model>, StoreError> {
        let mut query = row::Entity::find()
            .filter(row::Column::Chain.eq(chain))
            .filter(
                row::Column::Sequence.between(to_column(*range.start()), to_column(*range.end())),
            )
            .order_by_asc(row::Column::Sequence)
            .limit(limit);
        if !purposes.is_empty() {
            query = query.filter(
                row::Column::Purpose.is_in(purposes.iter().map(|purpose| purpose.to_wire())),
            );
        }
        query
            .all(&self.database)
            .await
            .map_err(StoreError::during("read journal entries"))
    }

    /// The names of all chains, by seeking from one to the next: a scan would read the whole journal.
    ///
    /// # Errors
    /// The database's.
    pub async fn list_chains(&self) -> Result<Vec<String>, StoreError> {
        let mut chains: Vec<String> = Vec::new();
        loop {
            let mut query = row::Entity::find()
                .select_only()
                .column(row::Column::Chain)
                .order_by_asc(row::Column::Chain)
                .order_by_asc(row::Column::Sequence);
            if let Some(last) = chains.last() {
                query = query.filter(row::Column::Chain.gt(last.as_str()));
            }
            let next = query
                .into_tuple::<String>()
                .one(&self.database)
                .await
                .map_err(StoreError::during("list journal chains"))?;
            match next {
                Some(chain) => chains.push(chain),
                None => return Ok(chains),
            }
        }
    }
}

#[async_trait::async_trait]
impl JournalRows for JournalTable {
    /// One statement, so that it is one round trip and one commit, and all or nothing without a transaction around it.
    async fn insert(&self, chain: &str, entries: &[Entry]) -> Result<(), StoreError> {
        const ACT: &str = "write journal entries";
        let rows = entries.iter().map(|entry| to_row(chain, entry)).collect();
        let inserted = tokio::time::timeout(PATIENCE, db::insert_all(&self.database, rows)).await;
        inserted
            .map_err(|_| StoreError::TimedOut { act: ACT })?
            .map_err(StoreError::during(ACT))?;
        Ok(())
    }

    async fn head(&self, chain: &str) -> Result<Head, StoreError> {
        const ACT: &str = "load head of journal";
        let query = row::Entity::find()
            .select_only()
            .column(row::Column::Sequence)
            .column(row::Column::EntryHash)
            .filter(row::Column::Chain.eq(chain))
            .order_by_desc(row::Column::Sequence)
            .into_tuple::<(i64, Vec<u8>)>();
        let found = tokio::time::timeout(PATIENCE, query.one(&self.database)).await;
        let found = found
            .map_err(|_| StoreError::TimedOut { act: ACT })?
            .map_err(StoreError::during(ACT))?;
        let Some((sequence, hash)) = found else {
            return Ok(Head::empty(chain));
        };
        let inconsistent = |column| StoreError::Inconsistent {
            table: "journal_entry",
            row: format!("{chain}/{sequence}"),
            column,
        };
        Ok(Head {
            sequence: u64::try_from(sequence).map_err(|_| inconsistent("sequence"))?,
            hash: EntryHash::from_slice(&hash).ok_or_else(|| inconsistent("entry_hash"))?,
        })
    }
}

fn to_column(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn to_row(chain: &str, entry: &Entry) -> row::ActiveModel {
    let content = &entry.content;
    row::ActiveModel {
        chain: Set(chain.to_owned()),
        sequence: Set(to_column(entry.sequence)),
        at: Set(content.at_ms),
        caller: Set(content.caller.clone()),
        request_id: Set(content.request_id.clone()),
        key_id: Set(content.key_id.to_string()),
        purpose: Set(i16::try_from(content.purpose.to_wire()).unwrap_or_default()),
        signature_algorithm: Set(content.signature_algorithm.to_string()),
        to_be_signed: Set(content.to_be_signed.clone()),
        digest: Set(content.digest.to_vec()),
        context: Set(content.context.clone()),
        entry_hash: Set(entry.hash.as_bytes().to_vec()),
    }
}

impl TryFrom<row::Model> for Entry {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "journal_entry",
            row: format!("{}/{}", row.chain, row.sequence),
            column,
        };
        Ok(Self {
            sequence: u64::try_from(row.sequence).map_err(|_| inconsistent("sequence"))?,
            hash: EntryHash::from_slice(&row.entry_hash)
                .ok_or_else(|| inconsistent("entry_hash"))?,
            content: NewEntry {
                at_ms: row.at,
                purpose: Purpose::from_wire(row.purpose.into())
                    .ok_or_else(|| inconsistent("purpose"))?,
                signature_algorithm: row
                    .signature_algorithm
                    .parse()
                    .map_err(|_| inconsistent("signature_algorithm"))?,
                digest: row
                    .digest
                    .as_slice()
                    .try_into()
                    .map_err(|_| inconsistent("digest"))?,
                key_id: KeyId::new(row.key_id.clone()),
                caller: row.caller.clone(),
                request_id: row.request_id.clone(),
                to_be_signed: row.to_be_signed.clone(),
                context: row.context.clone(),
            },
        })
    }
}
