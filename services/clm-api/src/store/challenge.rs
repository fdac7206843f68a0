//! Challenges for one SCEP request each. Those that have expired are swept when a new one is made.

use ers_runtime::db::Write;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{Store, StoreError, entity::challenge, names_text, read_names};
use crate::domain::challenge::Challenge;

impl Store {
    /// Keeps a challenge.
    #[tracing::instrument(name = "db.challenge.insert", skip_all)]
    pub async fn add_challenge(
        &self,
        new: &Challenge,
        by: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let act = StoreError::at("keep challenge");
        challenge::Entity::delete_many()
            .filter(challenge::Column::ExpiresAt.lt(now_ms))
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        let names: Vec<String> = new.names.iter().map(ToString::to_string).collect();
        let row = challenge::ActiveModel {
            digest: Set(new.digest.clone()),
            policy: Set(new.policy.to_string()),
            end_entity: Set(new
                .end_entity
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()),
            common_name: Set(new.common_name.clone().unwrap_or_default()),
            subject_alternative_names: Set(names_text(&names)),
            expires_at: Set(new.expires_at_ms),
            used_for: Set(None),
            created_at: Set(now_ms),
            created_by: Set(by.chars().take(255).collect()),
        };
        challenge::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await
            .map_err(act)?;
        Ok(())
    }

    /// A challenge, if there is one of that digest.
    #[tracing::instrument(name = "db.challenge.find", skip_all)]
    pub async fn find_challenge(&self, digest: &str) -> Result<Option<Challenge>, StoreError> {
        self.challenges
            .find([digest])
            .await
            .map_err(StoreError::at("find challenge"))?
            .map(read)
            .transpose()
    }

    /// Marks a challenge as used for a request; false when it was used meanwhile.
    #[tracing::instrument(name = "db.challenge.use", skip_all)]
    pub async fn use_challenge(&self, digest: &str, used_for: &str) -> Result<bool, StoreError> {
        use challenge::{Column, Entity};
        let of = [(Column::Digest, digest.into())];
        let set = [(Column::UsedFor, used_for.into())];
        let update = Write::update::<Entity>(of, set).while_absent::<Entity>(Column::UsedFor);
        self.writes
            .write(update)
            .await
            .map_err(StoreError::write("use challenge"))
    }
}

fn read(row: challenge::Model) -> Result<Challenge, StoreError> {
    let broken = |column| StoreError::inconsistent("challenge", &row.digest, column);
    let names = read_names(&row.subject_alternative_names)
        .and_then(|names| names.iter().map(|name| name.parse().ok()).collect())
        .ok_or_else(|| broken("subject_alternative_names"))?;
    let end_entity = match row.end_entity.as_str() {
        "" => None,
        name => Some(name.parse().map_err(|_| broken("end_entity"))?),
    };
    Ok(Challenge {
        policy: row.policy.parse().map_err(|_| broken("policy"))?,
        end_entity,
        common_name: Some(row.common_name.clone()).filter(|name| !name.is_empty()),
        names,
        expires_at_ms: row.expires_at,
        used_for: row.used_for.clone(),
        digest: row.digest,
    })
}
