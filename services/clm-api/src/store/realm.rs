//! Realms.

use ers_runtime::clock::from_ms;
use sea_orm::{ActiveValue::Set, EntityTrait as _, QueryOrder as _};
use time::OffsetDateTime;

use super::{Inserted, Store, StoreError, entity::realm};
use crate::domain::{id::RealmName, realm::Realm};

impl Store {
    /// Makes a realm, unless it is there.
    #[tracing::instrument(name = "db.realm.insert", skip_all)]
    pub async fn ensure_realm(&self, realm: &Realm) -> Result<(), StoreError> {
        let row = realm::ActiveModel {
            name: Set(realm.name.as_str().to_owned()),
            description: Set(realm.description.clone()),
            created_at: Set(ers_runtime::clock::to_ms(realm.created_at)),
        };
        let inserted = realm::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make realm"))?;
        Ok(())
    }

    /// All realms by name.
    #[tracing::instrument(name = "db.realm.list", skip_all)]
    pub async fn list_realms(&self) -> Result<Vec<Realm>, StoreError> {
        realm::Entity::find()
            .order_by_asc(realm::Column::Name)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list realms"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// A realm, if there is one of that name.
    #[tracing::instrument(name = "db.realm.find", skip_all)]
    pub async fn find_realm(&self, name: &RealmName) -> Result<Option<Realm>, StoreError> {
        realm::Entity::find_by_id(name.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find realm"))?
            .map(read)
            .transpose()
    }
}

fn read(row: realm::Model) -> Result<Realm, StoreError> {
    let created_at: OffsetDateTime = from_ms(row.created_at);
    let name = row
        .name
        .parse()
        .map_err(|_| StoreError::inconsistent("realm", &row.name, "name"))?;
    Ok(Realm {
        name,
        description: row.description,
        created_at,
    })
}
