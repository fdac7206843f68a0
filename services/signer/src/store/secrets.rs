//! `signer_secret`: the data key and the journal key.

use ers_runtime::clock::SharedClock;
use ers_runtime::db::is_duplicate;
use sea_orm::{ActiveValue::Set, DatabaseConnection, EntityTrait};

use super::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signer_secret")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub derivation: String,
        pub sealed: Vec<u8>,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A secret as it stands in the table.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// How the key that it is sealed with is derived; empty: it is sealed under the data key.
    pub derivation: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// The table.
#[derive(Debug, Clone)]
pub struct Secrets {
    database: DatabaseConnection,
    clock: SharedClock,
}

impl Secrets {
    /// Over a connection.
    pub fn new(database: DatabaseConnection, clock: SharedClock) -> Self {
        Self { database, clock }
    }

    /// The secret of a name.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, name: &str) -> Result<Option<StoredSecret>, StoreError> {
        let row = row::Entity::find_by_id(name)
            .one(&self.database)
            .await
            .map_err(StoreError::during("load signer secret"))?;
        Ok(row.map(|row| StoredSecret {
            derivation: row.derivation,
            sealed: row.sealed,
        }))
    }

    /// Writes a secret, or finds the one that another process wrote first.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert_or_find(
        &self,
        name: &str,
        secret: StoredSecret,
    ) -> Result<StoredSecret, StoreError> {
        let row = row::ActiveModel {
            name: Set(name.to_owned()),
            derivation: Set(secret.derivation.clone()),
            sealed: Set(secret.sealed.clone()),
            created_at: Set(self.clock.now_ms()),
            updated_at: Set(self.clock.now_ms()),
        };
        match row::Entity::insert(row)
            .exec_without_returning(&self.database)
            .await
        {
            Ok(_) => Ok(secret),
            Err(error) if is_duplicate(&error) => Ok(self.find(name).await?.unwrap_or(secret)),
            Err(source) => Err(StoreError::Database {
                act: "write signer secret",
                source,
            }),
        }
    }

    /// Puts another secret in place.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace(&self, name: &str, secret: StoredSecret) -> Result<(), StoreError> {
        let row = row::ActiveModel {
            name: Set(name.to_owned()),
            derivation: Set(secret.derivation),
            sealed: Set(secret.sealed),
            updated_at: Set(self.clock.now_ms()),
            ..Default::default()
        };
        row::Entity::update(row)
            .exec(&self.database)
            .await
            .map_err(StoreError::during("replace signer secret"))?;
        Ok(())
    }
}
