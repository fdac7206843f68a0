//! Authorizations, with their challenges where those are asked for.

use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db;
use sea_orm::sea_query::{Expr, UpdateStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, UpdateMany,
};
use time::OffsetDateTime;

use super::model::authorization::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, challenge};
use crate::domain::authorization::{Authorization, AuthorizationState, Proof};
use crate::domain::challenge::{Challenge, ChallengeKind};
use crate::domain::id::{AccountId, AuthorizationId, OrderId};
use crate::domain::identifier::{Identifier, RawIdentifier};

const TABLE: &str = "acme_authorization";
/// Proven authorizations that are looked at to find those that may serve again.
const MOST_PROVEN: u64 = 1000;

impl Store {
    /// The authorization of an id with its challenges.
    #[tracing::instrument(name = "db.acme_authorization.find", level = "debug", skip_all)]
    pub async fn find_authorization(
        &self,
        id: &AuthorizationId,
    ) -> Result<Option<Authorization>, StoreError> {
        let ids = std::slice::from_ref(id);
        Ok(self.list_authorizations(ids).await?.pop())
    }

    /// Authorizations with their challenges, in the order of the ids; those that are not there are left out.
    #[tracing::instrument(name = "db.acme_authorization.list", level = "debug", skip_all)]
    pub async fn list_authorizations(
        &self,
        ids: &[AuthorizationId],
    ) -> Result<Vec<Authorization>, StoreError> {
        let known: Vec<_> = ids
            .iter()
            .map_while(|id| self.authorizations.find(id))
            .collect();
        if known.len() == ids.len() {
            return Ok(known);
        }
        let read_at = self.authorizations.read_at();
        let rows = Entity::find()
            .filter(Column::Id.is_in(ids.iter().map(AuthorizationId::as_str)))
            .find_with_related(super::model::challenge::Entity)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list authorizations"))?;
        let mut found = Vec::with_capacity(rows.len());
        for (row, challenges) in rows {
            found.push(authorization(&row, challenge::read(challenges)?)?);
        }
        for found in &found {
            self.authorizations.keep(&found.id, found, read_at);
        }
        let place = |found: &Authorization| ids.iter().position(|id| *id == found.id);
        found.sort_by_key(place);
        Ok(found)
    }

    /// The authorizations of an order that does not name them itself, in the order of its identifiers.
    pub async fn list_authorizations_of(
        &self,
        order_id: &OrderId,
    ) -> Result<Vec<AuthorizationId>, StoreError> {
        let ids: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::OrderId.eq(order_id.as_str()))
            .order_by_asc(Column::Position)
            .into_tuple()
            .all(&self.db)
            .await
            .map_err(StoreError::database("list authorizations of an order"))?;
        Ok(ids
            .iter()
            .filter_map(|id| AuthorizationId::parse(id))
            .collect())
    }

    /// Authorizations of an account that were proven for any of the names, wildcard or not, without their challenges.
    #[tracing::instrument(name = "db.acme_authorization.list_proven", level = "debug", skip_all)]
    pub async fn list_proven(
        &self,
        account_id: &AccountId,
        names: &[Identifier],
    ) -> Result<Vec<Authorization>, StoreError> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account_id.as_str()))
            .filter(Column::State.eq(AuthorizationState::Valid.as_str()))
            .filter(Column::IdentifierValue.is_in(names.iter().map(|name| name.base().value())))
            .order_by_desc(Column::ExpiresAt)
            .limit(MOST_PROVEN)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list proven authorizations"))?;
        rows.iter()
            .map(|row| authorization(row, Vec::new()))
            .collect()
    }

    /// Adds an authorization that belongs to no order.
    #[tracing::instrument(name = "db.acme_authorization.insert", level = "debug", skip_all)]
    pub async fn insert_authorization(
        &self,
        authorization: &Authorization,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        const ACT: &str = "insert authorization";
        let failed = || StoreError::database(ACT);
        db::retry(ACT, || async {
            let transaction = db::begin(&self.db).await.map_err(failed())?;
            let one = std::slice::from_ref(authorization);
            insert_all(&transaction, rows(one, now)).await?;
            challenge::insert_all(&transaction, challenge::rows(one, now)).await?;
            transaction.commit().await.map_err(failed())
        })
        .await?;
        self.add_authorizations(std::slice::from_ref(authorization));
        Ok(())
    }

    /// Those are in the database now.
    pub(super) fn add_authorizations(&self, authorizations: &[Authorization]) {
        for made in authorizations {
            self.authorizations.add(&made.id, || Authorization {
                expires_at: from_ms(to_ms(made.expires_at)),
                ..made.clone()
            });
            for challenge in &made.challenges {
                self.challenges.add(&challenge.id, || made.id.clone());
            }
        }
    }

    /// pending | valid → deactivated; false: it was neither.
    #[tracing::instrument(name = "db.acme_authorization.deactivate", level = "debug", skip_all)]
    pub async fn deactivate_authorization(
        &self,
        id: &AuthorizationId,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let open = [
            AuthorizationState::Pending.as_str(),
            AuthorizationState::Valid.as_str(),
        ];
        let _changing = self.authorizations.changing(id);
        let updated = updated("deactivate-authorization", now)
            .col_expr(
                Column::State,
                Expr::value(AuthorizationState::Deactivated.as_str()),
            )
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.is_in(open))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("deactivate authorization"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Keeps that CAA allowed to issue.
    #[tracing::instrument(name = "db.acme_authorization.caa", level = "debug", skip_all)]
    pub async fn keep_caa_checked(
        &self,
        ids: &[AuthorizationId],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let _changing: Vec<_> = ids
            .iter()
            .map(|id| self.authorizations.changing(id))
            .collect();
        updated("finalize", now)
            .col_expr(Column::CaaCheckedAt, Expr::value(to_ms(now)))
            .filter(Column::Id.is_in(ids.iter().map(AuthorizationId::as_str)))
            .exec(&self.db)
            .await
            .map(|_| ())
            .map_err(StoreError::database("keep that CAA allows"))
    }
}

/// Rows of new authorizations, in the order of the identifiers of their order.
pub(super) fn rows(authorizations: &[Authorization], now: OffsetDateTime) -> Vec<ActiveModel> {
    let flow = |made: &Authorization| match made.order_id {
        Some(_) => "new-order",
        None => "new-authz",
    };
    authorizations
        .iter()
        .zip(0_i64..)
        .map(|(made, position)| ActiveModel {
            id: Set(made.id.to_string()),
            account_id: Set(made.account_id.to_string()),
            order_id: Set(made
                .order_id
                .as_ref()
                .map(OrderId::to_string)
                .unwrap_or_default()),
            position: Set(position),
            identifier_kind: Set(made.identifier.kind().to_owned()),
            identifier_value: Set(made.identifier.value()),
            wildcard: Set(made.wildcard),
            state: Set(made.stored_state.as_str().to_owned()),
            expires_at: Set(to_ms(made.expires_at)),
            proven_by: Set(None),
            proven_at: Set(None),
            proven_for: Set(None),
            caa_checked_at: Set(None),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set(flow(made).to_owned()),
        })
        .collect()
}

pub(super) async fn insert_all(
    db: &impl ConnectionTrait,
    rows: Vec<ActiveModel>,
) -> Result<(), StoreError> {
    db::insert_all(db, rows)
        .await
        .map_err(StoreError::database("insert authorizations"))
}

/// pending → valid until then.
pub(super) fn valid(
    id: &AuthorizationId,
    proof: &Proof,
    caa_checked: bool,
    until: OffsetDateTime,
) -> UpdateStatement {
    let checked_at = caa_checked.then(|| to_ms(proof.at));
    updated("validate", proof.at)
        .col_expr(
            Column::State,
            Expr::value(AuthorizationState::Valid.as_str()),
        )
        .col_expr(Column::ExpiresAt, Expr::value(to_ms(until)))
        .col_expr(Column::ProvenBy, Expr::value(proof.kind.as_str()))
        .col_expr(Column::ProvenAt, Expr::value(to_ms(proof.at)))
        .col_expr(Column::ProvenFor, Expr::value(proof.thumbprint.as_str()))
        .col_expr(Column::CaaCheckedAt, Expr::value(checked_at))
        .filter(Column::Id.eq(id.as_str()))
        .filter(Column::State.eq(AuthorizationState::Pending.as_str()))
        .into_query()
}

/// pending → invalid.
pub(super) fn invalid(id: &AuthorizationId, now: OffsetDateTime) -> UpdateStatement {
    updated("validate", now)
        .col_expr(
            Column::State,
            Expr::value(AuthorizationState::Invalid.as_str()),
        )
        .filter(Column::Id.eq(id.as_str()))
        .filter(Column::State.eq(AuthorizationState::Pending.as_str()))
        .into_query()
}

fn updated(flow: &'static str, now: OffsetDateTime) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
        .col_expr(Column::UpdatedBy, Expr::value(flow))
}

fn authorization(row: &Model, challenges: Vec<Challenge>) -> Result<Authorization, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    let raw = RawIdentifier {
        kind: row.identifier_kind.clone(),
        value: row.identifier_value.clone(),
    };
    let order_id = match row.order_id.as_str() {
        "" => None,
        id => Some(OrderId::parse(id).ok_or_else(wrong("order_id"))?),
    };
    Ok(Authorization {
        id: AuthorizationId::parse(&row.id).ok_or_else(wrong("id"))?,
        account_id: AccountId::parse(&row.account_id).ok_or_else(wrong("account_id"))?,
        order_id,
        identifier: Identifier::try_from(raw).map_err(|_| wrong("identifier_value")())?,
        wildcard: row.wildcard,
        stored_state: AuthorizationState::find(&row.state).ok_or_else(wrong("state"))?,
        expires_at: from_ms(row.expires_at),
        proof: proof(row)?,
        caa_checked_at: row.caa_checked_at.map(from_ms),
        challenges,
    })
}

fn proof(row: &Model) -> Result<Option<Proof>, StoreError> {
    let (Some(kind), Some(at), Some(thumbprint)) = (&row.proven_by, row.proven_at, &row.proven_for)
    else {
        return Ok(None);
    };
    let wrong = StoreError::inconsistent(TABLE, &row.id, "proven_by");
    Ok(Some(Proof {
        kind: ChallengeKind::find(kind).ok_or_else(wrong)?,
        at: from_ms(at),
        thumbprint: thumbprint.clone(),
    }))
}
