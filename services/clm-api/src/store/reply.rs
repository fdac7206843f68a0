//! Replies to requests that may be repeated. The row is there before the act: of two at the same time one acts.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};

use super::{Inserted, Store, StoreError, entity::reply};
use crate::domain::reply::{BROKEN_OFF_AFTER_MS, LIFETIME_MS, Reply, ReplyKey, Standing};

/// Status of a request that is being answered.
const NONE_YET: i64 = 0;

impl Store {
    /// Notes that a request is begun, unless it was before.
    #[tracing::instrument(name = "db.reply.begin", skip_all)]
    pub async fn begin_reply(&self, key: &ReplyKey, now_ms: i64) -> Result<Standing, StoreError> {
        let act = StoreError::at("begin reply");
        reply::Entity::delete_many()
            .filter(reply::Column::CreatedAt.lt(now_ms - LIFETIME_MS))
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        let row = reply::ActiveModel {
            caller: Set(key.caller.clone()),
            idempotency_key: Set(key.key.clone()),
            request_digest: Set(key.request_digest.clone()),
            created_at: Set(now_ms),
            status: Set(NONE_YET),
            location: Set(String::new()),
            etag: Set(String::new()),
            media_type: Set(String::new()),
            sealed: Set(0),
            body: Set(None),
        };
        let inserted = reply::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        if Inserted::of(inserted).map_err(&act)? == Inserted::Yes {
            return Ok(Standing::New);
        }
        let found = reply::Entity::find_by_id((key.caller.clone(), key.key.clone()))
            .one(&self.connection)
            .await
            .map_err(&act)?;
        match found {
            // Its first try failed just now.
            None => Ok(Standing::UnderWay),
            Some(row) if row.request_digest != key.request_digest => Ok(Standing::Another),
            Some(row) if row.status == NONE_YET => self.take_over(key, &row, now_ms).await,
            Some(row) => Ok(Standing::Answered(read(row)?)),
        }
    }

    /// Whether a request that was begun was broken off, by the end of its process: then this one takes its place.
    async fn take_over(
        &self,
        key: &ReplyKey,
        row: &reply::Model,
        now_ms: i64,
    ) -> Result<Standing, StoreError> {
        if now_ms - row.created_at < BROKEN_OFF_AFTER_MS {
            return Ok(Standing::UnderWay);
        }
        let taken = reply::Entity::update_many()
            .col_expr(reply::Column::CreatedAt, Expr::value(now_ms))
            .filter(reply::Column::Caller.eq(&key.caller))
            .filter(reply::Column::IdempotencyKey.eq(&key.key))
            .filter(reply::Column::CreatedAt.eq(row.created_at))
            .filter(reply::Column::Status.eq(NONE_YET))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("begin reply"))?;
        Ok(if taken.rows_affected == 1 {
            Standing::New
        } else {
            Standing::UnderWay
        })
    }

    /// Keeps what was answered; a secret body is sealed already.
    #[tracing::instrument(name = "db.reply.keep", skip_all)]
    pub async fn keep_reply(&self, key: &ReplyKey, kept: &Reply) -> Result<(), StoreError> {
        reply::Entity::update_many()
            .col_expr(reply::Column::Status, Expr::value(i64::from(kept.status)))
            .col_expr(reply::Column::Location, Expr::value(kept.location.as_str()))
            .col_expr(reply::Column::Etag, Expr::value(kept.etag.as_str()))
            .col_expr(
                reply::Column::MediaType,
                Expr::value(kept.media_type.as_str()),
            )
            .col_expr(reply::Column::Sealed, Expr::value(i64::from(kept.secret)))
            .col_expr(reply::Column::Body, Expr::value(Some(kept.body.clone())))
            .filter(reply::Column::Caller.eq(&key.caller))
            .filter(reply::Column::IdempotencyKey.eq(&key.key))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("keep reply"))?;
        Ok(())
    }

    /// Forgets a request that failed: it made nothing, and may be tried again.
    #[tracing::instrument(name = "db.reply.forget", skip_all)]
    pub async fn forget_reply(&self, key: &ReplyKey) -> Result<(), StoreError> {
        reply::Entity::delete_by_id((key.caller.clone(), key.key.clone()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forget reply"))?;
        Ok(())
    }
}

fn read(row: reply::Model) -> Result<Reply, StoreError> {
    let status = u16::try_from(row.status)
        .map_err(|_| StoreError::inconsistent("reply", &row.idempotency_key, "status"))?;
    Ok(Reply {
        status,
        location: row.location,
        etag: row.etag,
        media_type: row.media_type,
        secret: row.sealed != 0,
        body: row.body.unwrap_or_default(),
    })
}
