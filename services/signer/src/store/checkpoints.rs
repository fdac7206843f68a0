//! `journal_checkpoint`: signed statements of how far a chain had come.

use std::ops::RangeInclusive;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use crate::journal::{Checkpoint, EntryHash};

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

    /// Those of a chain with numbers in a range, in order, at most so many. A row that cannot be is told beside its
    /// number, for those who look for such rows.
    ///
    /// # Errors
    /// The database's.
    pub async fn page_as_it_stands(
        &self,
        chain: &str,
        range: RangeInclusive<u64>,
        limit: u64,
    ) -> Result<Vec<(u64, Result<Checkpoint, StoreError>)>, StoreError> {
        let number = |number: &u64| i64::try_from(*number).unwrap_or(i64::MAX);
        let rows = row::Entity::find()
            .filter(row::Column::Chain.eq(chain))
            .filter(row::Column::Sequence.between(number(range.start()), number(range.end())))
            .order_by_asc(row::Column::Sequence)
            .limit(limit)
            .all(&self.database)
            .await
            .map_err(StoreError::during("read journal checkpoints"))?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let number = u64::try_from(row.sequence).unwrap_or_default();
                (number, Checkpoint::try_from(row))
            })
            .collect())
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
