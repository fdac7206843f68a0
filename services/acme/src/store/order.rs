//! Orders.

use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait as _, UpdateMany,
};
use time::OffsetDateTime;

use super::model::order::{ActiveModel, Column, Entity, Model};
use super::writer::{Change, NewOrder};
use super::{Store, StoreError, authorization, challenge};
use crate::domain::authorization::Authorization;
use crate::domain::certificate_id::CertificateId;
use crate::domain::directory::Directory;
use crate::domain::id::{AccountId, AuthorizationId, OrderId};
use crate::domain::identifier::Identifier;
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
    /// What renewal information names it by.
    pub id: Option<CertificateId>,
}

/// An order whose certificate is to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Its names.
    pub identifiers: Vec<Identifier>,
    /// PEM: its certificate, then the chain.
    pub chain: String,
    /// The newest order that replaces it.
    pub replaced_by: Option<OrderId>,
}

/// An order in memory, with its certificate and chain, PEM.
#[derive(Debug, Clone)]
pub(super) struct KnownOrder {
    order: Order,
    chain: Option<String>,
}

impl Store {
    /// Adds an order with its new authorizations and their challenges, all or nothing.
    #[tracing::instrument(name = "db.acme_order.insert", level = "debug", skip_all, fields(order_id = %order.id))]
    pub async fn insert_order(
        &self,
        order: &Order,
        authorizations: &[Authorization],
    ) -> Result<(), StoreError> {
        let rows = new_order(order, authorizations);
        let known = KnownOrder {
            order: as_in_row(order),
            chain: None,
        };
        let (store, authorizations) = (self.clone(), authorizations.to_vec());
        self.writer
            .write(Change::Order(Box::new(rows)), move |_| {
                store.orders.add(&known.order.id.clone(), || known);
                store.add_authorizations(&authorizations);
            })
            .await?;
        Ok(())
    }

    /// Adds an order that replaces the certificate of another one; false, and nothing is added, when another order came
    /// before.
    #[tracing::instrument(name = "db.acme_order.insert_replacement", level = "debug", skip_all, fields(order_id = %order.id))]
    pub async fn insert_replacement(
        &self,
        order: &Order,
        authorizations: &[Authorization],
        predecessor: &Predecessor,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "insert replacing order";
        let failed = || StoreError::database(ACT);
        db::retry(ACT, || async {
            let transaction = db::begin(&self.db).await.map_err(failed())?;
            let still = match &predecessor.replaced_by {
                Some(id) => Column::ReplacedBy.eq(id.as_str()),
                None => Column::ReplacedBy.is_null(),
            };
            let marked = Entity::update_many()
                .col_expr(Column::ReplacedBy, Expr::value(order.id.as_str()))
                .filter(Column::Id.eq(predecessor.order_id.as_str()))
                .filter(still)
                .exec(&transaction)
                .await
                .map_err(failed())?;
            if marked.rows_affected != 1 {
                return Ok(false);
            }
            let rows = new_order(order, authorizations);
            insert_all(&transaction, vec![rows.order]).await?;
            authorization::insert_all(&transaction, rows.authorizations).await?;
            challenge::insert_all(&transaction, rows.challenges).await?;
            transaction.commit().await.map_err(failed())?;
            Ok(true)
        })
        .await
    }

    /// The order that got the certificate of that name.
    #[tracing::instrument(name = "db.acme_order.find_predecessor", level = "debug", skip_all)]
    pub async fn find_predecessor(
        &self,
        certificate_id: &CertificateId,
    ) -> Result<Option<Predecessor>, StoreError> {
        let row = Entity::find()
            .filter(Column::CertificateId.eq(certificate_id.as_str()))
            .one(&self.db)
            .await
            .map_err(StoreError::database("find order of certificate"))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let replaced_by = row.replaced_by.as_deref().and_then(OrderId::parse);
        let chain = row.certificate_chain.clone().unwrap_or_default();
        let order = order(row)?;
        Ok(Some(Predecessor {
            order_id: order.id,
            account_id: order.account_id,
            identifiers: order.identifiers,
            chain,
            replaced_by,
        }))
    }

    /// The order of an id.
    #[tracing::instrument(name = "db.acme_order.find", level = "debug", skip_all, fields(order_id = %id))]
    pub async fn find_order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.know_order(id).await?.map(|known| known.order))
    }

    async fn know_order(&self, id: &OrderId) -> Result<Option<KnownOrder>, StoreError> {
        if let Some(known) = self.orders.find(id) {
            return Ok(Some(known));
        }
        let read_at = self.orders.read_at();
        let row = Entity::find_by_id(id.as_str()).one(&self.db).await;
        let Some(row) = row.map_err(StoreError::database("find order"))? else {
            return Ok(None);
        };
        let known = KnownOrder {
            chain: row.certificate_chain.clone(),
            order: order(row)?,
        };
        self.orders.keep(id, &known, read_at);
        Ok(Some(known))
    }

    /// Whose an order is, and its certificate with its chain, PEM, when it has one.
    #[tracing::instrument(name = "db.acme_order.find_chain", level = "debug", skip_all, fields(order_id = %id))]
    pub async fn find_chain(
        &self,
        id: &OrderId,
    ) -> Result<Option<(AccountId, Option<String>)>, StoreError> {
        let known = self.know_order(id).await?;
        Ok(known.map(|known| (known.order.account_id, known.chain)))
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

    /// Orders of an account that are not invalid, oldest first, after the one given.
    #[tracing::instrument(name = "db.acme_order.list", level = "debug", skip_all)]
    pub async fn list_orders(
        &self,
        account_id: &AccountId,
        after: Option<&OrderId>,
        limit: u64,
    ) -> Result<Vec<OrderId>, StoreError> {
        let mut wanted = Condition::all()
            .add(Column::AccountId.eq(account_id.as_str()))
            .add(Column::State.ne(OrderState::Invalid.as_str()));
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

    /// One of `from` → invalid.
    pub async fn mark_invalid(
        &self,
        id: &OrderId,
        from: &[OrderState],
        problem: &Problem,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let error = serde_json::to_string(problem).unwrap_or_default();
        let changing = self.orders.changing(id);
        let to = OrderState::Invalid;
        let update = moved(id, from, to, now, "refuse").col_expr(Column::Error, Expr::value(error));
        // read again
        self.write(update, move |_| drop(changing)).await
    }

    /// pending | ready → processing, with the CSR that it will keep. That an order is ready shows in its authorizations.
    pub async fn begin_processing(
        &self,
        id: &OrderId,
        csr: &[u8],
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let from = [OrderState::Pending, OrderState::Ready];
        let to = OrderState::Processing;
        let update =
            moved(id, &from, to, now, "finalize").col_expr(Column::Csr, Expr::value(csr.to_vec()));
        let (changing, csr) = (self.orders.changing(id), csr.to_vec());
        self.write(update, move |is_moved| {
            if is_moved {
                changing.done(|known| {
                    known.order.state = to;
                    known.order.csr = Some(csr);
                });
            }
        })
        .await
    }

    /// processing → valid.
    pub async fn complete(
        &self,
        id: &OrderId,
        issued: &IssuedChain,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let to = OrderState::Valid;
        let certificate_id = issued.id.as_ref().map(CertificateId::as_str);
        let update = moved(id, &[OrderState::Processing], to, now, "finalize")
            .col_expr(Column::CertificateChain, Expr::value(issued.pem.as_str()))
            .col_expr(
                Column::CertificateFingerprint,
                Expr::value(issued.fingerprint.as_str()),
            )
            .col_expr(Column::CertificateId, Expr::value(certificate_id));
        let (changing, chain) = (self.orders.changing(id), issued.pem.clone());
        self.write(update, move |is_moved| {
            if is_moved {
                changing.done(|known| {
                    known.order.state = to;
                    known.chain = Some(chain);
                });
            }
        })
        .await
    }

    #[tracing::instrument(name = "db.acme_order.update", level = "debug", skip_all)]
    async fn write(
        &self,
        update: UpdateMany<Entity>,
        then: impl FnOnce(bool) + Send + 'static,
    ) -> Result<bool, StoreError> {
        let change = Change::Update(Box::new(update.into_query()), None);
        self.writer.write(change, then).await
    }
}

/// From one of these states to that one.
fn moved(
    id: &OrderId,
    from: &[OrderState],
    to: OrderState,
    now: OffsetDateTime,
    flow: &'static str,
) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
        .col_expr(Column::UpdatedBy, Expr::value(flow))
        .filter(Column::Id.eq(id.as_str()))
        .filter(Column::State.is_in(from.iter().map(|state| state.as_str())))
}

pub(super) async fn insert_all(
    db: &impl ConnectionTrait,
    rows: Vec<ActiveModel>,
) -> Result<(), StoreError> {
    db::insert_all(db, rows)
        .await
        .map_err(StoreError::database("insert orders"))
}

fn new_order(order: &Order, authorizations: &[Authorization]) -> NewOrder {
    NewOrder {
        order: row(order),
        authorizations: authorization::rows(authorizations, order.created_at),
        challenges: challenge::rows(authorizations, order.created_at),
    }
}

fn row(order: &Order) -> ActiveModel {
    let ids: Vec<&str> = order
        .authorizations
        .iter()
        .map(AuthorizationId::as_str)
        .collect();
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
        authorizations: Set(Some(serde_json::Value::from(ids).to_string())),
        profile: Set(order.profile.clone()),
        replaces: Set(order.replaces.as_ref().map(CertificateId::to_string)),
        certificate_id: Set(None),
        replaced_by: Set(None),
        created_at: Set(to_ms(order.created_at)),
        updated_at: Set(to_ms(order.created_at)),
        updated_by: Set("new-order".to_owned()),
    }
}

/// With times as a row has them.
fn as_in_row(order: &Order) -> Order {
    let rounded = |time| from_ms(to_ms(time));
    Order {
        not_before: order.not_before.map(rounded),
        not_after: order.not_after.map(rounded),
        created_at: rounded(order.created_at),
        expires_at: rounded(order.expires_at),
        ..order.clone()
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
    let ids: Vec<String> = match &row.authorizations {
        Some(ids) => serde_json::from_str(ids).map_err(|_| wrong("authorizations")())?,
        None => Vec::new(),
    };
    let replaces = row.replaces.as_deref().map(|id| {
        let wrong = wrong("replaces");
        CertificateId::parse(id).ok_or_else(wrong)
    });
    Ok(Order {
        authorizations: ids
            .iter()
            .filter_map(|id| AuthorizationId::parse(id))
            .collect(),
        replaces: replaces.transpose()?,
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
        profile: row.profile,
        directory: Directory::from_row(row.directory),
    })
}
