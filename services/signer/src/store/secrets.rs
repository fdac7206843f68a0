//! `signer_secret`: the data key and the journal key.

use ers_runtime::clock::SharedClock;
use ers_runtime::db::is_duplicate;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    EntityTrait, QueryFilter, QueryOrder,
};

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
        match row::Entity::insert(self.to_row(name, &secret))
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

    /// Puts another secret in the place of one, unless somebody else has; tells whether it was done.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_if(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
        before: &StoredSecret,
        secret: StoredSecret,
    ) -> Result<bool, StoreError> {
        let replaced = row::Entity::update_many()
            .col_expr(row::Column::Derivation, secret.derivation.into())
            .col_expr(row::Column::Sealed, secret.sealed.into())
            .col_expr(row::Column::UpdatedAt, self.clock.now_ms().into())
            .filter(row::Column::Name.eq(name))
            .filter(row::Column::Sealed.eq(before.sealed.as_slice()))
            .exec(connection)
            .await
            .map_err(StoreError::during("replace signer secret"))?;
        Ok(replaced.rows_affected == 1)
    }

    /// Writes a secret that is not there yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert_in(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
        secret: StoredSecret,
    ) -> Result<(), StoreError> {
        row::Entity::insert(self.to_row(name, &secret))
            .exec_without_returning(connection)
            .await
            .map_err(StoreError::during("write signer secret"))?;
        Ok(())
    }

    /// The secrets whose names begin so, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, beginning: &str) -> Result<Vec<(String, StoredSecret)>, StoreError> {
        let rows = row::Entity::find()
            .filter(row::Column::Name.starts_with(beginning))
            .order_by_asc(row::Column::Name)
            .all(&self.database)
            .await
            .map_err(StoreError::during("list signer secrets"))?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let secret = StoredSecret {
                    derivation: row.derivation,
                    sealed: row.sealed,
                };
                (row.name, secret)
            })
            .collect())
    }

    /// Begins a transaction over the table.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        ers_runtime::db::begin(&self.database)
            .await
            .map_err(StoreError::during("begin with signer secrets"))
    }

    fn to_row(&self, name: &str, secret: &StoredSecret) -> row::ActiveModel {
        row::ActiveModel {
            name: Set(name.to_owned()),
            derivation: Set(secret.derivation.clone()),
            sealed: Set(secret.sealed.clone()),
            created_at: Set(self.clock.now_ms()),
            updated_at: Set(self.clock.now_ms()),
        }
    }

    /// Puts another secret in place.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_in(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
        secret: StoredSecret,
    ) -> Result<(), StoreError> {
        let row = row::ActiveModel {
            name: Set(name.to_owned()),
            derivation: Set(secret.derivation),
            sealed: Set(secret.sealed),
            updated_at: Set(self.clock.now_ms()),
            ..Default::default()
        };
        row::Entity::update(row)
            .exec(connection)
            .await
            .map_err(StoreError::during("replace signer secret"))?;
        Ok(())
    }
}
