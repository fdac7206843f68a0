//! The inventory searched: pages of certificates that a filter lets through, newest first or by their ends. At first their
//! keys are found, which an index over the columns of filters holds, and then the rows of the page alone are read.

use std::collections::HashMap;

use ers_runtime::clock::Clock;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    TransactionTrait as _,
    sea_query::{Asterisk, Expr, ExprTrait as _, Func, Query, SelectStatement},
};

use super::{
    Store, StoreError, certificate::read, certificate_condition::condition, entity::certificate,
    reach::within,
};
use crate::domain::{
    access::Reach,
    inventory::{Entry, InventoryPage},
    inventory_filter::{Cursor, Filter, Order},
    page::{Page, PageRequest},
};

use certificate::Column;

/// Rows are counted so far and no further: who has so many hits needs no exact number, and counting a million would take
/// longer than all the rest.
pub const MOST_COUNTED: u64 = 10_000;

/// How PostgreSQL plans a search: what is looked for decides how it is found, so the plan of another search must not be
/// taken; compiling one takes longer than most of them; and an index of a database that is used is mostly in memory.
const PLANNING: &str = "set local plan_cache_mode = force_custom_plan; set local jit = off; \
                        set local random_page_cost = 1.1";

/// What places a certificate in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    number: i64,
    ends_ms: i64,
}

impl Store {
    /// A page of what the filter lets through.
    #[tracing::instrument(name = "db.inventory_certificate.search", skip_all)]
    pub async fn search_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<Cursor>,
        clock: &dyn Clock,
    ) -> Result<InventoryPage, StoreError> {
        let act = StoreError::at("search certificates");
        let transaction = self.begin_search().await.map_err(&act)?;
        let searched = self.searched(filter, reach, clock);
        let (keys, total) = find_page(&transaction, filter, searched, page)
            .await
            .map_err(&act)?;
        let Page { rows, next, total } = Page::cut(keys, page.size, total, |key| {
            key.cursor(filter.order).to_string()
        });
        let rows = load(&transaction, &rows).await?;
        transaction.commit().await.map_err(&act)?;
        let rows = self.with_notes(rows).await?;
        Ok(Page { rows, next, total })
    }

    /// The rows of a page and one more, where more follow: for those who read page after page to the end.
    pub async fn read_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<Cursor>,
        clock: &dyn Clock,
    ) -> Result<Vec<Entry>, StoreError> {
        let act = StoreError::at("search certificates");
        let transaction = self.begin_search().await.map_err(&act)?;
        let query = behind(
            self.searched(filter, reach, clock),
            page.after,
            filter.order,
        );
        let rows = in_order(query, filter.order, Walk::Index)
            .limit(u64::from(page.size) + 1)
            .all(&transaction)
            .await
            .map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        let entries = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        self.with_notes(entries).await
    }

    /// How many the filter lets through, counted so far and no further.
    pub async fn count_found(
        &self,
        filter: &Filter,
        reach: &Reach,
        most: u64,
        clock: &dyn Clock,
    ) -> Result<u64, StoreError> {
        let act = StoreError::at("count certificates");
        let transaction = self.begin_search().await.map_err(&act)?;
        let searched = self.searched(filter, reach, clock);
        let found = count(&transaction, searched, most).await.map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(found)
    }

    async fn begin_search(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.connection.begin().await?;
        if self.connection.get_database_backend() == DbBackend::Postgres {
            transaction.execute_unprepared(PLANNING).await?;
        }
        Ok(transaction)
    }

    fn searched(
        &self,
        filter: &Filter,
        reach: &Reach,
        clock: &dyn Clock,
    ) -> Select<certificate::Entity> {
        let backend = self.connection.get_database_backend();
        certificate::Entity::find()
            .filter(condition(filter, clock.now_ms(), backend))
            .filter(within(reach, Column::Realm, Column::Policy))
    }
}

/// The keys of a page and one more, where more follow; and how many there are on all pages, as far as they are counted.
async fn find_page(
    transaction: &DatabaseTransaction,
    filter: &Filter,
    searched: Select<certificate::Entity>,
    page: &PageRequest<Cursor>,
) -> Result<(Vec<Key>, u64), DbErr> {
    let wanted = u64::from(page.size) + 1;
    // What is written elsewhere has little to do with the order, which no planner can know: it would go through the whole
    // inventory for a page of few. All of few are found at once, and put in order here.
    let is_elsewhere = filter.is_elsewhere();
    if is_elsewhere {
        let all = keys(transaction, searched.clone(), MOST_COUNTED).await?;
        let total = all.len() as u64;
        if total < MOST_COUNTED {
            return Ok((on_page(all, page, filter.order), total));
        }
    }
    let query = behind(searched.clone(), page.after, filter.order);
    let walk = match filter.is_of_a_time() {
        true => Walk::Any,
        false => Walk::Index,
    };
    let found = keys(transaction, in_order(query, filter.order, walk), wanted).await?;
    let is_all = page.after.is_none() && (found.len() as u64) < wanted;
    let total = match (is_elsewhere, is_all) {
        (true, _) => MOST_COUNTED,
        (false, true) => found.len() as u64,
        (false, false) => count(transaction, searched, MOST_COUNTED).await?,
    };
    Ok((found, total))
}

/// Which way rows may be found in the order of their numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// By going through the index in this order: for many pages.
    Index,
    /// Not so: all of them first, by the index over their ends. Certificates that end in a stretch of time lie next to each
    /// other, and mostly far from where the newest are.
    Any,
}

fn in_order(
    query: Select<certificate::Entity>,
    order: Order,
    walk: Walk,
) -> Select<certificate::Entity> {
    let number = Expr::col((certificate::Entity, Column::Id));
    match (order, walk) {
        (Order::Newest, Walk::Index) => query.order_by_desc(Column::Id),
        // Which no index has.
        (Order::Newest, Walk::Any) => query.order_by_desc(number.add(0)),
        (Order::Expiry, _) => query
            .order_by_asc(Column::NotAfter)
            .order_by_asc(Column::Id),
        (Order::Ended, _) => query
            .order_by_desc(Column::NotAfter)
            .order_by_desc(Column::Id),
    }
}

/// What follows the last row of the page before. The first comparison is what an index can be entered by.
fn behind(
    query: Select<certificate::Entity>,
    after: Option<Cursor>,
    order: Order,
) -> Select<certificate::Entity> {
    let (at_ms, number) = match after {
        None => return query,
        Some(Cursor::Newest(number)) => return query.filter(Column::Id.lt(number)),
        Some(Cursor::Expiry(at_ms, number)) => (at_ms, number),
    };
    let (entry, later, same) = match order {
        Order::Ended => (
            Column::NotAfter.lte(at_ms),
            Column::NotAfter.lt(at_ms),
            Column::Id.lt(number),
        ),
        _ => (
            Column::NotAfter.gte(at_ms),
            Column::NotAfter.gt(at_ms),
            Column::Id.gt(number),
        ),
    };
    query
        .filter(entry)
        .filter(Condition::any().add(later).add(same))
}

async fn keys(
    transaction: &DatabaseTransaction,
    query: Select<certificate::Entity>,
    most: u64,
) -> Result<Vec<Key>, DbErr> {
    let found: Vec<(i64, i64)> = query
        .select_only()
        .column(Column::Id)
        .column(Column::NotAfter)
        .limit(most)
        .into_tuple()
        .all(transaction)
        .await?;
    let key = |(number, ends_ms)| Key { number, ends_ms };
    Ok(found.into_iter().map(key).collect())
}

async fn count(
    transaction: &DatabaseTransaction,
    query: Select<certificate::Entity>,
    most: u64,
) -> Result<u64, DbErr> {
    let some = query.select_only().column(Column::Id).limit(most);
    let row = transaction.query_one(&counting(some.into_query())).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    let count: i64 = row.try_get_by_index(0)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn counting(some: SelectStatement) -> SelectStatement {
    Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(some, "some")
        .to_owned()
}

/// The rows of these keys, in their order. What was forgotten since its key was found is left out.
async fn load(transaction: &DatabaseTransaction, keys: &[Key]) -> Result<Vec<Entry>, StoreError> {
    let rows = certificate::Entity::find()
        .filter(Column::Id.is_in(keys.iter().map(|key| key.number)))
        .all(transaction)
        .await
        .map_err(StoreError::at("read certificates"))?;
    let mut rows: HashMap<i64, certificate::Model> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    let in_order = keys.iter().filter_map(|key| rows.remove(&key.number));
    in_order.map(read).collect()
}

/// Of all keys those of a page and one more.
fn on_page(mut keys: Vec<Key>, page: &PageRequest<Cursor>, order: Order) -> Vec<Key> {
    let place = |key: &Key| key.place(order);
    keys.sort_unstable_by_key(place);
    if let Some(cursor) = page.after {
        let last = match cursor {
            Cursor::Newest(number) => Key { number, ends_ms: 0 },
            Cursor::Expiry(ends_ms, number) => Key { number, ends_ms },
        };
        keys.retain(|key| place(key) > place(&last));
    }
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    keys.truncate(size.saturating_add(1));
    keys
}

impl Key {
    fn of(entry: &Entry) -> Self {
        Self {
            number: entry.number,
            ends_ms: entry.certificate.not_after_ms,
        }
    }

    /// The lowest place is the first. Turned round by `!`, which is there for each number: a page token may hold any.
    fn place(&self, order: Order) -> (i64, i64) {
        match order {
            Order::Newest => (!self.number, 0),
            Order::Expiry => (self.ends_ms, self.number),
            Order::Ended => (!self.ends_ms, !self.number),
        }
    }

    /// Where the page after this certificate begins.
    fn cursor(&self, order: Order) -> Cursor {
        match order {
            Order::Newest => Cursor::Newest(self.number),
            Order::Expiry | Order::Ended => Cursor::Expiry(self.ends_ms, self.number),
        }
    }
}

/// Where the page after this certificate begins.
pub fn cursor_of(entry: &Entry, order: Order) -> Cursor {
    Key::of(entry).cursor(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_turned_over_in_each_order_as_a_database_does() {
        let all: Vec<Key> = [(1, 30), (2, 10), (3, 30), (4, 20)]
            .map(|(number, ends_ms)| Key { number, ends_ms })
            .to_vec();
        let orders = [
            (Order::Newest, [4, 3, 2, 1]),
            (Order::Expiry, [2, 4, 1, 3]),
            (Order::Ended, [3, 1, 4, 2]),
        ];
        for (order, wanted) in orders {
            let mut request = PageRequest {
                size: 1,
                after: None,
            };
            let mut seen = Vec::new();
            loop {
                let keys = on_page(all.clone(), &request, order);
                let cursor = |key: &Key| key.cursor(order).to_string();
                let page = Page::cut(keys, request.size, 4, cursor);
                seen.extend(page.rows.iter().map(|key| key.number));
                let Some(next) = page.next else { break };
                request.after = Some(next.parse().unwrap());
            }
            assert_eq!(seen, wanted, "{order:?}");
        }
    }

    #[test]
    fn a_page_token_may_hold_any_number() {
        let key = Key {
            number: 1,
            ends_ms: 30,
        };
        for number in [i64::MIN, i64::MAX] {
            for order in [Order::Newest, Order::Expiry, Order::Ended] {
                let page = PageRequest {
                    size: 10,
                    after: Some(Cursor::Expiry(number, number)),
                };
                let is_behind_all = (number == i64::MAX) == (order == Order::Expiry);
                let left = on_page(vec![key], &page, order).len();
                assert_eq!(left, usize::from(!is_behind_all), "{order:?} {number}");
            }
        }
    }
}
