//! `journal_key`: the public halves of all keys that ever signed checkpoints. Rows are never changed.

use ers_runtime::db::{self, is_duplicate};
use sea_orm::{ActiveValue::Set, DatabaseConnection, EntityTrait, QueryOrder};

use super::{Secrets, StoreError, StoredSecret};
use crate::journal::CheckpointKey;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub public_key: Vec<u8>,
        pub made_at: i64,
        pub endorsement: Vec<u8>,
        pub acknowledgement: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table.
#[derive(Debug, Clone)]
pub struct CheckpointKeyTable {
    database: DatabaseConnection,
}

impl CheckpointKeyTable {
    /// Over a connection.
    pub fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn list(&self) -> Result<Vec<CheckpointKey>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::Number)
            .all(&self.database)
            .await
            .map_err(StoreError::during("list checkpoint keys"))?;
        rows.into_iter().map(CheckpointKey::try_from).collect()
    }

    /// Number of the newest key.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn newest(&self) -> Result<Option<u64>, StoreError> {
        let row = row::Entity::find()
            .order_by_desc(row::Column::Number)
            .one(&self.database)
            .await
            .map_err(StoreError::during("load newest checkpoint key"))?;
        let key = row.map(CheckpointKey::try_from).transpose()?;
        Ok(key.map(|key| key.number))
    }

    /// Writes the first key, unless another process wrote it first.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert_first(&self, key: &CheckpointKey) -> Result<(), StoreError> {
        match row::Entity::insert(to_row(key))
            .exec_without_returning(&self.database)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Ok(()),
            Err(source) => Err(StoreError::Database {
                act: "write checkpoint key",
                source,
            }),
        }
    }

    /// Writes a key and puts its private half in the place of the one before: both or neither.
    ///
    /// # Errors
    /// The database's; that somebody else has written a key of this number.
    pub async fn replace(
        &self,
        secrets: &Secrets,
        key: &CheckpointKey,
        name: &str,
        private: StoredSecret,
    ) -> Result<(), StoreError> {
        const ACT: &str = "replace checkpoint key";
        let transaction = db::begin(&self.database)
            .await
            .map_err(StoreError::during(ACT))?;
        row::Entity::insert(to_row(key))
            .exec_without_returning(&transaction)
            .await
            .map_err(StoreError::during(ACT))?;
        secrets.replace_in(&transaction, name, private).await?;
        transaction.commit().await.map_err(StoreError::during(ACT))
    }
}

fn to_row(key: &CheckpointKey) -> row::ActiveModel {
    row::ActiveModel {
        number: Set(i64::try_from(key.number).unwrap_or(i64::MAX)),
        public_key: Set(key.public_key.clone()),
        made_at: Set(key.made_at_ms),
        endorsement: Set(key.endorsement.clone()),
        acknowledgement: Set(key.acknowledgement.clone()),
    }
}

impl TryFrom<row::Model> for CheckpointKey {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        Ok(Self {
            number: u64::try_from(row.number).map_err(|_| StoreError::Inconsistent {
                table: "journal_key",
                row: row.number.to_string(),
                column: "number",
            })?,
            public_key: row.public_key,
            made_at_ms: row.made_at,
            endorsement: row.endorsement,
            acknowledgement: row.acknowledgement,
        })
    }
}
