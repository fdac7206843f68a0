//! Authorizations, always together with their challenges.

use std::collections::HashMap;

use ers_runtime::clock::{from_ms, to_ms};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use time::OffsetDateTime;

use super::model::authorization::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, challenge};
use crate::domain::authorization::{Authorization, AuthorizationState};
use crate::domain::challenge::Challenge;
use crate::domain::id::{AccountId, AuthorizationId, OrderId};
use crate::domain::identifier::{Identifier, RawIdentifier};

const TABLE: &str = "acme_authorization";

impl Store {
    /// The authorization of an id.
    #[tracing::instrument(name = "db.acme_authorization.find", level = "debug", skip_all)]
    pub async fn find_authorization(
        &self,
        id: &AuthorizationId,
    ) -> Result<Option<Authorization>, StoreError> {
        let row = Entity::find_by_id(id.as_str()).one(&self.db).await;
        let rows: Vec<Model> = row
            .map_err(StoreError::database("find authorization"))?
            .into_iter()
            .collect();
        Ok(self.with_challenges(rows).await?.pop())
    }

    /// The authorizations of an order, in the order of its identifiers.
    #[tracing::instrument(name = "db.acme_authorization.list", level = "debug", skip_all, fields(order_id = %order_id))]
    pub async fn list_authorizations(
        &self,
        order_id: &OrderId,
    ) -> Result<Vec<Authorization>, StoreError> {
        let rows = Entity::find()
            .filter(Column::OrderId.eq(order_id.as_str()))
            .order_by_asc(Column::Position)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list authorizations"))?;
        self.with_challenges(rows).await
    }

    /// Authorizations of an account that were proven for any of the names, wildcard or not.
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
            .all(&self.db)
            .await
            .map_err(StoreError::database("list proven authorizations"))?;
        rows.into_iter()
            .map(|row| authorization(&row, Vec::new()))
            .collect()
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
        let updated = Entity::update_many()
            .col_expr(
                Column::State,
                Expr::value(AuthorizationState::Deactivated.as_str()),
            )
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .col_expr(Column::UpdatedBy, Expr::value("deactivate-authorization"))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.is_in(open))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("deactivate authorization"))?;
        Ok(updated.rows_affected == 1)
    }

    async fn with_challenges(&self, rows: Vec<Model>) -> Result<Vec<Authorization>, StoreError> {
        let ids = rows.iter().map(|row| row.id.clone()).collect();
        let mut challenges: HashMap<String, Vec<Challenge>> = HashMap::new();
        for challenge in challenge::list(ids, &self.db).await? {
            challenges
                .entry(challenge.authorization_id.to_string())
                .or_default()
                .push(challenge);
        }
        rows.into_iter()
            .map(|row| {
                let challenges = challenges.remove(&row.id).unwrap_or_default();
                authorization(&row, challenges)
            })
            .collect()
    }
}

pub(super) async fn insert(
    authorizations: &[Authorization],
    now: OffsetDateTime,
    db: &impl ConnectionTrait,
) -> Result<(), StoreError> {
    let rows = authorizations
        .iter()
        .zip(0_i64..)
        .map(|(authorization, position)| ActiveModel {
            id: Set(authorization.id.to_string()),
            account_id: Set(authorization.account_id.to_string()),
            order_id: Set(authorization.order_id.to_string()),
            position: Set(position),
            identifier_kind: Set(authorization.identifier.kind().to_owned()),
            identifier_value: Set(authorization.identifier.value()),
            wildcard: Set(authorization.wildcard),
            state: Set(authorization.stored_state.as_str().to_owned()),
            expires_at: Set(to_ms(authorization.expires_at)),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set("new-order".to_owned()),
        });
    Entity::insert_many(rows)
        .exec_without_returning(db)
        .await
        .map(|_| ())
        .map_err(StoreError::database("insert authorizations"))
}

/// pending → `to`, with a new end when there is one.
pub(super) async fn decide(
    id: &AuthorizationId,
    to: AuthorizationState,
    expires_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
    db: &impl ConnectionTrait,
) -> Result<(), StoreError> {
    let mut update = Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
        .col_expr(Column::UpdatedBy, Expr::value("validate"));
    if let Some(expires_at) = expires_at {
        update = update.col_expr(Column::ExpiresAt, Expr::value(to_ms(expires_at)));
    }
    update
        .filter(Column::Id.eq(id.as_str()))
        .filter(Column::State.eq(AuthorizationState::Pending.as_str()))
        .exec(db)
        .await
        .map(|_| ())
        .map_err(StoreError::database("decide authorization"))
}

fn authorization(row: &Model, challenges: Vec<Challenge>) -> Result<Authorization, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    let raw = RawIdentifier {
        kind: row.identifier_kind.clone(),
        value: row.identifier_value.clone(),
    };
    Ok(Authorization {
        id: AuthorizationId::parse(&row.id).ok_or_else(wrong("id"))?,
        account_id: AccountId::parse(&row.account_id).ok_or_else(wrong("account_id"))?,
        order_id: OrderId::parse(&row.order_id).ok_or_else(wrong("order_id"))?,
        identifier: raw.try_into().map_err(|_| wrong("identifier_value")())?,
        wildcard: row.wildcard,
        stored_state: AuthorizationState::find(&row.state).ok_or_else(wrong("state"))?,
        expires_at: from_ms(row.expires_at),
        challenges,
    })
}
