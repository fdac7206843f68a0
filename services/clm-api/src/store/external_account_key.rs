//! External account keys, sealed.

use sea_orm::{ActiveValue::Set, EntityTrait as _};

use super::{Store, StoreError, entity::external_account_key};
use crate::domain::{external_account::ExternalAccountKey, id::AccountKeyId};

impl Store {
    /// Keeps a new key.
    #[tracing::instrument(name = "db.external_account_key.insert", skip_all)]
    pub async fn add_external_account_key(
        &self,
        key: &ExternalAccountKey,
        created_by: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        external_account_key::Entity::insert(external_account_key::ActiveModel {
            key_id: Set(key.key_id.to_string()),
            sealed_key: Set(key.sealed_key.clone()),
            policy: Set(key.policy.to_string()),
            end_entity: Set(key
                .end_entity
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()),
            expires_at: Set(key.expires_at_ms),
            created_at: Set(now_ms),
            created_by: Set(created_by.chars().take(255).collect()),
        })
        .exec_without_returning(&self.connection)
        .await
        .map_err(StoreError::at("keep external account key"))?;
        Ok(())
    }

    /// A key, if there is one of that id.
    #[tracing::instrument(name = "db.external_account_key.find", skip_all)]
    pub async fn find_external_account_key(
        &self,
        id: &AccountKeyId,
    ) -> Result<Option<ExternalAccountKey>, StoreError> {
        external_account_key::Entity::find_by_id(id.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find external account key"))?
            .map(|row| {
                let broken =
                    |column| StoreError::inconsistent("external_account_key", &row.key_id, column);
                Ok(ExternalAccountKey {
                    key_id: id.clone(),
                    policy: row.policy.parse().map_err(|_| broken("policy"))?,
                    end_entity: match row.end_entity.as_str() {
                        "" => None,
                        name => Some(name.parse().map_err(|_| broken("end_entity"))?),
                    },
                    expires_at_ms: row.expires_at,
                    sealed_key: row.sealed_key,
                })
            })
            .transpose()
    }
}
