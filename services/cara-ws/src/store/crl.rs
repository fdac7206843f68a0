//! Table `crl`: the newest few of each CA.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{Store, StoreError, entity::crl, event::NewEvent, failed};
use crate::domain::AuthorityName;

/// Older ones are deleted: nobody asks for them, and they are large.
const KEPT: i64 = 3;

/// A published CRL.
#[derive(Debug, Clone)]
pub struct CrlRow {
    /// CRL number.
    pub number: i64,
    /// DER.
    pub der: Vec<u8>,
    /// Epoch milliseconds.
    pub this_update_ms: i64,
    /// Epoch milliseconds.
    pub next_update_ms: i64,
}

/// Number and times of a published CRL.
#[derive(Debug, Clone, Copy)]
pub struct CrlHead {
    /// CRL number.
    pub number: i64,
    /// Epoch milliseconds.
    pub this_update_ms: i64,
    /// Epoch milliseconds.
    pub next_update_ms: i64,
}

impl Store {
    /// The newest CRL of a CA's generation.
    pub async fn find_crl(
        &self,
        authority: &AuthorityName,
        generation: i16,
    ) -> Result<Option<CrlRow>, StoreError> {
        let row = crl::Entity::find()
            .filter(crl::Column::Authority.eq(authority.as_str()))
            .filter(crl::Column::Generation.eq(generation))
            .order_by_desc(crl::Column::Number)
            .one(&self.connection)
            .await
            .map_err(failed("load CRL"))?;
        Ok(row.map(|row| CrlRow {
            number: row.number,
            der: row.der,
            this_update_ms: row.this_update,
            next_update_ms: row.next_update,
        }))
    }

    /// Number and times of the newest CRL of a CA's generation, without its bytes.
    pub async fn find_crl_head(
        &self,
        authority: &AuthorityName,
        generation: i16,
    ) -> Result<Option<CrlHead>, StoreError> {
        let row: Option<(i64, i64, i64)> = crl::Entity::find()
            .select_only()
            .columns([
                crl::Column::Number,
                crl::Column::ThisUpdate,
                crl::Column::NextUpdate,
            ])
            .filter(crl::Column::Authority.eq(authority.as_str()))
            .filter(crl::Column::Generation.eq(generation))
            .order_by_desc(crl::Column::Number)
            .into_tuple()
            .one(&self.connection)
            .await
            .map_err(failed("load CRL number"))?;
        Ok(row.map(|(number, this_update_ms, next_update_ms)| CrlHead {
            number,
            this_update_ms,
            next_update_ms,
        }))
    }

    /// Publishes a CRL. Returns false when one of that number is there: another replica was first.
    pub async fn publish_crl(
        &self,
        authority: &AuthorityName,
        generation: i16,
        new: &CrlRow,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "publish CRL";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let inserted = crl::Entity::insert(crl::ActiveModel {
                authority: Set(authority.to_string()),
                generation: Set(generation),
                partition: Set(0),
                delta: Set(false),
                number: Set(new.number),
                der: Set(new.der.clone()),
                this_update: Set(new.this_update_ms),
                next_update: Set(new.next_update_ms),
            })
            .exec_without_returning(&transaction)
            .await;
            match inserted {
                Err(error) if db::is_duplicate(&error) => return Ok(false),
                other => drop(other.map_err(failed(ACT))?),
            }
            crl::Entity::delete_many()
                .filter(crl::Column::Authority.eq(authority.as_str()))
                .filter(crl::Column::Generation.eq(generation))
                .filter(crl::Column::Number.lte(new.number - KEPT))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            let head = self
                .append_events(
                    &transaction,
                    &[NewEvent::crl_published(authority, new.number)],
                )
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(true)
        })
        .await
    }
}
