//! Private keys that were made here, sealed.

use std::collections::HashSet;

use aws_lc_rs::digest;
use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _,
    sea_query::{Expr, ExprTrait as _},
};

use super::{
    Inserted, Store, StoreError,
    entity::{request, server_key},
};
use crate::domain::{
    id::RequestId,
    request::RequestState,
    server_key::{ServerKey, UNFETCHED_FOR_MS},
};

const TABLE: &str = "server_key";

impl Store {
    /// Keeps a key, unless one was made for the request.
    #[tracing::instrument(name = "db.server_key.insert", skip_all)]
    pub async fn insert_server_key(&self, key: &ServerKey) -> Result<Inserted, StoreError> {
        let row = server_key::ActiveModel {
            request_id: Set(key.request_id.to_string()),
            public_key_digest: Set(digest_of(&key.public_key)),
            public_key: Set(key.public_key.clone()),
            sealed: Set(key.sealed.clone()),
            key_algorithm: Set(key.algorithm.as_str().to_owned()),
            realm: Set(key.realm.to_string()),
            policy: Set(key.policy.to_string()),
            requester: Set(key.requester.to_string()),
            kept: Set(i64::from(key.kept)),
            approvals: Set(i64::from(key.approvals)),
            created_at: Set(key.created_at_ms),
            delivered_until: Set(key.delivered_until_ms),
        };
        let inserted = server_key::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("keep key"))
    }

    /// The key that was made for a request.
    #[tracing::instrument(name = "db.server_key.find", skip_all)]
    pub async fn find_server_key(&self, id: &RequestId) -> Result<Option<ServerKey>, StoreError> {
        server_key::Entity::find_by_id(id.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find key"))?
            .map(read)
            .transpose()
    }

    /// Those of the requests whose key is there, and was not fetched or may be fetched once more.
    #[tracing::instrument(name = "db.server_key.list_fetchable", skip_all)]
    pub async fn list_fetchable_keys(
        &self,
        requests: &[&RequestId],
        now_ms: i64,
    ) -> Result<HashSet<RequestId>, StoreError> {
        use server_key::Column;
        if requests.is_empty() {
            return Ok(HashSet::new());
        }
        let found: Vec<String> = server_key::Entity::find()
            .select_only()
            .column(Column::RequestId)
            .filter(Column::RequestId.is_in(requests.iter().map(|id| id.as_str())))
            .filter(
                Condition::any()
                    .add(Column::DeliveredUntil.is_null())
                    .add(Column::DeliveredUntil.gte(now_ms)),
            )
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list keys"))?;
        let read = |id: String| {
            id.parse()
                .map_err(|_| StoreError::inconsistent(TABLE, &id, "request_id"))
        };
        found.into_iter().map(read).collect()
    }

    /// The key with this public half: SubjectPublicKeyInfo, DER.
    #[tracing::instrument(name = "db.server_key.find_by_public", skip_all)]
    pub async fn find_server_key_of(
        &self,
        public_key: &[u8],
    ) -> Result<Option<ServerKey>, StoreError> {
        server_key::Entity::find()
            .filter(server_key::Column::PublicKeyDigest.eq(digest_of(public_key)))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find key"))?
            .map(read)
            .transpose()
    }

    /// Notes until when a key may be fetched by who asked for it; the first time counts.
    #[tracing::instrument(name = "db.server_key.deliver", skip_all)]
    pub async fn deliver_server_key(
        &self,
        id: &RequestId,
        until_ms: i64,
    ) -> Result<(), StoreError> {
        server_key::Entity::update_many()
            .col_expr(
                server_key::Column::DeliveredUntil,
                Expr::value(Some(until_ms)),
            )
            .filter(server_key::Column::RequestId.eq(id.as_str()))
            .filter(server_key::Column::DeliveredUntil.is_null())
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("note that a key is delivered"))?;
        Ok(())
    }

    /// Forgets a key that nobody has fetched.
    #[tracing::instrument(name = "db.server_key.forget", skip_all)]
    pub async fn forget_server_key(&self, id: &RequestId) -> Result<(), StoreError> {
        server_key::Entity::delete_many()
            .filter(server_key::Column::RequestId.eq(id.as_str()))
            .filter(server_key::Column::DeliveredUntil.is_null())
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forget key"))?;
        Ok(())
    }

    /// Forgets the keys that nobody may have any more: not kept, and fetched long enough ago or never; and those of
    /// requests that were declined or failed. Returns how many.
    #[tracing::instrument(name = "db.server_key.sweep", skip_all)]
    pub async fn sweep_server_keys(&self, now_ms: i64) -> Result<u64, StoreError> {
        use server_key::Column;
        db::retry("forget keys", || async {
            let removed = server_key::Entity::delete_many()
                .filter(
                    Condition::any()
                        .add(
                            Condition::all()
                                .add(Column::Kept.eq(0))
                                .add(Column::DeliveredUntil.lt(now_ms)),
                        )
                        .add(
                            Condition::all()
                                .add(Column::Kept.eq(0))
                                .add(Column::DeliveredUntil.is_null())
                                .add(Column::CreatedAt.lt(now_ms - UNFETCHED_FOR_MS))
                                .add(is_of_request(&OPEN).not())
                                .add(is_of_request_after(now_ms - UNFETCHED_FOR_MS).not()),
                        )
                        .add(
                            Condition::all()
                                .add(Column::DeliveredUntil.is_null())
                                .add(is_of_request(&ENDED)),
                        ),
                )
                .exec(&self.connection)
                .await
                .map_err(StoreError::at("forget keys"))?;
            Ok::<_, StoreError>(removed.rows_affected)
        })
        .await
    }
}

const OPEN: [RequestState; 2] = [RequestState::PendingApproval, RequestState::Approved];
const ENDED: [RequestState; 2] = [RequestState::Declined, RequestState::Failed];

/// Whether the request of a key has a row in one of these states.
fn is_of_request(states: &[RequestState]) -> sea_orm::sea_query::SimpleExpr {
    let ids = request::Entity::find()
        .select_only()
        .column(request::Column::Id)
        .filter(request::Column::State.is_in(states.iter().map(|state| state.as_str())))
        .into_query();
    server_key::Column::RequestId.in_subquery(ids)
}

/// Whether something became of the request of a key since: who waited long for a decision may fetch it as long after that.
fn is_of_request_after(since_ms: i64) -> sea_orm::sea_query::SimpleExpr {
    let ids = request::Entity::find()
        .select_only()
        .column(request::Column::Id)
        .filter(request::Column::UpdatedAt.gte(since_ms))
        .into_query();
    server_key::Column::RequestId.in_subquery(ids)
}

fn digest_of(public_key: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, public_key))
}

fn read(row: server_key::Model) -> Result<ServerKey, StoreError> {
    let broken = |column| StoreError::inconsistent(TABLE, &row.request_id, column);
    Ok(ServerKey {
        request_id: row.request_id.parse().map_err(|_| broken("request_id"))?,
        algorithm: row
            .key_algorithm
            .parse()
            .map_err(|_| broken("key_algorithm"))?,
        realm: row.realm.parse().map_err(|_| broken("realm"))?,
        policy: row.policy.parse().map_err(|_| broken("policy"))?,
        requester: row.requester.parse().map_err(|_| broken("requester"))?,
        kept: row.kept != 0,
        approvals: u32::try_from(row.approvals).map_err(|_| broken("approvals"))?,
        created_at_ms: row.created_at,
        delivered_until_ms: row.delivered_until,
        public_key: row.public_key,
        sealed: row.sealed,
    })
}
