//! `key_replica`: the other tokens that hold a copy of a key.

use std::collections::BTreeMap;

use ers_runtime::db::is_duplicate;
use ers_signer_client::KeyId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
};

use super::StoreError;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "key_replica")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub token: String,
        pub material: Vec<u8>,
        pub attached_by: String,
        pub attached_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A copy of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The token that holds it.
    pub token: String,
    /// Its CKA_ID there.
    pub material: Vec<u8>,
}

/// The copies of a key, by token.
pub(super) async fn of(
    database: &DatabaseConnection,
    key_id: &str,
) -> Result<Vec<Replica>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::KeyId.eq(key_id))
        .order_by_asc(row::Column::Token)
        .all(database)
        .await
        .map_err(StoreError::during("load replicas of key"))?;
    Ok(rows.into_iter().map(Replica::from).collect())
}

/// All copies of all keys, by key id.
pub(super) async fn all(
    database: &DatabaseConnection,
) -> Result<BTreeMap<String, Vec<Replica>>, StoreError> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Token)
        .all(database)
        .await
        .map_err(StoreError::during("list replicas of keys"))?;
    let mut by_key: BTreeMap<String, Vec<Replica>> = BTreeMap::new();
    for row in rows {
        by_key
            .entry(row.key_id.clone())
            .or_default()
            .push(row.into());
    }
    Ok(by_key)
}

pub(super) async fn attach(
    database: &DatabaseConnection,
    id: &KeyId,
    replica: &Replica,
    by: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    detach(database, id, &replica.token).await?;
    let row = row::ActiveModel {
        key_id: Set(id.to_string()),
        token: Set(replica.token.clone()),
        material: Set(replica.material.clone()),
        attached_by: Set(by.to_owned()),
        attached_at: Set(at_ms),
    };
    match row::Entity::insert(row)
        .exec_without_returning(database)
        .await
    {
        Ok(_) => Ok(()),
        // somebody else was faster, with the same token
        Err(error) if is_duplicate(&error) => Ok(()),
        Err(source) => Err(StoreError::Database {
            act: "write replica of key",
            source,
        }),
    }
}

pub(super) async fn detach(
    database: &DatabaseConnection,
    id: &KeyId,
    token: &str,
) -> Result<(), StoreError> {
    row::Entity::delete_by_id((id.to_string(), token.to_owned()))
        .exec(database)
        .await
        .map_err(StoreError::during("delete replica of key"))?;
    Ok(())
}

pub(super) async fn forget_all(
    database: &DatabaseConnection,
    id: &KeyId,
) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::KeyId.eq(id.as_str()))
        .exec(database)
        .await
        .map_err(StoreError::during("delete replicas of key"))?;
    Ok(())
}

impl From<row::Model> for Replica {
    fn from(row: row::Model) -> Self {
        Self {
            token: row.token,
            material: row.material,
        }
    }
}
