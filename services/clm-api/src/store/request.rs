//! Requests that wait for a person, or failed. States change by compare and set: of two deciders one wins.

use ers_runtime::db;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use super::{
    Inserted, NewDelivery, Store, StoreError, delivery,
    entity::request,
    reach::within,
    request_row::{read, row_of},
};
use crate::domain::{
    access::Reach,
    id::{RequestId, Requester},
    page::{Page, PageRequest},
    refusal::Refusal,
    request::{CertificateRequest, RequestCursor, RequestPage, RequestState, Verdict},
};

impl Store {
    /// Keeps a new request with what is to be told of it, unless one of that id is there.
    #[tracing::instrument(name = "db.certificate_request.insert", skip_all)]
    pub async fn insert_request(
        &self,
        new: &CertificateRequest,
        notices: &[NewDelivery],
    ) -> Result<Inserted, StoreError> {
        let act = StoreError::at("keep request");
        let row = row_of(new)?;
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let inserted = request::Entity::insert(row)
            .exec_without_returning(&transaction)
            .await;
        let inserted = Inserted::of(inserted).map_err(&act)?;
        if inserted == Inserted::Yes {
            delivery::insert(&transaction, notices, new.created_at_ms)
                .await
                .map_err(&act)?;
            transaction.commit().await.map_err(&act)?;
        }
        Ok(inserted)
    }

    /// A request, if one of that id has a row.
    #[tracing::instrument(name = "db.certificate_request.find", skip_all)]
    pub async fn find_request(
        &self,
        id: &RequestId,
    ) -> Result<Option<CertificateRequest>, StoreError> {
        request::Entity::find_by_id(id.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find request"))?
            .map(read)
            .transpose()
    }

    /// A page of the requests in a state and by a requester, or of all, newest first.
    #[tracing::instrument(name = "db.certificate_request.list", skip_all)]
    pub async fn list_requests(
        &self,
        state: Option<RequestState>,
        requester: Option<&Requester>,
        reach: &Reach,
        page: &PageRequest<RequestCursor>,
    ) -> Result<RequestPage, StoreError> {
        let act = StoreError::at("list requests");
        let mut query = request::Entity::find().filter(within(
            reach,
            request::Column::Realm,
            request::Column::Policy,
        ));
        if let Some(state) = state {
            query = query.filter(request::Column::State.eq(state.as_str()));
        }
        if let Some(requester) = requester {
            query = query.filter(request::Column::Requester.eq(requester.as_str()));
        }
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        if let Some(after) = &page.after {
            query = query.filter(
                Condition::any()
                    .add(request::Column::CreatedAt.lt(after.created_at_ms))
                    .add(
                        Condition::all()
                            .add(request::Column::CreatedAt.eq(after.created_at_ms))
                            .add(request::Column::Id.lt(after.id.as_str())),
                    ),
            );
        }
        let rows = query
            .order_by_desc(request::Column::CreatedAt)
            .order_by_desc(request::Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let requests: Vec<CertificateRequest> =
            rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(
            requests,
            page.size,
            total,
            CertificateRequest::token,
        ))
    }

    /// Writes down a person's decision and what is to be told of it; false when the request does not wait for one any
    /// more.
    #[tracing::instrument(name = "db.certificate_request.decide", skip_all)]
    pub async fn decide_request(
        &self,
        id: &RequestId,
        verdict: &Verdict,
        notices: &[NewDelivery],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("decide request");
        let to = if verdict.approve {
            RequestState::Approved
        } else {
            RequestState::Declined
        };
        let reason =
            (!verdict.approve).then(|| crate::domain::refusal::RefusalReason::Declined.as_str());
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let updated = request::Entity::update_many()
            .col_expr(request::Column::State, Expr::value(to.as_str()))
            .col_expr(request::Column::UpdatedAt, Expr::value(now_ms))
            .col_expr(request::Column::DecidedAt, Expr::value(now_ms))
            .col_expr(
                request::Column::DecidedBy,
                Expr::value(verdict.actor.as_str()),
            )
            .col_expr(request::Column::RefusalReason, Expr::value(reason))
            .col_expr(
                request::Column::Detail,
                Expr::value(verdict.comment.as_str()),
            )
            .filter(request::Column::Id.eq(id.as_str()))
            .filter(request::Column::State.eq(RequestState::PendingApproval.as_str()))
            .exec(&transaction)
            .await
            .map_err(&act)?;
        if updated.rows_affected != 1 {
            return Ok(false);
        }
        delivery::insert(&transaction, notices, now_ms)
            .await
            .map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(true)
    }

    /// Writes down what became of an approved request: issued, or refused by CARA. Nothing changes when it stands
    /// there already.
    #[tracing::instrument(name = "db.certificate_request.finish", skip_all)]
    pub async fn finish_request(
        &self,
        id: &RequestId,
        refusal: Option<&Refusal>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let to = if refusal.is_some() {
            RequestState::Failed
        } else {
            RequestState::Issued
        };
        let mut update = request::Entity::update_many()
            .col_expr(request::Column::State, Expr::value(to.as_str()))
            .col_expr(request::Column::UpdatedAt, Expr::value(now_ms));
        if let Some(refusal) = refusal {
            update = update
                .col_expr(
                    request::Column::RefusalReason,
                    Expr::value(refusal.reason.as_str()),
                )
                .col_expr(
                    request::Column::Detail,
                    Expr::value(refusal.detail.as_str()),
                );
        }
        update
            .filter(request::Column::Id.eq(id.as_str()))
            .filter(request::Column::State.eq(RequestState::Approved.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("finish request"))?;
        Ok(())
    }
}
