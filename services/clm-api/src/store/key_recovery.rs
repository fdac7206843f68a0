//! Requests to have a kept key back, and what others said. States change by compare and set; the row is locked before
//! decisions are counted, so that of two that come at once both count.

use std::collections::HashMap;

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _},
};

use super::{
    Inserted, NewDelivery, Store, StoreError, delivery,
    entity::{key_recovery, key_recovery_decision},
    reach::within,
};
use crate::domain::{
    access::Reach,
    key_recovery::{
        FETCHED_WITHIN_MS, KeyRecovery, RecoveryDecision, RecoveryFilter, RecoveryPage,
        RecoveryState,
    },
    page::{Page, PageRequest},
};

const TABLE: &str = "key_recovery";

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It counts.
    Yes,
    /// This one has decided before.
    Before,
    /// It does not wait for a decision any more.
    NotPending,
}

impl Store {
    /// Keeps a new request with what is to be told of it.
    #[tracing::instrument(name = "db.key_recovery.insert", skip_all)]
    pub async fn insert_key_recovery(
        &self,
        new: &KeyRecovery,
        notices: &[NewDelivery],
    ) -> Result<(), StoreError> {
        let act = StoreError::at("keep key recovery");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        key_recovery::Entity::insert(row_of(new))
            .exec_without_returning(&transaction)
            .await
            .map_err(&act)?;
        delivery::insert(&transaction, notices, new.created_at_ms)
            .await
            .map_err(&act)?;
        transaction.commit().await.map_err(&act)
    }

    /// One, if there is one of that id.
    #[tracing::instrument(name = "db.key_recovery.find", skip_all)]
    pub async fn find_key_recovery(&self, id: &str) -> Result<Option<KeyRecovery>, StoreError> {
        let row = key_recovery::Entity::find_by_id(id)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find key recovery"))?;
        let Some(row) = row else { return Ok(None) };
        let mut decisions = self.decisions_of(std::slice::from_ref(&row)).await?;
        read(row, &mut decisions).map(Some)
    }

    /// A page of those that a filter finds, newest first.
    #[tracing::instrument(name = "db.key_recovery.list", skip_all)]
    pub async fn list_key_recoveries(
        &self,
        filter: &RecoveryFilter,
        reach: &Reach,
        page: &PageRequest<String>,
        now_ms: i64,
    ) -> Result<RecoveryPage, StoreError> {
        use key_recovery::Column;
        let act = StoreError::at("list key recoveries");
        let mut query = key_recovery::Entity::find()
            .filter(within(reach, Column::Realm, Column::Policy))
            .filter(condition(filter, now_ms));
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query
            .order_by_desc(Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let mut decisions = self.decisions_of(&rows).await?;
        let found: Vec<KeyRecovery> = rows
            .into_iter()
            .map(|row| read(row, &mut decisions))
            .collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.size, total, |one| one.id.clone()))
    }

    /// The newest of a key, by the request that the key was made for.
    #[tracing::instrument(name = "db.key_recovery.newest", skip_all)]
    pub async fn find_newest_key_recovery(
        &self,
        request_id: &str,
    ) -> Result<Option<KeyRecovery>, StoreError> {
        let row = key_recovery::Entity::find()
            .filter(key_recovery::Column::RequestId.eq(request_id))
            .order_by_desc(key_recovery::Column::Id)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find key recovery"))?;
        row.map(|row| read(row, &mut HashMap::new())).transpose()
    }

    /// Whether somebody has one of a key under way.
    #[tracing::instrument(name = "db.key_recovery.is_open", skip_all)]
    pub async fn has_open_key_recovery(
        &self,
        request_id: &str,
        asked_by: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let open = key_recovery::Entity::find()
            .filter(key_recovery::Column::RequestId.eq(request_id))
            .filter(key_recovery::Column::AskedBy.eq(asked_by))
            .filter(is_open())
            .filter(key_recovery::Column::EndsAt.gt(now_ms))
            .count(&self.connection)
            .await
            .map_err(StoreError::at("find key recovery"))?;
        Ok(open > 0)
    }

    /// Writes down what somebody decided, and what is to be told of it. One no ends it; enough yes approve it.
    #[tracing::instrument(name = "db.key_recovery.decide", skip_all)]
    pub async fn decide_key_recovery(
        &self,
        recovery: &KeyRecovery,
        decision: &RecoveryDecision,
        approvals: u32,
        notices: &[NewDelivery],
    ) -> Result<Decided, StoreError> {
        db::retry("decide key recovery", || async {
            let act = StoreError::at("decide key recovery");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            let decided = decide(&transaction, recovery, decision, approvals)
                .await
                .map_err(&act)?;
            if decided == Decided::Yes {
                delivery::insert(&transaction, notices, decision.at_ms)
                    .await
                    .map_err(&act)?;
                transaction.commit().await.map_err(&act)?;
            }
            Ok::<_, StoreError>(decided)
        })
        .await
    }

    /// Moves one from where it stands to where it ends, if nobody was faster and it is not too late; with what is to be
    /// told of it.
    #[tracing::instrument(name = "db.key_recovery.end", skip_all)]
    pub async fn end_key_recovery(
        &self,
        recovery: &KeyRecovery,
        to: RecoveryState,
        notices: &[NewDelivery],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        use key_recovery::Column;
        let act = StoreError::at("end key recovery");
        let released = (to == RecoveryState::Released).then_some(now_ms);
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        let updated = key_recovery::Entity::update_many()
            .col_expr(Column::State, Expr::value(to.as_str()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::ReleasedAt, Expr::value(released))
            .filter(Column::Id.eq(recovery.id.as_str()))
            .filter(Column::State.eq(recovery.kept_state.as_str()))
            .filter(Column::EndsAt.gt(now_ms))
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

    async fn decisions_of(
        &self,
        rows: &[key_recovery::Model],
    ) -> Result<HashMap<String, Vec<RecoveryDecision>>, StoreError> {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let found = key_recovery_decision::Entity::find()
            .filter(key_recovery_decision::Column::Recovery.is_in(ids))
            .order_by_asc(key_recovery_decision::Column::DecidedAt)
            .order_by_asc(key_recovery_decision::Column::DecidedBy)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list key recoveries"))?;
        let mut decisions: HashMap<String, Vec<RecoveryDecision>> = HashMap::new();
        for row in found {
            let decision = RecoveryDecision {
                by: row.decided_by,
                approve: row.approve != 0,
                comment: row.comment,
                at_ms: row.decided_at,
            };
            decisions.entry(row.recovery).or_default().push(decision);
        }
        Ok(decisions)
    }
}

async fn decide(
    transaction: &DatabaseTransaction,
    recovery: &KeyRecovery,
    decision: &RecoveryDecision,
    approvals: u32,
) -> Result<Decided, DbErr> {
    use key_recovery::Column;
    let pending = || {
        key_recovery::Entity::update_many()
            .filter(Column::Id.eq(recovery.id.as_str()))
            .filter(Column::State.eq(RecoveryState::PendingApproval.as_str()))
            .filter(Column::EndsAt.gt(decision.at_ms))
    };
    // The row is locked first: who decides at the same time waits here and counts this decision too.
    let locked = pending()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .exec(transaction)
        .await?;
    if locked.rows_affected != 1 {
        return Ok(Decided::NotPending);
    }
    let row = key_recovery_decision::ActiveModel {
        recovery: Set(recovery.id.clone()),
        decided_by: Set(decision.by.clone()),
        approve: Set(i64::from(decision.approve)),
        comment: Set(decision.comment.clone()),
        decided_at: Set(decision.at_ms),
    };
    let inserted = key_recovery_decision::Entity::insert(row)
        .exec_without_returning(transaction)
        .await;
    if Inserted::of(inserted)? == Inserted::AlreadyThere {
        return Ok(Decided::Before);
    }
    let to = match decision.approve {
        false => RecoveryState::Declined,
        true if count_approvals(transaction, &recovery.id).await? >= u64::from(approvals) => {
            RecoveryState::Approved
        }
        true => return Ok(Decided::Yes),
    };
    let mut update = pending().col_expr(Column::State, Expr::value(to.as_str()));
    if to == RecoveryState::Approved {
        let ends_at_ms = decision.at_ms + FETCHED_WITHIN_MS;
        update = update.col_expr(Column::EndsAt, Expr::value(ends_at_ms));
    }
    update.exec(transaction).await?;
    Ok(Decided::Yes)
}

async fn count_approvals(connection: &impl ConnectionTrait, id: &str) -> Result<u64, DbErr> {
    key_recovery_decision::Entity::find()
        .filter(key_recovery_decision::Column::Recovery.eq(id))
        .filter(key_recovery_decision::Column::Approve.eq(1))
        .count(connection)
        .await
}

fn is_open() -> Condition {
    let open = [RecoveryState::PendingApproval, RecoveryState::Approved];
    Condition::all().add(key_recovery::Column::State.is_in(open.map(RecoveryState::as_str)))
}

fn condition(filter: &RecoveryFilter, now_ms: i64) -> Condition {
    use key_recovery::Column;
    let mut all = Condition::all();
    match filter.state {
        None => {}
        Some(RecoveryState::Expired) => {
            all = all.add(is_open()).add(Column::EndsAt.lte(now_ms));
        }
        Some(state) => {
            all = all.add(Column::State.eq(state.as_str()));
            if state.is_open() {
                all = all.add(Column::EndsAt.gt(now_ms));
            }
        }
    }
    if let Some(certificate) = &filter.certificate {
        all = all.add(Column::Certificate.eq(certificate.as_str()));
    }
    if let Some(asked_by) = &filter.asked_by {
        all = all.add(Column::AskedBy.eq(asked_by.as_str()));
    }
    all
}

fn row_of(new: &KeyRecovery) -> key_recovery::ActiveModel {
    key_recovery::ActiveModel {
        id: Set(new.id.clone()),
        request_id: Set(new.request_id.to_string()),
        certificate: Set(new.certificate.clone()),
        issuer: Set(new.issuer.clone()),
        serial: Set(new.serial.clone()),
        subject: Set(new.subject.clone()),
        key_algorithm: Set(new.key_algorithm.clone()),
        realm: Set(new.realm.to_string()),
        policy: Set(new.policy.to_string()),
        comment: Set(new.comment.clone()),
        asked_by: Set(new.asked_by.clone()),
        approvals: Set(i64::from(new.approvals)),
        state: Set(new.kept_state.as_str().to_owned()),
        version: Set(1),
        created_at: Set(new.created_at_ms),
        ends_at: Set(new.ends_at_ms),
        released_at: Set(new.released_at_ms),
    }
}

fn read(
    row: key_recovery::Model,
    decisions: &mut HashMap<String, Vec<RecoveryDecision>>,
) -> Result<KeyRecovery, StoreError> {
    let broken = |column| StoreError::inconsistent(TABLE, &row.id, column);
    Ok(KeyRecovery {
        request_id: row.request_id.parse().map_err(|_| broken("request_id"))?,
        realm: row.realm.parse().map_err(|_| broken("realm"))?,
        policy: row.policy.parse().map_err(|_| broken("policy"))?,
        kept_state: row.state.parse().map_err(|_| broken("state"))?,
        approvals: u32::try_from(row.approvals).map_err(|_| broken("approvals"))?,
        decisions: decisions.remove(&row.id).unwrap_or_default(),
        id: row.id,
        certificate: row.certificate,
        issuer: row.issuer,
        serial: row.serial,
        subject: row.subject,
        key_algorithm: row.key_algorithm,
        comment: row.comment,
        asked_by: row.asked_by,
        created_at_ms: row.created_at,
        ends_at_ms: row.ends_at,
        released_at_ms: row.released_at,
    })
}
