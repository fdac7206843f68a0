//! `journal_checkpoint`: signed statements of how far a chain had come.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use crate::journal::EntryHash;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_checkpoint")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub chain: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        pub entry_hash: Vec<u8>,
        pub at: i64,
        pub signature: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// "At this time the entry of this number had this hash", signed by the journal key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain.
    pub chain: String,
    /// Number of the entry; zero: there was none yet.
    pub sequence: u64,
    /// Its hash.
    pub entry_hash: EntryHash,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// ECDSA-Sig-Value, RFC 3279 §2.2.3; over what, says `journal/checkpoint.rs`.
    pub signature: Vec<u8>,
}

/// The table.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    database: DatabaseConnection,
}

impl Checkpoints {
    /// Over a connection.
    pub fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    /// Writes one.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert(&self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let row = row::ActiveModel {
            chain: Set(checkpoint.chain),
            sequence: Set(i64::try_from(checkpoint.sequence).unwrap_or(i64::MAX)),
            entry_hash: Set(checkpoint.entry_hash.as_bytes().to_vec()),
            at: Set(checkpoint.at_ms),
            signature: Set(checkpoint.signature),
        };
        row::Entity::insert(row)
            .exec_without_returning(&self.database)
            .await
            .map_err(StoreError::during("write journal checkpoint"))?;
        Ok(())
    }

    /// The newest of a chain.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn find_last(&self, chain: &str) -> Result<Option<Checkpoint>, StoreError> {
        let row = row::Entity::find()
            .filter(row::Column::Chain.eq(chain))
            .order_by_desc(row::Column::Sequence)
            .one(&self.database)
            .await
            .map_err(StoreError::during("load journal checkpoint"))?;
        row.map(Checkpoint::try_from).transpose()
    }

    /// The names of all chains that have one.
    ///
    /// # Errors
    /// The database's.
    pub async fn list_chains(&self) -> Result<Vec<String>, StoreError> {
        row::Entity::find()
            .select_only()
            .column(row::Column::Chain)
            .distinct()
            .order_by_asc(row::Column::Chain)
            .into_tuple()
            .all(&self.database)
            .await
            .map_err(StoreError::during("list chains of journal checkpoints"))
    }

    /// Those of a chain from a number on, in order, at most so many.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn page(
        &self,
        chain: &str,
        from: u64,
        limit: u64,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::Chain.eq(chain))
            .filter(row::Column::Sequence.gte(i64::try_from(from).unwrap_or(i64::MAX)))
            .order_by_asc(row::Column::Sequence)
            .limit(limit)
            .all(&self.database)
            .await
            .map_err(StoreError::during("read journal checkpoints"))?;
        rows.into_iter().map(Checkpoint::try_from).collect()
    }
}

impl TryFrom<row::Model> for Checkpoint {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "journal_checkpoint",
            row: format!("{}/{}", row.chain, row.sequence),
            column,
        };
        Ok(Self {
            sequence: u64::try_from(row.sequence).map_err(|_| inconsistent("sequence"))?,
            entry_hash: EntryHash::from_slice(&row.entry_hash)
                .ok_or_else(|| inconsistent("entry_hash"))?,
            at_ms: row.at,
            signature: row.signature.clone(),
            chain: row.chain,
        })
    }
}
