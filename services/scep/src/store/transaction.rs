//! Transactions: what a client calls its request, and what CLM calls it.

use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db::{Write, WriteError, is_duplicate};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, Value};
use time::OffsetDateTime;

use super::model::transaction::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError};

/// How far a transaction is, CLM knows; releases before this one wrote it down and read it.
const OPEN: &str = "open";

/// A request of somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// SHA-256 over policy and transactionID, lower-case hex.
    pub id: String,
    /// The policy.
    pub policy: String,
    /// transactionID.
    pub transaction_id: String,
    /// CLM's idempotency key.
    pub request_id: String,
    /// SHA-256 of the CSR, lower-case hex.
    pub request_digest: String,
    /// SHA-256 of the signer's SubjectPublicKeyInfo, lower-case hex.
    pub signer_key: String,
    /// When it is forgotten.
    pub expires_at: OffsetDateTime,
}

impl Store {
    /// The transaction of an id that is not over.
    #[tracing::instrument(name = "db.scep_transaction.find", level = "debug", skip_all)]
    pub async fn find_transaction(
        &self,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Transaction>, StoreError> {
        let row = self.transactions.find([id]).await;
        let row = row.map_err(StoreError::database("find transaction"))?;
        let row = row.filter(|row| row.expires_at > to_ms(now));
        Ok(row.map(transaction))
    }

    /// Begins a transaction in place of the one given, or of none. Of two that begin at once one wins; what counts
    /// comes back.
    #[tracing::instrument(name = "db.scep_transaction.begin", level = "debug", skip_all)]
    pub async fn begin_transaction(
        &self,
        new: Transaction,
        before: Option<&Transaction>,
        now: OffsetDateTime,
    ) -> Result<Transaction, StoreError> {
        const ACT: &str = "begin transaction";
        let Some(before) = before else {
            return self.insert_transaction(new, now).await;
        };
        let of: [(Column, Value); 2] = [
            (Column::Id, new.id.as_str().into()),
            (Column::RequestId, before.request_id.as_str().into()),
        ];
        let set: [(Column, Value); 7] = [
            (Column::RequestId, new.request_id.as_str().into()),
            (Column::RequestDigest, new.request_digest.as_str().into()),
            (Column::SignerKey, new.signer_key.as_str().into()),
            (Column::State, OPEN.into()),
            (Column::ExpiresAt, to_ms(new.expires_at).into()),
            (Column::UpdatedAt, to_ms(now).into()),
            (Column::UpdatedBy, "enrol".into()),
        ];
        let update = Write::update::<Entity>(of, set);
        if self
            .writes
            .write(update)
            .await
            .map_err(StoreError::write(ACT))?
        {
            return Ok(new);
        }
        let found = self.find_transaction(&new.id, now).await?;
        Ok(found.unwrap_or(new))
    }

    /// Adds a transaction; what counts comes back: the one that is there already, unless that is over.
    async fn insert_transaction(
        &self,
        new: Transaction,
        now: OffsetDateTime,
    ) -> Result<Transaction, StoreError> {
        const ACT: &str = "begin transaction";
        loop {
            match self.writes.write(Write::insert(row(&new, now))).await {
                Ok(_) => return Ok(new),
                Err(WriteError::Database(error)) if is_duplicate(&error) => {}
                Err(error) => return Err(StoreError::write(ACT)(error)),
            }
            if let Some(found) = self.find_transaction(&new.id, now).await? {
                return Ok(found);
            }
            // one that is over is in the way
            Entity::delete_many()
                .filter(Column::Id.eq(new.id.as_str()))
                .filter(Column::ExpiresAt.lte(to_ms(now)))
                .exec(&self.db)
                .await
                .map_err(StoreError::database(ACT))?;
        }
    }

    /// Forgets the transactions that are over.
    #[tracing::instrument(name = "db.scep_transaction.forget", level = "debug", skip_all)]
    pub async fn forget_transactions(&self, now: OffsetDateTime) -> Result<u64, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::ExpiresAt.lte(to_ms(now)))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("forget transactions"))?;
        Ok(deleted.rows_affected)
    }
}

fn row(new: &Transaction, now: OffsetDateTime) -> ActiveModel {
    ActiveModel {
        id: Set(new.id.clone()),
        policy: Set(new.policy.clone()),
        transaction_id: Set(new.transaction_id.clone()),
        request_id: Set(new.request_id.clone()),
        request_digest: Set(new.request_digest.clone()),
        signer_key: Set(new.signer_key.clone()),
        state: Set(OPEN.to_owned()),
        expires_at: Set(to_ms(new.expires_at)),
        created_at: Set(to_ms(now)),
        updated_at: Set(to_ms(now)),
        updated_by: Set("enrol".to_owned()),
    }
}

fn transaction(row: Model) -> Transaction {
    Transaction {
        id: row.id,
        policy: row.policy,
        transaction_id: row.transaction_id,
        request_id: row.request_id,
        request_digest: row.request_digest,
        signer_key: row.signer_key,
        expires_at: from_ms(row.expires_at),
    }
}
