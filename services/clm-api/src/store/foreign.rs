//! Certificates of others in the inventory, and the CA certificates that lead to them.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::OnConflict,
};

use super::{
    Inserted, Store, StoreError,
    entity::{
        certificate, certificate_name, certificate_note as note, certificate_tag as tag,
        foreign_authority,
    },
    feed,
};
use crate::domain::inventory::{IMPORT, InventoryCertificate};

/// CA certificates of one name that are looked at.
const MOST_OF_A_NAME: u64 = 16;

impl Store {
    /// Adds a certificate that CARA did not issue, unless it is there.
    #[tracing::instrument(name = "db.inventory_certificate.import", skip_all)]
    pub async fn add_foreign(
        &self,
        certificate: &InventoryCertificate,
        now_ms: i64,
    ) -> Result<Inserted, StoreError> {
        db::retry("import certificate", || async {
            let act = StoreError::at("import certificate");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            let added = feed::add_all(&transaction, &[certificate], now_ms).await;
            if Inserted::of(added.map(|()| 1)).map_err(&act)? == Inserted::AlreadyThere {
                return Ok(Inserted::AlreadyThere);
            }
            transaction.commit().await.map_err(&act)?;
            Ok::<_, StoreError>(Inserted::Yes)
        })
        .await
    }

    /// Takes an imported certificate out of the inventory, with what was written beside it; false when it is not there,
    /// or not imported.
    #[tracing::instrument(name = "db.inventory_certificate.forget", skip_all)]
    pub async fn forget_foreign(&self, number: i64) -> Result<bool, StoreError> {
        let act = StoreError::at("forget certificate");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let deleted = certificate::Entity::delete_many()
            .filter(certificate::Column::Id.eq(number))
            .filter(certificate::Column::Protocol.eq(IMPORT))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        if deleted.rows_affected != 1 {
            return Ok(false);
        }
        certificate_name::Entity::delete_many()
            .filter(certificate_name::Column::CertificateId.eq(number))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        note::Entity::delete_many()
            .filter(note::Column::CertificateId.eq(number))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        tag::Entity::delete_many()
            .filter(tag::Column::CertificateId.eq(number))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(true)
    }

    /// Whether a certificate of that issuer and serial, or else fingerprint, was imported.
    #[tracing::instrument(name = "db.inventory_certificate.is_foreign", skip_all)]
    pub async fn is_foreign(
        &self,
        (issuer, serial): (&str, &str),
        fingerprint: &str,
    ) -> Result<bool, StoreError> {
        let query = certificate::Entity::find()
            .select_only()
            .column(certificate::Column::Id)
            .filter(certificate::Column::Protocol.eq(IMPORT));
        let query = if fingerprint.is_empty() {
            query
                .filter(certificate::Column::Issuer.eq(issuer))
                .filter(certificate::Column::Serial.eq(serial))
        } else {
            query.filter(certificate::Column::Fingerprint.eq(fingerprint))
        };
        let found = query
            .into_tuple::<i64>()
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find imported certificate"))?;
        Ok(found.is_some())
    }

    /// Keeps CA certificates of others: name, fingerprint, DER.
    #[tracing::instrument(name = "db.foreign_authority.insert", skip_all)]
    pub async fn keep_authorities(
        &self,
        authorities: &[(String, String, Vec<u8>)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        use foreign_authority::{ActiveModel, Column, Entity};
        if authorities.is_empty() {
            return Ok(());
        }
        let rows = authorities
            .iter()
            .map(|(name, fingerprint, der)| ActiveModel {
                fingerprint: Set(fingerprint.clone()),
                name: Set(name.clone()),
                der: Set(der.clone()),
                created_at: Set(now_ms),
            });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(Column::Fingerprint)
                    .do_nothing_on([Column::Fingerprint])
                    .to_owned(),
            )
            .exec_without_returning(&self.connection)
            .await
            .map_err(StoreError::at("keep CA certificates of others"))?;
        Ok(())
    }

    /// CA certificates of a name, DER.
    #[tracing::instrument(name = "db.foreign_authority.find", skip_all)]
    pub async fn find_authorities(&self, name: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = foreign_authority::Entity::find()
            .filter(foreign_authority::Column::Name.eq(name))
            .limit(MOST_OF_A_NAME)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("find CA certificates of others"))?;
        Ok(rows.into_iter().map(|row| row.der).collect())
    }
}
