//! End entities.

use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{Inserted, Store, StoreError, entity::end_entity};
use crate::domain::{
    id::{EndEntityName, RealmName},
    realm::EndEntity,
};

const ACTIVE: &str = "active";

impl Store {
    /// Makes an end entity, unless it is there.
    #[tracing::instrument(name = "db.end_entity.insert", skip_all)]
    pub async fn ensure_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let row = end_entity::ActiveModel {
            realm: Set(realm.to_string()),
            name: Set(name.to_string()),
            state: Set(ACTIVE.to_owned()),
            created_at: Set(now_ms),
        };
        let inserted = end_entity::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make end entity"))?;
        Ok(())
    }

    /// An end entity, if there is one of that name.
    #[tracing::instrument(name = "db.end_entity.find", skip_all)]
    pub async fn find_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
    ) -> Result<Option<EndEntity>, StoreError> {
        let row = end_entity::Entity::find_by_id((realm.to_string(), name.to_string()))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find end entity"))?;
        Ok(row.map(|row| EndEntity {
            realm: realm.clone(),
            name: name.clone(),
            active: row.state == ACTIVE,
        }))
    }
}
