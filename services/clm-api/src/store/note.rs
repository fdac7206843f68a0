//! What people write beside certificates: owner, comment, places, tags. Read for a whole page at a time.

use std::collections::BTreeMap;

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};

use super::{
    Inserted, Store, StoreError,
    entity::{certificate, certificate_note as note, certificate_tag as tag},
    names_text, read_names,
};
use crate::domain::{
    inventory::Entry,
    note::{Note, Tag},
};

impl Store {
    /// Puts what people wrote beside each of the certificates.
    #[tracing::instrument(name = "db.inventory_note.list", level = "debug", skip_all)]
    pub(super) async fn with_notes(
        &self,
        mut entries: Vec<Entry>,
    ) -> Result<Vec<Entry>, StoreError> {
        let act = StoreError::at("read notes of certificates");
        let numbers: Vec<i64> = entries.iter().map(|entry| entry.number).collect();
        if numbers.is_empty() {
            return Ok(entries);
        }
        let rows = note::Entity::find()
            .filter(note::Column::CertificateId.is_in(numbers.iter().copied()))
            .all(&self.connection)
            .await
            .map_err(&act)?;
        // A note counts changes of tags too: without one there are none.
        if rows.is_empty() {
            return Ok(entries);
        }
        let tags = tag::Entity::find()
            .filter(tag::Column::CertificateId.is_in(rows.iter().map(|row| row.certificate_id)))
            .order_by_asc(tag::Column::Name)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let mut notes: BTreeMap<i64, Note> = BTreeMap::new();
        for row in rows {
            notes.insert(row.certificate_id, read(row)?);
        }
        for row in tags {
            let read = Tag::of_parts(&row.name, &row.value).map_err(|_| {
                StoreError::inconsistent("inventory_tag", row.certificate_id.to_string(), "value")
            })?;
            if let Some(note) = notes.get_mut(&row.certificate_id) {
                note.tags.push(read);
            }
        }
        for entry in &mut entries {
            if let Some(note) = notes.remove(&entry.number) {
                entry.note = note;
            }
        }
        Ok(entries)
    }

    /// Who owns the certificate of a fingerprint, if that is written down.
    #[tracing::instrument(name = "db.inventory_note.find_owner", skip_all)]
    pub async fn find_owner(&self, fingerprint: &str) -> Result<Option<String>, StoreError> {
        let of_it = certificate::Entity::find()
            .select_only()
            .column(certificate::Column::Id)
            .filter(certificate::Column::Fingerprint.eq(fingerprint))
            .into_query();
        let row = note::Entity::find()
            .filter(note::Column::CertificateId.in_subquery(of_it))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find owner"))?;
        Ok(row.map(|row| row.owner).filter(|owner| !owner.is_empty()))
    }

    /// Puts what is written beside a certificate in the place of its version before; false when that is not there any
    /// more.
    #[tracing::instrument(name = "db.inventory_note.put", skip_all)]
    pub async fn put_note(
        &self,
        number: i64,
        before: i64,
        note: &Note,
        by: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        db::retry("write note", || async {
            let act = StoreError::at("write note");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            let row = row_of(number, note, by, now_ms);
            let is_put = put(&transaction, number, before, row).await.map_err(&act)?;
            if is_put {
                put_tags(&transaction, number, &note.tags)
                    .await
                    .map_err(&act)?;
                transaction.commit().await.map_err(&act)?;
            }
            Ok::<_, StoreError>(is_put)
        })
        .await
    }
}

async fn put(
    transaction: &DatabaseTransaction,
    number: i64,
    before: i64,
    row: note::ActiveModel,
) -> Result<bool, DbErr> {
    if before == 0 {
        let inserted = note::Entity::insert(row)
            .exec_without_returning(transaction)
            .await;
        return Inserted::of(inserted).map(|inserted| inserted == Inserted::Yes);
    }
    let updated = note::Entity::update_many()
        .set(row)
        .filter(note::Column::CertificateId.eq(number))
        .filter(note::Column::Version.eq(before))
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected == 1)
}

async fn put_tags(
    transaction: &DatabaseTransaction,
    number: i64,
    tags: &[Tag],
) -> Result<(), DbErr> {
    tag::Entity::delete_many()
        .filter(tag::Column::CertificateId.eq(number))
        .exec(transaction)
        .await?;
    let rows = tags.iter().map(|one| tag::ActiveModel {
        certificate_id: Set(number),
        name: Set(one.name().as_str().to_owned()),
        value: Set(one.value().to_owned()),
    });
    db::insert_all(transaction, rows.collect()).await
}

fn row_of(number: i64, note: &Note, by: &str, now_ms: i64) -> note::ActiveModel {
    note::ActiveModel {
        certificate_id: Set(number),
        owner: Set(note.owner.clone()),
        comment: Set(note.comment.clone()),
        locations: Set(names_text(&note.locations)),
        version: Set(note.version),
        updated_at: Set(now_ms),
        updated_by: Set(by.chars().take(255).collect()),
    }
}

fn read(row: note::Model) -> Result<Note, StoreError> {
    let locations = read_names(&row.locations).ok_or_else(|| {
        StoreError::inconsistent(
            "inventory_note",
            row.certificate_id.to_string(),
            "locations",
        )
    })?;
    Ok(Note {
        owner: row.owner,
        comment: row.comment,
        locations,
        tags: Vec::new(),
        version: row.version,
    })
}
