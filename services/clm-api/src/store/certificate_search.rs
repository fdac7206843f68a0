//! The inventory searched: pages of certificates that a filter lets through, newest first or by their ends. At first their
//! keys are found, which an index over the columns of filters holds, and then the rows of the page alone are read.

use std::collections::HashMap;

use ers_runtime::clock::Clock;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    TransactionTrait as _,
    sea_query::{Asterisk, Expr, ExprTrait as _, Func, Query, SelectStatement},
};

use super::{
    Store, StoreError,
    certificate::read,
    certificate_condition::{Tagged, condition},
    certificate_key::Key,
    certificate_page::find_page,
    entity::certificate,
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
        let (keys, total) = find_page(&transaction, searched, page)
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
            self.searched(filter, reach, clock).rows(Tagged::Any),
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
        let rows = self.searched(filter, reach, clock).rows(Tagged::Any);
        let found = count(&transaction, rows, most).await.map_err(&act)?;
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

    fn searched<'a>(
        &self,
        filter: &'a Filter,
        reach: &'a Reach,
        clock: &dyn Clock,
    ) -> Searched<'a> {
        Searched {
            filter,
            reach,
            now_ms: clock.now_ms(),
            backend: self.connection.get_database_backend(),
        }
    }
}

/// What is looked for, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Searched<'a> {
    pub(super) filter: &'a Filter,
    reach: &'a Reach,
    now_ms: i64,
    backend: DbBackend,
}

impl Searched<'_> {
    pub(super) fn rows(self, tagged: Tagged) -> Select<certificate::Entity> {
        self.select(self.filter, tagged)
    }

    /// By columns of certificates alone.
    pub(super) fn rows_of_columns(self) -> Select<certificate::Entity> {
        self.select(&self.filter.of_columns(), Tagged::Any)
    }

    fn select(self, filter: &Filter, tagged: Tagged) -> Select<certificate::Entity> {
        certificate::Entity::find()
            .filter(condition(filter, self.now_ms, self.backend, tagged))
            .filter(within(self.reach, Column::Realm, Column::Policy))
    }
}

/// Which way rows may be found in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// By going through the index in this order: for many pages.
    Index,
    /// Not so: all of them first.
    Any,
}

pub(super) fn in_order(
    query: Select<certificate::Entity>,
    order: Order,
    walk: Walk,
) -> Select<certificate::Entity> {
    let number = Expr::col((certificate::Entity, Column::Id));
    let ends = Expr::col((certificate::Entity, Column::NotAfter));
    // By which no index has them.
    let (number, ends) = match walk {
        Walk::Index => (number, ends),
        Walk::Any => (number.add(0), ends.add(0)),
    };
    match order {
        Order::Newest => query.order_by_desc(number),
        Order::Expiry => query.order_by_asc(ends).order_by_asc(number),
        Order::Ended => query.order_by_desc(ends).order_by_desc(number),
    }
}

/// What follows the last row of the page before. The first comparison is what an index can be entered by.
pub(super) fn behind(
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

pub(super) async fn keys(
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

pub(super) async fn count(
    transaction: &DatabaseTransaction,
    query: Select<certificate::Entity>,
    most: u64,
) -> Result<u64, DbErr> {
    count_some(transaction, query.select_only().column(Column::Id), most).await
}

/// How many rows there are, counted so far and no further.
pub(super) async fn count_some<E: EntityTrait>(
    transaction: &DatabaseTransaction,
    query: Select<E>,
    most: u64,
) -> Result<u64, DbErr> {
    let some = query.limit(most).into_query();
    let row = transaction.query_one(&counting(some)).await?;
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
