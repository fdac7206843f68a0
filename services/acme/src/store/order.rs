//! Orders.

use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    UpdateMany,
};
use time::OffsetDateTime;

use super::model::order::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, authorization, challenge};
use crate::domain::authorization::Authorization;
use crate::domain::directory::Directory;
use crate::domain::id::{AccountId, OrderId};
use crate::domain::order::{Order, OrderState};
use crate::domain::problem::Problem;

const TABLE: &str = "acme_order";

/// A certificate that an order got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedChain {
    /// PEM: the certificate, then its chain without the root.
    pub pem: String,
    /// SHA-256 of the certificate, lower-case hex.
    pub fingerprint: String,
}

impl Store {
    /// Adds an order with its authorizations and their challenges, all or nothing.
    #[tracing::instrument(name = "db.acme_order.insert", level = "debug", skip_all, fields(order_id = %order.id))]
    pub async fn insert_order(
        &self,
        order: &Order,
        authorizations: &[Authorization],
    ) -> Result<(), StoreError> {
        db::retry("insert order", || {
            self.try_insert_order(order, authorizations)
        })
        .await
    }

    async fn try_insert_order(
        &self,
        order: &Order,
        authorizations: &[Authorization],
    ) -> Result<(), StoreError> {
        let failed = || StoreError::database("insert order");
        let transaction = db::begin(&self.db).await.map_err(failed())?;
        Entity::insert(row(order))
            .exec_without_returning(&transaction)
            .await
            .map_err(failed())?;
        authorization::insert(authorizations, order.created_at, &transaction).await?;
        challenge::insert(authorizations, order.created_at, &transaction).await?;
        transaction.commit().await.map_err(failed())
    }

    /// The order of an id.
    #[tracing::instrument(name = "db.acme_order.find", level = "debug", skip_all, fields(order_id = %id))]
    pub async fn find_order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(&self.db).await;
        row.map_err(StoreError::database("find order"))?
            .map(order)
            .transpose()
    }

    /// The certificate of an order with its chain, PEM.
    #[tracing::instrument(name = "db.acme_order.find_chain", level = "debug", skip_all, fields(order_id = %id))]
    pub async fn find_chain(&self, id: &OrderId) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = Entity::find_by_id(id.as_str())
            .select_only()
            .column(Column::CertificateChain)
            .into_tuple()
            .one(&self.db)
            .await
            .map_err(StoreError::database("find certificate"))?;
        Ok(found.flatten())
    }

    /// The account whose order got the certificate.
    #[tracing::instrument(name = "db.acme_order.find_owner", level = "debug", skip_all)]
    pub async fn find_owner(
        &self,
        certificate_fingerprint: &str,
    ) -> Result<Option<AccountId>, StoreError> {
        let found: Option<String> = Entity::find()
            .select_only()
            .column(Column::AccountId)
            .filter(Column::CertificateFingerprint.eq(certificate_fingerprint))
            .into_tuple()
            .one(&self.db)
            .await
            .map_err(StoreError::database("find owner of certificate"))?;
        Ok(found.as_deref().and_then(AccountId::parse))
    }

    /// Orders of an account, oldest first, after the one given.
    #[tracing::instrument(name = "db.acme_order.list", level = "debug", skip_all)]
    pub async fn list_orders(
        &self,
        account_id: &AccountId,
        after: Option<&OrderId>,
        limit: u64,
    ) -> Result<Vec<OrderId>, StoreError> {
        let mut wanted = Condition::all().add(Column::AccountId.eq(account_id.as_str()));
        if let Some(after) = after
            && let Some(last) = self.find_order(after).await?
        {
            let created_at = to_ms(last.created_at);
            wanted = wanted.add(
                Condition::any().add(Column::CreatedAt.gt(created_at)).add(
                    Column::CreatedAt
                        .eq(created_at)
                        .and(Column::Id.gt(after.as_str())),
                ),
            );
        }
        let ids: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(wanted)
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.db)
            .await
            .map_err(StoreError::database("list orders"))?;
        Ok(ids.iter().filter_map(|id| OrderId::parse(id)).collect())
    }

    /// pending → ready.
    pub async fn mark_ready(&self, id: &OrderId, now: OffsetDateTime) -> Result<bool, StoreError> {
        self.move_order(
            id,
            &[OrderState::Pending],
            OrderState::Ready,
            now,
            "settle",
            |update| update,
        )
        .await
    }

    /// One of `from` → invalid.
    pub async fn mark_invalid(
        &self,
        id: &OrderId,
        from: &[OrderState],
        problem: &Problem,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let error = serde_json::to_string(problem).unwrap_or_default();
        self.move_order(id, from, OrderState::Invalid, now, "refuse", |update| {
            update.col_expr(Column::Error, Expr::value(error))
        })
        .await
    }

    /// ready → processing, with the CSR that it will keep.
    pub async fn begin_processing(
        &self,
        id: &OrderId,
        csr: &[u8],
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.move_order(
            id,
            &[OrderState::Ready],
            OrderState::Processing,
            now,
            "finalize",
            |update| update.col_expr(Column::Csr, Expr::value(csr.to_vec())),
        )
        .await
    }

    /// processing → valid.
    pub async fn complete(
        &self,
        id: &OrderId,
        issued: &IssuedChain,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.move_order(
            id,
            &[OrderState::Processing],
            OrderState::Valid,
            now,
            "finalize",
            |update| {
                update
                    .col_expr(Column::CertificateChain, Expr::value(issued.pem.as_str()))
                    .col_expr(
                        Column::CertificateFingerprint,
                        Expr::value(issued.fingerprint.as_str()),
                    )
            },
        )
        .await
    }

    #[tracing::instrument(name = "db.acme_order.update", level = "debug", skip_all, fields(order_id = %id, to = to.as_str()))]
    async fn move_order(
        &self,
        id: &OrderId,
        from: &[OrderState],
        to: OrderState,
        now: OffsetDateTime,
        flow: &'static str,
        also: impl FnOnce(UpdateMany<Entity>) -> UpdateMany<Entity> + Send,
    ) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(to.as_str()))
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .col_expr(Column::UpdatedBy, Expr::value(flow));
        let updated = also(update)
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.is_in(from.iter().map(|state| state.as_str())))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("update order"))?;
        Ok(updated.rows_affected == 1)
    }
}

fn row(order: &Order) -> ActiveModel {
    ActiveModel {
        id: Set(order.id.to_string()),
        account_id: Set(order.account_id.to_string()),
        directory: Set(order.directory.policy().to_owned()),
        policy: Set(order.policy.clone()),
        state: Set(order.state.as_str().to_owned()),
        identifiers: Set(serde_json::to_string(&order.identifiers).unwrap_or_default()),
        not_before: Set(order.not_before.map(to_ms)),
        not_after: Set(order.not_after.map(to_ms)),
        expires_at: Set(to_ms(order.expires_at)),
        error: Set(None),
        csr: Set(None),
        certificate_chain: Set(None),
        certificate_fingerprint: Set(None),
        created_at: Set(to_ms(order.created_at)),
        updated_at: Set(to_ms(order.created_at)),
        updated_by: Set("new-order".to_owned()),
    }
}

fn order(row: Model) -> Result<Order, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    let error = row
        .error
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| wrong("error")())?;
    Ok(Order {
        id: OrderId::parse(&row.id).ok_or_else(wrong("id"))?,
        account_id: AccountId::parse(&row.account_id).ok_or_else(wrong("account_id"))?,
        state: OrderState::find(&row.state).ok_or_else(wrong("state"))?,
        identifiers: serde_json::from_str(&row.identifiers).map_err(|_| wrong("identifiers")())?,
        not_before: row.not_before.map(from_ms),
        not_after: row.not_after.map(from_ms),
        created_at: from_ms(row.created_at),
        expires_at: from_ms(row.expires_at),
        error,
        csr: row.csr,
        policy: row.policy,
        directory: Directory::from_row(row.directory),
    })
}
