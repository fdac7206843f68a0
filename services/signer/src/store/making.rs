//! `key_in_making`: written before a token is asked for a key pair, so that a crash in between leaves no pair that
//! nobody knows: what is found here at the next start is finished or forgotten.

use ers_proto::signer::v1 as wire;
use ers_signer_client::KeyId;
use prost::Message as _;
use sea_orm::{ActiveValue::Set, DatabaseConnection, EntityTrait, QueryOrder};

use super::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "key_in_making")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: String,
        pub token: String,
        pub material: Vec<u8>,
        pub chain: String,
        pub described: Vec<u8>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key that was begun.
#[derive(Debug, Clone)]
pub struct KeyInMaking {
    /// Its id.
    pub id: KeyId,
    /// Where it is being made.
    pub token: String,
    /// The CKA_ID that it will have.
    pub material: Vec<u8>,
    /// The journal chain of the process that makes it.
    pub chain: String,
    /// All of it but the public half, which is not known yet.
    pub described: wire::Key,
    /// When it was begun, epoch milliseconds.
    pub created_at_ms: i64,
}

/// The table.
#[derive(Debug, Clone)]
pub struct KeysInMaking {
    database: DatabaseConnection,
}

impl KeysInMaking {
    pub(super) fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    /// Notes that a key is begun.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert(&self, key: &KeyInMaking) -> Result<(), StoreError> {
        let row = row::ActiveModel {
            key_id: Set(key.id.to_string()),
            token: Set(key.token.clone()),
            material: Set(key.material.clone()),
            chain: Set(key.chain.clone()),
            described: Set(key.described.encode_to_vec()),
            created_at: Set(key.created_at_ms),
        };
        row::Entity::insert(row)
            .exec_without_returning(&self.database)
            .await
            .map_err(StoreError::during("write key in making"))?;
        Ok(())
    }

    /// What was begun, the first first.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn list(&self) -> Result<Vec<KeyInMaking>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::CreatedAt)
            .all(&self.database)
            .await
            .map_err(StoreError::during("list keys in making"))?;
        rows.into_iter()
            .map(|row| {
                let described = wire::Key::decode(row.described.as_slice()).map_err(|_| {
                    StoreError::Inconsistent {
                        table: "key_in_making",
                        row: row.key_id.clone(),
                        column: "described",
                    }
                })?;
                Ok(KeyInMaking {
                    id: KeyId::new(row.key_id),
                    token: row.token,
                    material: row.material,
                    chain: row.chain,
                    described,
                    created_at_ms: row.created_at,
                })
            })
            .collect()
    }

    /// It is finished, or there is nothing of it.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, id: &KeyId) -> Result<(), StoreError> {
        row::Entity::delete_by_id(id.to_string())
            .exec(&self.database)
            .await
            .map_err(StoreError::during("delete key in making"))?;
        Ok(())
    }
}
