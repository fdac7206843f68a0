//! Challenges, and who is validating them.

use ers_runtime::clock::{from_ms, to_ms};
use ers_runtime::db;
use sea_orm::sea_query::{Expr, UpdateStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, UpdateMany,
};
use time::OffsetDateTime;

use super::model::challenge::{ActiveModel, Column, Entity, Model};
use super::writer::Change;
use super::{Store, StoreError, authorization};
use crate::domain::authorization::{Authorization, Proof};
use crate::domain::challenge::{Challenge, ChallengeKind, ChallengeState};
use crate::domain::id::{AuthorizationId, ChallengeId};
use crate::domain::problem::Problem;

const TABLE: &str = "acme_challenge";

/// Until when a validation belongs to one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(i64);

impl Claim {
    /// A claim that ends then.
    pub fn until(time: OffsetDateTime) -> Self {
        Self(to_ms(time))
    }
}

/// A validation that is under way, or was when its replica stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingValidation {
    /// The challenge.
    pub challenge: Challenge,
    /// The claim on it.
    pub claim: Claim,
}

impl Store {
    /// The authorization of a challenge, with all of its challenges.
    #[tracing::instrument(name = "db.acme_challenge.find", level = "debug", skip_all)]
    pub async fn find_authorization_of(
        &self,
        id: &ChallengeId,
    ) -> Result<Option<Authorization>, StoreError> {
        if let Some(known) = self.challenges.find(id) {
            return self.find_authorization(&known).await;
        }
        let authorization_id: Option<String> = Entity::find_by_id(id.as_str())
            .select_only()
            .column(Column::AuthorizationId)
            .into_tuple()
            .one(&self.db)
            .await
            .map_err(StoreError::database("find challenge"))?;
        match authorization_id.as_deref().and_then(AuthorizationId::parse) {
            Some(id) => self.find_authorization(&id).await,
            None => Ok(None),
        }
    }

    /// pending → processing, claimed; false: somebody else did it.
    #[tracing::instrument(name = "db.acme_challenge.begin", level = "debug", skip_all)]
    pub async fn begin_validation(
        &self,
        challenge: &Challenge,
        claim: Claim,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let update = moved(ChallengeState::Processing, now)
            .col_expr(Column::ClaimedUntil, Expr::value(claim.0))
            .filter(Column::Id.eq(challenge.id.as_str()))
            .filter(Column::State.eq(ChallengeState::Pending.as_str()))
            .into_query();
        let changing = self.authorizations.changing(&challenge.authorization_id);
        self.writer
            .write(Change::Update(Box::new(update), None), move |_| {
                drop(changing);
            })
            .await
    }

    /// Challenges in processing whose claim ended before `before`, a page of them.
    #[tracing::instrument(name = "db.acme_challenge.list_unclaimed", level = "debug", skip_all)]
    pub async fn list_unclaimed(
        &self,
        before: Claim,
        limit: u64,
    ) -> Result<Vec<PendingValidation>, StoreError> {
        let rows = Entity::find()
            .filter(Column::State.eq(ChallengeState::Processing.as_str()))
            .filter(Column::ClaimedUntil.lt(before.0))
            .order_by_asc(Column::ClaimedUntil)
            .limit(limit)
            .all(&self.db)
            .await
            .map_err(StoreError::database("list validations"))?;
        rows.into_iter()
            .map(|row| {
                let claim = Claim(row.claimed_until.unwrap_or(i64::MIN));
                Ok(PendingValidation {
                    challenge: challenge(row)?,
                    claim,
                })
            })
            .collect()
    }

    /// Takes a validation over from an ended claim; false: somebody else did.
    #[tracing::instrument(name = "db.acme_challenge.claim", level = "debug", skip_all)]
    pub async fn claim_validation(
        &self,
        pending: &PendingValidation,
        claim: Claim,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let _changing = self
            .authorizations
            .changing(&pending.challenge.authorization_id);
        let updated = moved(ChallengeState::Processing, now)
            .col_expr(Column::ClaimedUntil, Expr::value(claim.0))
            .filter(Column::Id.eq(pending.challenge.id.as_str()))
            .filter(Column::State.eq(ChallengeState::Processing.as_str()))
            .filter(Column::ClaimedUntil.eq(pending.claim.0))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("claim validation"))?;
        Ok(updated.rows_affected == 1)
    }

    /// pending | processing → valid, and its authorization pending → valid; false: it was decided already.
    #[tracing::instrument(name = "db.acme_challenge.succeed", level = "debug", skip_all)]
    pub async fn succeed(
        &self,
        challenge: &Challenge,
        proof: &Proof,
        caa_checked: bool,
        authorized_until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let update = moved(ChallengeState::Valid, proof.at)
            .col_expr(Column::ValidatedAt, Expr::value(to_ms(proof.at)));
        let id = &challenge.authorization_id;
        let and = authorization::valid(id, proof, caa_checked, authorized_until);
        let changing = self.authorizations.changing(id);
        let challenge_id = challenge.id.clone();
        // times as a row has them
        let until = from_ms(to_ms(authorized_until));
        let proof = Proof {
            at: from_ms(to_ms(proof.at)),
            ..proof.clone()
        };
        self.decide(challenge, update, and, move |is_decided| {
            if is_decided {
                changing.done(|known| {
                    known.proven(&challenge_id, proof, caa_checked, until);
                });
            }
        })
        .await
    }

    /// pending | processing → invalid, and its authorization pending → invalid; false: it was decided already.
    #[tracing::instrument(name = "db.acme_challenge.fail", level = "debug", skip_all)]
    pub async fn fail(
        &self,
        challenge: &Challenge,
        problem: &Problem,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let error = serde_json::to_string(problem).unwrap_or_default();
        let update =
            moved(ChallengeState::Invalid, now).col_expr(Column::Error, Expr::value(error));
        let and = authorization::invalid(&challenge.authorization_id, now);
        let changing = self.authorizations.changing(&challenge.authorization_id);
        self.decide(challenge, update, and, move |_| drop(changing))
            .await
    }

    async fn decide(
        &self,
        challenge: &Challenge,
        update: UpdateMany<Entity>,
        and: UpdateStatement,
        then: impl FnOnce(bool) + Send + 'static,
    ) -> Result<bool, StoreError> {
        let undecided = [
            ChallengeState::Pending.as_str(),
            ChallengeState::Processing.as_str(),
        ];
        let update = update
            .filter(Column::Id.eq(challenge.id.as_str()))
            .filter(Column::State.is_in(undecided))
            .into_query();
        let change = Change::Update(Box::new(update), Some(Box::new(and)));
        self.writer.write(change, then).await
    }
}

fn moved(to: ChallengeState, now: OffsetDateTime) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
        .col_expr(Column::UpdatedBy, Expr::value("validate"))
}

/// Rows of the challenges of new authorizations.
pub(super) fn rows(authorizations: &[Authorization], now: OffsetDateTime) -> Vec<ActiveModel> {
    authorizations
        .iter()
        .flat_map(|authorization| &authorization.challenges)
        .map(|challenge| ActiveModel {
            id: Set(challenge.id.to_string()),
            authorization_id: Set(challenge.authorization_id.to_string()),
            kind: Set(challenge.kind.as_str().to_owned()),
            token: Set(challenge.token.clone()),
            state: Set(challenge.state.as_str().to_owned()),
            error: Set(None),
            validated_at: Set(None),
            claimed_until: Set(None),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set("new-order".to_owned()),
        })
        .collect()
}

pub(super) async fn insert_all(
    db: &impl ConnectionTrait,
    rows: Vec<ActiveModel>,
) -> Result<(), StoreError> {
    db::insert_all(db, rows)
        .await
        .map_err(StoreError::database("insert challenges"))
}

/// The challenges of an authorization, http-01 first.
pub(super) fn read(rows: Vec<Model>) -> Result<Vec<Challenge>, StoreError> {
    let mut challenges = rows
        .into_iter()
        .map(challenge)
        .collect::<Result<Vec<_>, _>>()?;
    challenges.sort_by_key(|challenge| challenge.kind);
    Ok(challenges)
}

fn challenge(row: Model) -> Result<Challenge, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    let error = row
        .error
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| wrong("error")())?;
    Ok(Challenge {
        id: ChallengeId::parse(&row.id).ok_or_else(wrong("id"))?,
        authorization_id: AuthorizationId::parse(&row.authorization_id)
            .ok_or_else(wrong("authorization_id"))?,
        kind: ChallengeKind::find(&row.kind).ok_or_else(wrong("kind"))?,
        state: ChallengeState::find(&row.state).ok_or_else(wrong("state"))?,
        validated_at: row.validated_at.map(from_ms),
        error,
        token: row.token,
    })
}
