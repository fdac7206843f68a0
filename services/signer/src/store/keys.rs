//! `signer_key`: what is known of each key, and where its private half is.

use std::time::Duration;

use ers_pki::key::PublicKey;
use ers_runtime::clock;
use ers_runtime::db::is_duplicate;
use ers_signer_client::{Key, KeyId, KeyLimits, KeyQuarantine, Purpose};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};

use super::StoreError;
use super::making::KeysInMaking;
use super::replicas::{self, Replica};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signer_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub label: String,
        pub key_algorithm: String,
        pub purposes: String,
        pub token: String,
        pub issuer_name: Option<Vec<u8>>,
        pub max_path_length: Option<i64>,
        pub longest_validity_s: Option<i64>,
        pub may_sign_ca_certificates: bool,
        pub public_key: Vec<u8>,
        pub material: Vec<u8>,
        pub creator: String,
        pub created_at: i64,
        pub quarantined_at: Option<i64>,
        pub quarantine_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key with the place of its private half.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// What callers may know of it.
    pub key: Key,
    /// Sealed PKCS #8 of a software key; CKA_ID of a key on a token.
    pub material: Vec<u8>,
    /// Where else it lives.
    pub replicas: Vec<Replica>,
}

/// The table.
#[derive(Debug, Clone)]
pub struct KeyTable {
    database: DatabaseConnection,
}

impl KeyTable {
    /// Over a connection.
    pub fn new(database: DatabaseConnection) -> Self {
        Self { database }
    }

    /// The key of an id.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn find(&self, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
        let row = row::Entity::find_by_id(id.as_str())
            .one(&self.database)
            .await
            .map_err(StoreError::during("load key"))?;
        self.with_replicas(row).await
    }

    async fn with_replicas(
        &self,
        row: Option<row::Model>,
    ) -> Result<Option<StoredKey>, StoreError> {
        let Some(row) = row else {
            return Ok(None);
        };
        let replicas = replicas::of(&self.database, &row.id).await?;
        let mut stored = StoredKey::try_from(row)?;
        stored.attach(replicas);
        Ok(Some(stored))
    }

    /// The key of a label.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn find_by_label(&self, label: &str) -> Result<Option<StoredKey>, StoreError> {
        let row = row::Entity::find()
            .filter(row::Column::Label.eq(label))
            .one(&self.database)
            .await
            .map_err(StoreError::during("load key by label"))?;
        self.with_replicas(row).await
    }

    /// All keys, by label.
    ///
    /// # Errors
    /// The database's; a row that cannot be.
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::Label)
            .all(&self.database)
            .await
            .map_err(StoreError::during("list keys"))?;
        let mut replicas = replicas::all(&self.database).await?;
        rows.into_iter()
            .map(|row| {
                let mut stored = StoredKey::try_from(row)?;
                stored.attach(replicas.remove(stored.key.id.as_str()).unwrap_or_default());
                Ok(stored)
            })
            .collect()
    }

    /// Puts other material in place, unless somebody else has; tells whether it was done.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_material(
        &self,
        id: &KeyId,
        before: &[u8],
        material: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let replaced = row::Entity::update_many()
            .col_expr(row::Column::Material, material.into())
            .filter(row::Column::Id.eq(id.as_str()))
            .filter(row::Column::Material.eq(before))
            .exec(&self.database)
            .await
            .map_err(StoreError::during("replace material of key"))?;
        Ok(replaced.rows_affected == 1)
    }

    /// Writes a new key; false when the label is taken.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert(&self, stored: &StoredKey) -> Result<bool, StoreError> {
        match row::Entity::insert(to_row(stored))
            .exec_without_returning(&self.database)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(source) => Err(StoreError::Database {
                act: "write key",
                source,
            }),
        }
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, id: &KeyId) -> Result<(), StoreError> {
        row::Entity::delete_by_id(id.as_str())
            .exec(&self.database)
            .await
            .map_err(StoreError::during("delete key"))?;
        replicas::forget_all(&self.database, id).await
    }

    /// Keeps a key from signing, or lets it sign again. The first reason stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_quarantine(
        &self,
        id: &KeyId,
        quarantine: Option<&KeyQuarantine>,
    ) -> Result<(), StoreError> {
        let update = row::Entity::update_many().filter(row::Column::Id.eq(id.as_str()));
        let at = quarantine.map(|quarantine| clock::to_ms(quarantine.at));
        let reason = quarantine.map(|quarantine| quarantine.reason.clone());
        let update = match quarantine {
            Some(_) => update.filter(row::Column::QuarantinedAt.is_null()),
            None => update,
        };
        update
            .col_expr(row::Column::QuarantinedAt, Expr::value(at))
            .col_expr(row::Column::QuarantineReason, Expr::value(reason))
            .exec(&self.database)
            .await
            .map_err(StoreError::during("write quarantine of key"))?;
        Ok(())
    }

    /// How many keys are in quarantine.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_quarantined(&self) -> Result<u64, StoreError> {
        row::Entity::find()
            .filter(row::Column::QuarantinedAt.is_not_null())
            .count(&self.database)
            .await
            .map_err(StoreError::during("count keys in quarantine"))
    }

    /// Notes that a token holds a copy of a key; one that was noted before is written over.
    ///
    /// # Errors
    /// The database's.
    pub async fn attach_replica(
        &self,
        id: &KeyId,
        replica: &Replica,
        by: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        replicas::attach(&self.database, id, replica, by, at_ms).await
    }

    /// Forgets a copy of a key.
    ///
    /// # Errors
    /// The database's.
    pub async fn detach_replica(&self, id: &KeyId, token: &str) -> Result<(), StoreError> {
        replicas::detach(&self.database, id, token).await
    }

    /// Keys that were begun and may not be finished.
    pub fn making(&self) -> KeysInMaking {
        KeysInMaking::new(self.database.clone())
    }
}

impl StoredKey {
    /// A key with the copies that it has.
    pub fn attach(&mut self, replicas: Vec<Replica>) {
        self.key.replicas = replicas
            .iter()
            .map(|replica| replica.token.clone())
            .collect();
        self.replicas = replicas;
    }

    /// All places where it lives: token and what finds it there; the first one first.
    pub fn places(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let replicas = self
            .replicas
            .iter()
            .map(|replica| (replica.token.as_str(), replica.material.as_slice()));
        std::iter::once((self.key.token.as_str(), self.material.as_slice())).chain(replicas)
    }
}

fn to_row(stored: &StoredKey) -> row::ActiveModel {
    let key = &stored.key;
    let purposes: Vec<String> = key.purposes.iter().map(Purpose::to_string).collect();
    row::ActiveModel {
        id: Set(key.id.to_string()),
        label: Set(key.label.clone()),
        key_algorithm: Set(key.algorithm.to_string()),
        purposes: Set(purposes.join(" ")),
        token: Set(key.token.clone()),
        issuer_name: Set(key.limits.issuer_name.clone()),
        max_path_length: Set(key.limits.max_path_length.map(i64::from)),
        longest_validity_s: Set(key
            .limits
            .longest_validity
            .map(|validity| i64::try_from(validity.as_secs()).unwrap_or(i64::MAX))),
        may_sign_ca_certificates: Set(key.limits.may_sign_ca_certificates),
        public_key: Set(key.public_key.spki_der().to_vec()),
        material: Set(stored.material.clone()),
        creator: Set(key.creator.clone()),
        created_at: Set(clock::to_ms(key.created_at)),
        quarantined_at: Set(key
            .quarantine
            .as_ref()
            .map(|quarantine| clock::to_ms(quarantine.at))),
        quarantine_reason: Set(key
            .quarantine
            .as_ref()
            .map(|quarantine| quarantine.reason.clone())),
    }
}

impl TryFrom<row::Model> for StoredKey {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "signer_key",
            row: row.id.clone(),
            column,
        };
        let limits = KeyLimits {
            issuer_name: row.issuer_name.clone(),
            max_path_length: row
                .max_path_length
                .map(u32::try_from)
                .transpose()
                .map_err(|_| inconsistent("max_path_length"))?,
            longest_validity: row
                .longest_validity_s
                .map(u64::try_from)
                .transpose()
                .map_err(|_| inconsistent("longest_validity_s"))?
                .map(Duration::from_secs),
            may_sign_ca_certificates: row.may_sign_ca_certificates,
        };
        let purposes = row
            .purposes
            .split(' ')
            .map(str::parse)
            .collect::<Result<Vec<Purpose>, _>>();
        let key = Key {
            algorithm: row
                .key_algorithm
                .parse()
                .map_err(|_| inconsistent("key_algorithm"))?,
            purposes: purposes.map_err(|_| inconsistent("purposes"))?,
            public_key: PublicKey::from_spki_der(&row.public_key)
                .map_err(|_| inconsistent("public_key"))?,
            created_at: clock::from_ms(row.created_at),
            id: KeyId::new(row.id),
            label: row.label,
            token: row.token,
            limits,
            creator: row.creator,
            replicas: Vec::new(),
            quarantine: row.quarantined_at.map(|at| KeyQuarantine {
                at: clock::from_ms(at),
                reason: row.quarantine_reason.unwrap_or_default(),
            }),
            token_key_id: Vec::new(),
        };
        Ok(Self {
            key,
            material: row.material,
            replicas: Vec::new(),
        })
    }
}
