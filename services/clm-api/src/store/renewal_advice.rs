//! Certificates that are to be renewed sooner than usual.

use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};

use super::{Store, StoreError, entity::renewal_advice};
use crate::domain::renewal::Advice;

impl Store {
    /// Keeps advice for certificates, by fingerprint, in the place of what was said before.
    #[tracing::instrument(name = "db.renewal_advice.put", skip_all)]
    pub async fn advise_renewals(
        &self,
        fingerprints: &[String],
        advice: &Advice,
        by: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        use renewal_advice::Column;
        if fingerprints.is_empty() {
            return Ok(());
        }
        let rows = fingerprints
            .iter()
            .map(|fingerprint| renewal_advice::ActiveModel {
                fingerprint: Set(fingerprint.clone()),
                starts_at: Set(advice.window.start_ms),
                ends_at: Set(advice.window.end_ms),
                explanation_url: Set(advice.explanation_url.clone()),
                created_at: Set(now_ms),
                created_by: Set(by.chars().take(255).collect()),
            });
        renewal_advice::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(Column::Fingerprint)
                    .update_columns([
                        Column::StartsAt,
                        Column::EndsAt,
                        Column::ExplanationUrl,
                        Column::CreatedAt,
                        Column::CreatedBy,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(&self.connection)
            .await
            .map_err(StoreError::at("keep renewal advice"))?;
        Ok(())
    }

    /// What was advised for a certificate.
    #[tracing::instrument(name = "db.renewal_advice.find", skip_all)]
    pub async fn find_renewal_advice(
        &self,
        fingerprint: &str,
    ) -> Result<Option<Advice>, StoreError> {
        let row = renewal_advice::Entity::find_by_id(fingerprint)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find renewal advice"))?;
        Ok(row.map(|row| Advice {
            window: crate::domain::renewal::Window {
                start_ms: row.starts_at,
                end_ms: row.ends_at,
            },
            explanation_url: row.explanation_url,
        }))
    }
}
