//! Certificates counted for an overview. One statement counts all stretches of a kind in one pass over their range.

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{CaseStatement, Expr, Func},
};

use super::{
    Store, StoreError,
    certificate_condition::in_state,
    entity::{certificate, request},
    reach::within,
};
use crate::domain::{
    inventory::CertificateState,
    request::RequestState,
    statistics::{Bucket, Span, Statistics},
};

const ACT: &str = "count certificates";

impl Store {
    /// The numbers of a realm, or of all.
    #[tracing::instrument(name = "db.inventory_certificate.count", skip_all)]
    pub async fn count_certificates(&self, span: &Span) -> Result<Statistics, StoreError> {
        let valid = in_state(CertificateState::Valid, span.now_ms);
        Ok(Statistics {
            valid: self.count_in(CertificateState::Valid, span).await?,
            revoked: self.count_in(CertificateState::Revoked, span).await?,
            expired: self.count_in(CertificateState::Expired, span).await?,
            waiting: self.count_waiting(span).await?,
            issued: self
                .fill(
                    certificate::Column::IssuedAt,
                    Condition::all(),
                    span.days(),
                    span,
                )
                .await?,
            expiring: self
                .fill(certificate::Column::NotAfter, valid, span.weeks(), span)
                .await?,
        })
    }

    async fn count_in(&self, state: CertificateState, span: &Span) -> Result<u64, StoreError> {
        certificate::Entity::find()
            .filter(in_state(state, span.now_ms))
            .filter(seen(span))
            .apply_if(span.realm.as_ref(), |query, realm| {
                query.filter(certificate::Column::Realm.eq(realm.as_str()))
            })
            .count(&self.connection)
            .await
            .map_err(StoreError::at(ACT))
    }

    async fn count_waiting(&self, span: &Span) -> Result<u64, StoreError> {
        request::Entity::find()
            .filter(request::Column::State.eq(RequestState::PendingApproval.as_str()))
            .filter(within(
                &span.waiting_reach,
                request::Column::Realm,
                request::Column::Policy,
            ))
            .apply_if(span.realm.as_ref(), |query, realm| {
                query.filter(request::Column::Realm.eq(realm.as_str()))
            })
            .count(&self.connection)
            .await
            .map_err(StoreError::at("count requests"))
    }

    /// Counts the certificates whose time falls into each stretch; the stretches are in order.
    async fn fill(
        &self,
        time: certificate::Column,
        which: Condition,
        mut buckets: Vec<Bucket>,
        span: &Span,
    ) -> Result<Vec<Bucket>, StoreError> {
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
            return Ok(buckets);
        };
        let mut query = certificate::Entity::find()
            .select_only()
            .filter(which)
            .filter(seen(span))
            .filter(time.gte(first.begins_ms))
            .filter(time.lt(last.ends_ms))
            .apply_if(span.realm.as_ref(), |query, realm| {
                query.filter(certificate::Column::Realm.eq(realm.as_str()))
            })
            .into_query();
        for bucket in &buckets {
            let inside = Condition::all()
                .add(time.gte(bucket.begins_ms))
                .add(time.lt(bucket.ends_ms));
            // COUNT leaves NULL out, and is a 64-bit integer in every database; SUM is not.
            let one: Expr = CaseStatement::new().case(inside, 1).into();
            query.expr(Func::count(one));
        }
        let failed = StoreError::at(ACT);
        let row = self.connection.query_one(&query).await.map_err(&failed)?;
        let Some(row) = row else { return Ok(buckets) };
        for (index, bucket) in buckets.iter_mut().enumerate() {
            let count: i64 = row.try_get_by_index(index).map_err(&failed)?;
            bucket.count = u64::try_from(count).unwrap_or(0);
        }
        Ok(buckets)
    }
}

fn seen(span: &Span) -> Condition {
    within(
        &span.reach,
        certificate::Column::Realm,
        certificate::Column::Policy,
    )
}
