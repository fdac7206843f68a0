//! Who holds the one active certificate of a policy that wants one at most. Claims change by compare and set: of two
//! requests at the same moment one wins.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::Expr,
};

use super::{
    Inserted, Store, StoreError,
    certificate::read,
    entity::{active_claim, certificate},
};
use crate::domain::{
    id::RequestId,
    inventory::{IMPORT, InventoryCertificate},
    renewal::{Claim, Holder},
};

impl Store {
    /// The claim of a holder.
    #[tracing::instrument(name = "db.active_claim.find", skip_all)]
    pub async fn find_claim(&self, holder: &Holder) -> Result<Option<Claim>, StoreError> {
        active_claim::Entity::find_by_id(holder.digest())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find claim"))?
            .map(|row| {
                let request_id = row.request_id.parse().map_err(|_| {
                    StoreError::inconsistent("active_claim", &row.holder, "request_id")
                })?;
                Ok(Claim {
                    request_id,
                    claimed_at_ms: row.claimed_at,
                })
            })
            .transpose()
    }

    /// Claims for a request, in the place of the claim that was read; false when another one came first.
    #[tracing::instrument(name = "db.active_claim.claim", skip_all)]
    pub async fn claim(
        &self,
        holder: &Holder,
        request_id: &RequestId,
        before: Option<&Claim>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("claim");
        let Some(before) = before else {
            let row = active_claim::ActiveModel {
                holder: Set(holder.digest()),
                request_id: Set(request_id.to_string()),
                claimed_at: Set(now_ms),
            };
            let inserted = active_claim::Entity::insert(row)
                .exec_without_returning(&self.connection)
                .await;
            return Ok(Inserted::of(inserted).map_err(act)? == Inserted::Yes);
        };
        let updated = active_claim::Entity::update_many()
            .col_expr(
                active_claim::Column::RequestId,
                Expr::value(request_id.as_str()),
            )
            .col_expr(active_claim::Column::ClaimedAt, Expr::value(now_ms))
            .filter(active_claim::Column::Holder.eq(holder.digest()))
            .filter(active_claim::Column::RequestId.eq(before.request_id.as_str()))
            .exec(&self.connection)
            .await
            .map_err(act)?;
        Ok(updated.rows_affected == 1)
    }

    /// A few active certificates of a holder, from before the policy wanted one at most.
    #[tracing::instrument(name = "db.inventory_certificate.find_active", skip_all)]
    pub async fn find_active_of(
        &self,
        holder: &Holder,
        now_ms: i64,
    ) -> Result<Option<InventoryCertificate>, StoreError> {
        let mut query = certificate::Entity::find()
            .filter(certificate::Column::Policy.eq(holder.policy.as_str()))
            .filter(certificate::Column::EndEntity.eq(holder.end_entity.as_str()))
            .filter(certificate::Column::RevokedAt.is_null())
            .filter(certificate::Column::Protocol.ne(IMPORT))
            .filter(certificate::Column::NotAfter.gte(now_ms));
        if holder.end_entity.is_empty() {
            query = query.filter(certificate::Column::Subject.eq(holder.subject.as_str()));
        }
        query
            .limit(1)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find active certificate"))?
            .map(|row| read(row).map(|entry| entry.certificate))
            .transpose()
    }
}
