//! Transactions.

use ers_pki::cmp::BodyKind;
use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db::{Write, WriteError, is_duplicate};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use time::{Duration, OffsetDateTime};

use super::model::transaction::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError};
use crate::domain::transaction::{State, Transaction, TransactionId};

const TABLE: &str = "cmp_transaction";

impl Store {
    /// Adds a transaction; false: there is one of that id.
    #[tracing::instrument(name = "db.cmp_transaction.insert", level = "debug", skip_all)]
    pub async fn insert_transaction(
        &self,
        transaction: &Transaction,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let row = ActiveModel {
            id: Set(transaction.id.to_string()),
            policy: Set(transaction.policy.clone()),
            sender: Set(transaction.sender.clone()),
            end_entity: Set(transaction.end_entity.clone()),
            requester: Set(transaction.requester.clone()),
            kind: Set(transaction.kind.as_str().to_owned()),
            state: Set(transaction.state.as_str().to_owned()),
            version: Set(transaction.version),
            items: Set(items_json(transaction)),
            request_digest: Set(transaction.request_digest.clone()),
            response: Set(transaction.response.clone()),
            nonce: Set(transaction.nonce.as_ref().map(hex::encode)),
            challenge: Set(challenge_json(transaction)),
            confirm_until: Set(transaction.confirm_until.map(to_ms)),
            claimed_until: Set(None),
            expires_at: Set(to_ms(transaction.expires_at)),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set(transaction.kind.as_str().to_owned()),
        };
        match self.writes.write(Write::insert(row)).await {
            Ok(_) => Ok(true),
            Err(WriteError::Database(error)) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(StoreError::write("insert transaction")(error)),
        }
    }

    /// The transaction of an id.
    #[tracing::instrument(name = "db.cmp_transaction.find", level = "debug", skip_all)]
    pub async fn find_transaction(
        &self,
        id: &TransactionId,
    ) -> Result<Option<Transaction>, StoreError> {
        let row = self.transactions.find([id.as_str()]).await;
        row.map_err(StoreError::database("find transaction"))?
            .map(transaction)
            .transpose()
    }

    /// Keeps what a transaction has become, if nobody changed it since it was read; false: somebody did.
    #[tracing::instrument(name = "db.cmp_transaction.update", level = "debug", skip_all)]
    pub async fn update_transaction(
        &self,
        changed: &Transaction,
        flow: &'static str,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let nonce = changed.nonce.as_ref().map(hex::encode);
        let mut set: Vec<(Column, Value)> = vec![
            (Column::State, changed.state.as_str().into()),
            (Column::Version, (changed.version + 1).into()),
            (Column::RequestDigest, changed.request_digest.clone().into()),
            (Column::Response, changed.response.clone().into()),
            (Column::Nonce, nonce.into()),
            (
                Column::ConfirmUntil,
                changed.confirm_until.map(to_ms).into(),
            ),
            (Column::UpdatedAt, to_ms(now).into()),
            (Column::UpdatedBy, flow.into()),
        ];
        // the certificates in them are most of the row
        if changed.are_items_changed {
            set.push((Column::Items, items_json(changed).into()));
            set.push((Column::Challenge, challenge_json(changed).into()));
        }
        let of: [(Column, Value); 2] = [
            (Column::Id, changed.id.as_str().into()),
            (Column::Version, changed.version.into()),
        ];
        self.writes
            .write(Write::update::<Entity>(of, set))
            .await
            .map_err(StoreError::write("update transaction"))
    }

    /// Transactions that nobody confirmed in time and that no other replica is at.
    #[tracing::instrument(
        name = "db.cmp_transaction.list_unconfirmed",
        level = "debug",
        skip_all
    )]
    pub async fn list_unconfirmed(
        &self,
        now: OffsetDateTime,
        at_most: u64,
    ) -> Result<Vec<Transaction>, StoreError> {
        let rows = Entity::find()
            .filter(Column::State.eq(State::Unconfirmed.as_str()))
            .filter(Column::ConfirmUntil.lt(to_ms(now)))
            .filter(free(now))
            .order_by_asc(Column::ConfirmUntil)
            .limit(at_most)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list unconfirmed transactions"))?;
        rows.into_iter().map(transaction).collect()
    }

    /// Takes the revocation of a transaction's certificates upon this replica for a while; false: another one has.
    #[tracing::instrument(name = "db.cmp_transaction.claim", level = "debug", skip_all)]
    pub async fn claim_transaction(
        &self,
        claimed: &Transaction,
        lease: Duration,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let updated = Entity::update_many()
            .col_expr(Column::ClaimedUntil, Expr::value(to_ms(now + lease)))
            .filter(Column::Id.eq(claimed.id.as_str()))
            .filter(Column::Version.eq(claimed.version))
            .filter(Column::State.eq(State::Unconfirmed.as_str()))
            .filter(free(now))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("claim transaction"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Forgets transactions that are over.
    #[tracing::instrument(name = "db.cmp_transaction.delete", level = "debug", skip_all)]
    pub async fn delete_expired(&self, now: OffsetDateTime) -> Result<u64, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::ExpiresAt.lt(to_ms(now)))
            .filter(Column::State.ne(State::Unconfirmed.as_str()))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("delete transactions"))?;
        Ok(deleted.rows_affected)
    }
}

/// Rows that nobody has claimed.
fn free(now: OffsetDateTime) -> Condition {
    Condition::any()
        .add(Column::ClaimedUntil.is_null())
        .add(Column::ClaimedUntil.lt(to_ms(now)))
}

fn items_json(transaction: &Transaction) -> String {
    serde_json::to_string(&transaction.items).unwrap_or_default()
}

fn challenge_json(transaction: &Transaction) -> Option<Vec<u8>> {
    let challenge = transaction.challenge.as_ref()?;
    Some(serde_json::to_vec(challenge).unwrap_or_default())
}

fn transaction(row: Model) -> Result<Transaction, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    Ok(Transaction {
        kind: BodyKind::from_name(&row.kind).ok_or_else(wrong("kind"))?,
        state: State::find(&row.state).ok_or_else(wrong("state"))?,
        version: row.version,
        items: serde_json::from_str(&row.items).map_err(|_| wrong("items")())?,
        nonce: row
            .nonce
            .as_deref()
            .map(hex::decode)
            .transpose()
            .map_err(|_| wrong("nonce")())?,
        challenge: row
            .challenge
            .as_deref()
            .map(serde_json::from_slice)
            .transpose()
            .map_err(|_| wrong("challenge")())?,
        confirm_until: row.confirm_until.map(from_ms),
        expires_at: from_ms(row.expires_at),
        is_kept: true,
        are_items_changed: false,
        id: TransactionId::from_row(row.id),
        policy: row.policy,
        sender: row.sender,
        end_entity: row.end_entity,
        requester: row.requester,
        request_digest: row.request_digest,
        response: row.response,
    })
}
