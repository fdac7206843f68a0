//! Certificates of the inventory, between row and domain type, and read one by one.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use super::{
    Store, StoreError,
    entity::{certificate, certificate_name},
    names_text, read_names,
};
use crate::domain::{
    id::CertificateId,
    inventory::{Entry, IMPORT, InventoryCertificate, Origin, Revocation},
    note::Note,
};

/// Most characters of a name that can be searched.
const LONGEST_SEARCHED_NAME: usize = 512;

/// What the beginning of a serial or fingerprint stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    None,
    /// This certificate.
    One(Box<Entry>),
    /// More than one.
    Several,
}

impl Store {
    /// The certificate whose serial or fingerprint is, or else begins with, the digits.
    #[tracing::instrument(name = "db.inventory_certificate.find", skip_all)]
    pub async fn find_certificate(&self, id: &CertificateId) -> Result<Found, StoreError> {
        let columns = [
            (certificate::Column::Serial, id.as_serial()),
            (certificate::Column::Fingerprint, id.as_str()),
        ];
        let exact = columns.map(|(column, digits)| Condition::all().add(column.eq(digits)));
        // A range, not LIKE: it uses the index in every database. All hex digits sort before "g".
        let beginning = columns.map(|(column, digits)| {
            Condition::all()
                .add(column.gte(digits))
                .add(column.lt(format!("{digits}g")))
        });
        for conditions in [exact, beginning] {
            let condition = conditions
                .into_iter()
                .fold(Condition::any(), Condition::add);
            let rows = certificate::Entity::find()
                .filter(condition)
                .limit(2)
                .all(&self.connection)
                .await
                .map_err(StoreError::at("find certificate"))?;
            let mut rows = rows.into_iter();
            match (rows.next(), rows.next()) {
                (None, _) => {}
                (Some(row), None) => {
                    let entries = self.with_notes(vec![read(row)?]).await?;
                    return Ok(entries
                        .into_iter()
                        .next()
                        .map_or(Found::None, |entry| Found::One(Box::new(entry))));
                }
                (Some(_), Some(_)) => return Ok(Found::Several),
            }
        }
        Ok(Found::None)
    }

    /// The certificate of an issuer and serial, if the inventory has heard of it from CARA.
    #[tracing::instrument(name = "db.inventory_certificate.find_by_serial", skip_all)]
    pub async fn find_certificate_by_serial(
        &self,
        issuer: &str,
        serial: &str,
    ) -> Result<Option<InventoryCertificate>, StoreError> {
        self.find_one(
            Condition::all()
                .add(certificate::Column::Issuer.eq(issuer))
                .add(certificate::Column::Serial.eq(serial)),
        )
        .await
    }

    /// The certificate of a fingerprint, if the inventory has heard of it from CARA.
    #[tracing::instrument(name = "db.inventory_certificate.find_by_fingerprint", skip_all)]
    pub async fn find_certificate_by_fingerprint(
        &self,
        fingerprint: &str,
    ) -> Result<Option<InventoryCertificate>, StoreError> {
        let row = self.certificates.find([fingerprint]).await;
        row.map_err(StoreError::at("find certificate"))?
            .filter(|row| row.protocol != IMPORT)
            .map(|row| read(row).map(|entry| entry.certificate))
            .transpose()
    }

    /// Of those that CARA issued: who shows an imported one has shown nothing.
    async fn find_one(
        &self,
        condition: Condition,
    ) -> Result<Option<InventoryCertificate>, StoreError> {
        certificate::Entity::find()
            .filter(condition)
            .filter(certificate::Column::Protocol.ne(IMPORT))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find certificate"))?
            .map(|row| read(row).map(|entry| entry.certificate))
            .transpose()
    }
}

/// The row of a certificate.
pub(super) fn row_of(told: &InventoryCertificate, now_ms: i64) -> certificate::ActiveModel {
    let origin = &told.origin;
    certificate::ActiveModel {
        id: NotSet,
        issuer: Set(told.issuer.clone()),
        serial: Set(told.serial.clone()),
        fingerprint: Set(told.fingerprint.clone()),
        subject: Set(told.subject.clone()),
        subject_folded: Set(told.subject.to_lowercase()),
        subject_alternative_names: Set(names_text(&told.names)),
        key_algorithm: Set(told.key_algorithm.clone()),
        not_before: Set(told.not_before_ms),
        not_after: Set(told.not_after_ms),
        revoked_at: Set(told.revocation.as_ref().map(|revocation| revocation.at_ms)),
        revocation_reason: Set(told
            .revocation
            .as_ref()
            .map(|revocation| revocation.reason.clone())),
        realm: Set(origin.realm.clone()),
        policy: Set(origin.policy.clone()),
        policy_version: Set(i64::from(origin.policy_version)),
        end_entity: Set(origin.end_entity.clone()),
        requester: Set(origin.requester.clone()),
        protocol: Set(origin.protocol.clone()),
        request_id: Set(told.request_id.clone()),
        der: Set(told.der.clone()),
        issued_at: Set(told.issued_at_ms),
        updated_at: Set(now_ms),
    }
}

/// The rows of a certificate's names, each once.
pub(super) fn name_rows(
    id: i64,
    told: &InventoryCertificate,
) -> Vec<certificate_name::ActiveModel> {
    let folded: std::collections::BTreeSet<String> = told
        .names
        .iter()
        .map(|name| {
            name.to_lowercase()
                .chars()
                .take(LONGEST_SEARCHED_NAME)
                .collect()
        })
        .collect();
    folded
        .into_iter()
        .map(|name| certificate_name::ActiveModel {
            certificate_id: Set(id),
            name: Set(name),
        })
        .collect()
}

/// The certificate of a row, without what people wrote beside it.
pub(super) fn read(row: certificate::Model) -> Result<Entry, StoreError> {
    let revocation = match (row.revoked_at, row.revocation_reason) {
        (None, None) => None,
        (Some(at_ms), Some(reason)) => Some(Revocation { at_ms, reason }),
        _ => {
            let id = row.id.to_string();
            return Err(StoreError::inconsistent(
                "inventory_certificate",
                id,
                "revocation_reason",
            ));
        }
    };
    let policy_version = u32::try_from(row.policy_version).map_err(|_| {
        StoreError::inconsistent(
            "inventory_certificate",
            row.id.to_string(),
            "policy_version",
        )
    })?;
    let names = read_names(&row.subject_alternative_names).ok_or_else(|| {
        StoreError::inconsistent(
            "inventory_certificate",
            row.id.to_string(),
            "subject_alternative_names",
        )
    })?;
    let certificate = InventoryCertificate {
        issuer: row.issuer,
        serial: row.serial,
        fingerprint: row.fingerprint,
        subject: row.subject,
        names,
        key_algorithm: row.key_algorithm,
        not_before_ms: row.not_before,
        not_after_ms: row.not_after,
        revocation,
        origin: Origin {
            realm: row.realm,
            policy: row.policy,
            policy_version,
            end_entity: row.end_entity,
            requester: row.requester,
            protocol: row.protocol,
        },
        request_id: row.request_id,
        der: row.der,
        issued_at_ms: row.issued_at,
    };
    Ok(Entry {
        number: row.id,
        certificate,
        note: Note::default(),
    })
}
