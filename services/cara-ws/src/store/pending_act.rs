//! Table `pending_act`: acts that wait for a second administrator. A row is decided once.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use super::{Store, StoreError, entity::pending_act, failed};
use crate::domain::{ActOutcome, Decision, GuardedAct, PendingAct};

const WAITING: i16 = 1;
const APPROVED: i16 = 2;
const REFUSED: i16 = 3;
/// Longest detail that is kept, in characters.
const LONGEST_DETAIL: usize = 2000;

impl Store {
    /// Keeps an act that is to wait.
    pub async fn insert_pending_act(&self, new: &PendingAct) -> Result<(), StoreError> {
        let row = pending_act::ActiveModel {
            id: Set(new.id.clone()),
            act: Set(new.act.as_str().to_owned()),
            object: Set(new.object.clone()),
            content: Set(new.content.clone()),
            requester: Set(new.requester.clone()),
            created_at: Set(new.created_at_ms),
            expires_at: Set(new.expires_at_ms),
            state: Set(WAITING),
            decided_by: Set(None),
            decided_at: Set(None),
            outcome: Set(0),
            detail: Set(None),
        };
        pending_act::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await
            .map(drop)
            .map_err(failed("store act that waits"))
    }

    /// The acts of one requester that still wait, of that kind and about that object.
    pub async fn find_waiting_acts(
        &self,
        act: GuardedAct,
        object: &str,
        requester: &str,
    ) -> Result<Vec<PendingAct>, StoreError> {
        let rows = pending_act::Entity::find()
            .filter(pending_act::Column::State.eq(WAITING))
            .filter(pending_act::Column::ExpiresAt.gt(self.clock.now_ms()))
            .filter(pending_act::Column::Act.eq(act.as_str()))
            .filter(pending_act::Column::Object.eq(object))
            .filter(pending_act::Column::Requester.eq(requester))
            .all(&self.connection)
            .await
            .map_err(failed("look for act that waits"))?;
        rows.into_iter().map(read).collect()
    }

    /// How many acts wait.
    pub async fn count_waiting_acts(&self) -> Result<u64, StoreError> {
        pending_act::Entity::find()
            .filter(pending_act::Column::State.eq(WAITING))
            .filter(pending_act::Column::ExpiresAt.gt(self.clock.now_ms()))
            .count(&self.connection)
            .await
            .map_err(failed("count acts that wait"))
    }

    /// An act by its id.
    pub async fn find_pending_act(&self, id: &str) -> Result<Option<PendingAct>, StoreError> {
        let row = pending_act::Entity::find_by_id(id)
            .one(&self.connection)
            .await
            .map_err(failed("load act that waits"))?;
        row.map(read).transpose()
    }

    /// Acts, newest first: those that wait, or all; older ones than that time and id only.
    pub async fn list_pending_acts(
        &self,
        waiting: bool,
        before: Option<(i64, String)>,
        size: u64,
    ) -> Result<Vec<PendingAct>, StoreError> {
        use pending_act::Column;
        let mut query = pending_act::Entity::find()
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(size);
        if waiting {
            query = query
                .filter(Column::State.eq(WAITING))
                .filter(Column::ExpiresAt.gt(self.clock.now_ms()));
        }
        if let Some((at_ms, id)) = before {
            let same = Condition::all()
                .add(Column::CreatedAt.eq(at_ms))
                .add(Column::Id.lt(id));
            query = query.filter(Condition::any().add(Column::CreatedAt.lt(at_ms)).add(same));
        }
        let rows = query
            .all(&self.connection)
            .await
            .map_err(failed("list acts that wait"))?;
        rows.into_iter().map(read).collect()
    }

    /// Decides about an act that waits; false: somebody else has, or its time is over.
    pub async fn decide_pending_act(
        &self,
        id: &str,
        decision: &Decision,
        detail: &str,
    ) -> Result<bool, StoreError> {
        use pending_act::Column;
        let state = if decision.approved { APPROVED } else { REFUSED };
        let updated = pending_act::Entity::update_many()
            .col_expr(Column::State, Expr::value(state))
            .col_expr(Column::DecidedBy, Expr::value(decision.by.as_str()))
            .col_expr(Column::DecidedAt, Expr::value(decision.at_ms))
            .col_expr(Column::Detail, Expr::value(cut(detail)))
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(WAITING))
            .filter(Column::ExpiresAt.gt(decision.at_ms))
            .exec(&self.connection)
            .await
            .map_err(failed("decide about act"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Writes down how an approved act ended.
    pub async fn end_pending_act(
        &self,
        id: &str,
        outcome: ActOutcome,
        detail: &str,
    ) -> Result<(), StoreError> {
        let row = pending_act::ActiveModel {
            id: Set(id.to_owned()),
            outcome: Set(outcome_number(outcome)),
            detail: Set(Some(cut(detail))),
            ..Default::default()
        };
        pending_act::Entity::update(row)
            .exec(&self.connection)
            .await
            .map(drop)
            .map_err(failed("store outcome of approved act"))
    }
}

fn cut(detail: &str) -> String {
    detail.chars().take(LONGEST_DETAIL).collect()
}

fn outcome_number(outcome: ActOutcome) -> i16 {
    match outcome {
        ActOutcome::Begun => 0,
        ActOutcome::Done => 1,
        ActOutcome::Refused => 2,
    }
}

fn read(row: pending_act::Model) -> Result<PendingAct, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "pending_act",
        row: row.id.clone(),
        column,
    };
    let decision = match (row.state, &row.decided_by, row.decided_at) {
        (WAITING, None, None) => None,
        (state @ (APPROVED | REFUSED), Some(by), Some(at_ms)) => Some(Decision {
            approved: state == APPROVED,
            by: by.clone(),
            at_ms,
        }),
        _ => return Err(inconsistent("state")),
    };
    Ok(PendingAct {
        act: GuardedAct::find(&row.act).ok_or_else(|| inconsistent("act"))?,
        outcome: match row.outcome {
            0 => ActOutcome::Begun,
            1 => ActOutcome::Done,
            2 => ActOutcome::Refused,
            _ => return Err(inconsistent("outcome")),
        },
        id: row.id,
        object: row.object,
        content: row.content,
        requester: row.requester,
        created_at_ms: row.created_at,
        expires_at_ms: row.expires_at,
        decision,
        detail: row.detail.unwrap_or_default(),
    })
}
