//! Table `cara_act`: what administrators did. A row is written before the act and completed after it.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{Store, StoreError, entity::act, failed};
use crate::domain::{Act, ActOutcome};

/// Longest object and detail that are kept, in characters.
const LONGEST_OBJECT: usize = 255;
const LONGEST_DETAIL: usize = 2000;

/// Which acts.
#[derive(Debug, Default)]
pub struct ActFilter {
    /// Only that administrator's.
    pub administrator: Option<String>,
    /// Only of that kind.
    pub act: Option<String>,
    /// Only older ones than this number.
    pub before: Option<i64>,
}

impl Store {
    /// Writes down that an act begins. Returns its number.
    pub async fn begin_act(
        &self,
        administrator: &str,
        address: Option<&str>,
        act: &str,
        object: &str,
    ) -> Result<i64, StoreError> {
        let row = act::ActiveModel {
            at: Set(self.clock.now_ms()),
            administrator: Set(administrator.to_owned()),
            address: Set(address.map(str::to_owned)),
            act: Set(act.to_owned()),
            object: Set(object.chars().take(LONGEST_OBJECT).collect()),
            outcome: Set(0),
            detail: Set(String::new()),
            ..Default::default()
        };
        let inserted = act::Entity::insert(row)
            .exec(&self.connection)
            .await
            .map_err(failed("store act"))?;
        Ok(inserted.last_insert_id)
    }

    /// Writes down how it ended.
    pub async fn end_act(
        &self,
        number: i64,
        outcome: ActOutcome,
        detail: &str,
    ) -> Result<(), StoreError> {
        let row = act::ActiveModel {
            id: Set(number),
            outcome: Set(match outcome {
                ActOutcome::Begun => 0,
                ActOutcome::Done => 1,
                ActOutcome::Refused => 2,
            }),
            detail: Set(detail.chars().take(LONGEST_DETAIL).collect()),
            ..Default::default()
        };
        act::Entity::update(row)
            .exec(&self.connection)
            .await
            .map(drop)
            .map_err(failed("store outcome of act"))
    }

    /// Acts, newest first.
    pub async fn list_acts(&self, filter: &ActFilter, size: u64) -> Result<Vec<Act>, StoreError> {
        let mut query = act::Entity::find()
            .order_by_desc(act::Column::Id)
            .limit(size);
        if let Some(administrator) = &filter.administrator {
            query = query.filter(act::Column::Administrator.eq(administrator.as_str()));
        }
        if let Some(kind) = &filter.act {
            query = query.filter(act::Column::Act.eq(kind.as_str()));
        }
        if let Some(before) = filter.before {
            query = query.filter(act::Column::Id.lt(before));
        }
        let rows = query
            .all(&self.connection)
            .await
            .map_err(failed("list acts"))?;
        rows.into_iter().map(read).collect()
    }
}

fn read(row: act::Model) -> Result<Act, StoreError> {
    Ok(Act {
        number: row.id,
        at_ms: row.at,
        administrator: row.administrator,
        address: row.address,
        act: row.act,
        object: row.object,
        outcome: match row.outcome {
            0 => ActOutcome::Begun,
            1 => ActOutcome::Done,
            2 => ActOutcome::Refused,
            _ => {
                return Err(StoreError::Inconsistent {
                    table: "cara_act",
                    row: row.id.to_string(),
                    column: "outcome",
                });
            }
        },
        detail: row.detail,
    })
}
