//! Certificates of the registration authority, one after the other for each CA.

use ers_pki::certificate::Certificate;
use ers_runtime::clock::to_ms;
use ers_signer_client::KeyId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;

use super::model::authority::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError};

const TABLE: &str = "scep_authority";

/// A certificate of the registration authority, and its key in the signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Name of the CA.
    pub issuer: String,
    /// The first is 1.
    pub generation: i64,
    /// Its key.
    pub key_id: KeyId,
    /// The certificate.
    pub certificate: Certificate,
}

impl Store {
    /// The certificates for a CA that have not ended, the newest first.
    #[tracing::instrument(name = "db.scep_authority.list", level = "debug", skip_all)]
    pub async fn list_authorities(
        &self,
        issuer: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<Authority>, StoreError> {
        let rows = Entity::find()
            .filter(Column::Issuer.eq(issuer))
            .filter(Column::NotAfter.gte(to_ms(now)))
            .order_by_desc(Column::Generation)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list RA certificates"))?;
        rows.into_iter().map(authority).collect()
    }

    /// The number of the newest certificate for a CA, also of one that has ended; 0: there never was one.
    #[tracing::instrument(name = "db.scep_authority.newest", level = "debug", skip_all)]
    pub async fn newest_generation(&self, issuer: &str) -> Result<i64, StoreError> {
        let row = Entity::find()
            .filter(Column::Issuer.eq(issuer))
            .order_by_desc(Column::Generation)
            .one(&self.db)
            .await
            .map_err(StoreError::database("find RA certificate"))?;
        Ok(row.map_or(0, |row| row.generation))
    }

    /// Keeps a certificate; one that another replica kept under the same number stays.
    #[tracing::instrument(name = "db.scep_authority.insert", level = "debug", skip_all)]
    pub async fn keep_authority(
        &self,
        authority: &Authority,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let row = ActiveModel {
            issuer: Set(authority.issuer.clone()),
            generation: Set(authority.generation),
            key_id: Set(authority.key_id.to_string()),
            certificate: Set(authority.certificate.der().to_vec()),
            not_after: Set(to_ms(authority.certificate.not_after())),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set("registration-authority".to_owned()),
        };
        let nothing = OnConflict::new()
            .do_nothing_on([Column::Issuer, Column::Generation])
            .to_owned();
        Entity::insert(row)
            .on_conflict(nothing)
            .try_insert()
            .exec_without_returning(&self.db)
            .await
            .map_err(StoreError::database("keep RA certificate"))?;
        Ok(())
    }
}

fn authority(row: Model) -> Result<Authority, StoreError> {
    let certificate = Certificate::from_der(&row.certificate)
        .map_err(|_| StoreError::inconsistent(TABLE, &row.issuer, "certificate")())?;
    Ok(Authority {
        issuer: row.issuer,
        generation: row.generation,
        key_id: KeyId::new(row.key_id),
        certificate,
    })
}
