//! Table `unadopted`: entries of the signer's journal that could not be adopted yet.

use std::collections::{BTreeMap, HashSet};

use ers_pki::serial::SerialNumber;
use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, ExprTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use super::{
    Store, StoreError, failed,
    journal_position::put,
    unadopted_entity::{self as unadopted, Column},
};
use crate::domain::{AuthorityName, Unadopted};

/// Rows written with one statement.
const ROWS: usize = 100;
/// As the columns are.
const LONGEST_REASON: usize = 1000;
const LONGEST_REQUEST_ID: usize = 160;
const LONGEST_KEY_ID: usize = 64;

impl Store {
    /// Remembers how far a chain was compared, and in the same step what could not be adopted on the way.
    pub async fn pass_entries(
        &self,
        chain: &str,
        reached: u64,
        aside: &[Unadopted],
    ) -> Result<(), StoreError> {
        const ACT: &str = "set journal entries aside";
        if aside.is_empty() {
            return self.put_journal_position(chain, reached).await;
        }
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            set_aside(&transaction, aside).await?;
            put(&transaction, chain, reached).await?;
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// After entries that were set aside were tried again: keeps why those in `left` were not adopted, and forgets the
    /// others.
    pub async fn keep_tried(
        &self,
        left: &[Unadopted],
        gone: &[(String, u64)],
    ) -> Result<(), StoreError> {
        const ACT: &str = "keep what was tried again";
        if left.is_empty() && gone.is_empty() {
            return Ok(());
        }
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            set_aside(&transaction, left).await?;
            for gone in gone.chunks(ROWS) {
                let keys = gone
                    .iter()
                    .fold(Condition::any(), |any, (chain, sequence)| {
                        any.add(
                            Column::Chain
                                .eq(chain)
                                .and(Column::Sequence.eq(number(*sequence))),
                        )
                    });
                unadopted::Entity::delete_many()
                    .filter(keys)
                    .exec(&transaction)
                    .await
                    .map_err(failed(ACT))?;
            }
            transaction.commit().await.map_err(failed(ACT))
        })
        .await
    }

    /// Those that were tried longest ago.
    pub async fn load_unadopted(&self, at_most: u64) -> Result<Vec<Unadopted>, StoreError> {
        let rows = unadopted::Entity::find()
            .order_by_asc(Column::LastTriedAt)
            .order_by_asc(Column::Chain)
            .order_by_asc(Column::Sequence)
            .limit(at_most)
            .all(&self.connection)
            .await
            .map_err(failed("load journal entries set aside"))?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// Those of these entries, by chain and number, that are set aside.
    pub async fn find_unadopted(
        &self,
        entries: impl IntoIterator<Item = (&str, u64)>,
    ) -> Result<Vec<Unadopted>, StoreError> {
        let mut chains: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (chain, sequence) in entries {
            chains.entry(chain).or_default().push(number(sequence));
        }
        let mut found = Vec::new();
        for (chain, sequences) in chains {
            let rows = unadopted::Entity::find()
                .filter(Column::Chain.eq(chain))
                .filter(Column::Sequence.is_in(sequences))
                .all(&self.connection)
                .await
                .map_err(failed("look for journal entries set aside"))?;
            found.extend(rows.into_iter().map(read));
        }
        Ok(found)
    }

    /// A page of them by chain and number, behind the one given.
    pub async fn list_unadopted(
        &self,
        after: Option<(&str, u64)>,
        size: u64,
    ) -> Result<Vec<Unadopted>, StoreError> {
        let mut find = unadopted::Entity::find();
        if let Some((chain, sequence)) = after {
            let later = Column::Chain
                .eq(chain)
                .and(Column::Sequence.gt(number(sequence)));
            find = find.filter(Column::Chain.gt(chain).or(later));
        }
        let rows = find
            .order_by_asc(Column::Chain)
            .order_by_asc(Column::Sequence)
            .limit(size)
            .all(&self.connection)
            .await
            .map_err(failed("list journal entries set aside"))?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many there are.
    pub async fn count_unadopted(&self) -> Result<u64, StoreError> {
        unadopted::Entity::find()
            .count(&self.connection)
            .await
            .map_err(failed("count journal entries set aside"))
    }

    /// Which of these serial numbers, hex, belong to entries that are set aside.
    pub async fn serials_set_aside(
        &self,
        serials: Vec<String>,
    ) -> Result<HashSet<String>, StoreError> {
        let found: Vec<Option<String>> = unadopted::Entity::find()
            .select_only()
            .column(Column::Serial)
            .filter(Column::Serial.is_in(serials))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("look for serial numbers set aside"))?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// A row that is there already was tried once more.
async fn set_aside<C: ConnectionTrait>(
    connection: &C,
    aside: &[Unadopted],
) -> Result<(), StoreError> {
    let tries = Expr::col((unadopted::Entity, Column::Tries)).add(1);
    let tried_again = OnConflict::columns([Column::Chain, Column::Sequence])
        .update_columns([Column::Reason, Column::LastTriedAt])
        .value(Column::Tries, tries)
        .to_owned();
    for rows in aside.chunks(ROWS) {
        unadopted::Entity::insert_many(rows.iter().map(write))
            .on_conflict(tried_again.clone())
            .exec_without_returning(connection)
            .await
            .map_err(failed("set journal entries aside"))?;
    }
    Ok(())
}

fn write(entry: &Unadopted) -> unadopted::ActiveModel {
    let cut = |text: &str, longest| text.chars().take(longest).collect();
    unadopted::ActiveModel {
        chain: Set(entry.chain.clone()),
        sequence: Set(number(entry.sequence)),
        request_id: Set(cut(&entry.request_id, LONGEST_REQUEST_ID)),
        key_id: Set(cut(&entry.key_id, LONGEST_KEY_ID)),
        issuer: Set(entry.issuer.as_ref().map(AuthorityName::to_string)),
        serial: Set(entry.serial.as_ref().map(SerialNumber::to_hex)),
        reason: Set(cut(&entry.reason, LONGEST_REASON)),
        first_seen_at: Set(entry.first_seen_at_ms),
        last_tried_at: Set(entry.last_tried_at_ms),
        tries: Set(number(entry.tries)),
    }
}

fn read(row: unadopted::Model) -> Unadopted {
    let number = |number| u64::try_from(number).unwrap_or(0);
    Unadopted {
        chain: row.chain,
        sequence: number(row.sequence),
        request_id: row.request_id,
        key_id: row.key_id,
        issuer: row.issuer.and_then(|name| name.parse().ok()),
        serial: row
            .serial
            .and_then(|serial| SerialNumber::from_hex(&serial).ok()),
        reason: row.reason,
        first_seen_at_ms: row.first_seen_at,
        last_tried_at_ms: row.last_tried_at,
        tries: number(row.tries),
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
