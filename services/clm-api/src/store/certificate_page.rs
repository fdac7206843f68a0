//! Where the keys of a page are found: among the next rows in order, or among all that a search lets through.

use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, QueryFilter as _, QuerySelect as _, Select,
};

use super::{
    certificate_condition::{Tagged, with_tag},
    certificate_key::{Key, on_page},
    certificate_search::{MOST_COUNTED, Searched, Walk, behind, count, count_some, in_order, keys},
    entity::{certificate, certificate_tag as tag},
};
use crate::domain::{
    inventory_filter::{Cursor, Filter, Order},
    page::PageRequest,
};

use certificate::Column;

/// Among so many of the next rows a page is looked for: most pages of what is frequent are full by then, and going through
/// them takes some milliseconds. Few in tests, whose tables are small.
const NEAR: u64 = if cfg!(test) { 3 } else { 5_000 };

/// As many certificates with a tag are not read one by one.
const FREQUENT: u64 = if cfg!(test) { 3 } else { 20_000 };

/// The keys of a page and one more, where more follow; and how many there are on all pages, as far as they are counted.
pub(super) async fn find_page(
    transaction: &DatabaseTransaction,
    searched: Searched<'_>,
    page: &PageRequest<Cursor>,
) -> Result<(Vec<Key>, u64), DbErr> {
    let filter = searched.filter;
    if filter.is_elsewhere() {
        return find_page_elsewhere(transaction, searched, page).await;
    }
    let wanted = u64::from(page.size) + 1;
    let rows = searched.rows(Tagged::Any);
    let query = behind(rows.clone(), page.after, filter.order);
    let walk = match is_far_from_its_order(filter) {
        true => Walk::Any,
        false => Walk::Index,
    };
    let found = keys(transaction, in_order(query, filter.order, walk), wanted).await?;
    let is_all = page.after.is_none() && (found.len() as u64) < wanted;
    let total = match is_all {
        true => found.len() as u64,
        false => count(transaction, rows, MOST_COUNTED).await?,
    };
    Ok((found, total))
}

/// Certificates that end in a stretch of time lie next to each other, and mostly far from where the newest are.
fn is_far_from_its_order(filter: &Filter) -> bool {
    filter.order == Order::Newest && filter.is_of_a_time()
}

/// What is written elsewhere has little to do with the order, which no planner can know: it would go through the whole
/// inventory for a page of few. So the page is looked for among the next rows in order, and if they do not fill it, all
/// that are found are put in order.
async fn find_page_elsewhere(
    transaction: &DatabaseTransaction,
    searched: Searched<'_>,
    page: &PageRequest<Cursor>,
) -> Result<(Vec<Key>, u64), DbErr> {
    let filter = searched.filter;
    let order = filter.order;
    let wanted = u64::from(page.size) + 1;
    let tagged = match are_tags_frequent(transaction, filter).await? {
        true => Tagged::Last,
        false => Tagged::Any,
    };
    let rows = searched.rows(tagged);
    let next = behind(rows.clone(), page.after, order);
    if !is_far_from_its_order(filter) {
        let near = near(transaction, searched, next.clone(), page.after).await?;
        let found = keys(transaction, in_order(near, order, Walk::Index), wanted).await?;
        if found.len() as u64 == wanted {
            // Most have no owner, so that many are found in order soon.
            let is_unowned = *filter
                == (Filter {
                    unowned: true,
                    ..filter.of_columns()
                });
            let counted = match is_unowned {
                true => in_order(rows, order, Walk::Index),
                false => rows,
            };
            return Ok((found, count(transaction, counted, MOST_COUNTED).await?));
        }
    }
    let first = in_order(rows, order, Walk::Any);
    let first = keys(transaction, first, MOST_COUNTED).await?;
    let total = first.len() as u64;
    let found = on_page(first, page, order);
    if total < MOST_COUNTED || found.len() as u64 == wanted {
        return Ok((found, total));
    }
    let found = keys(transaction, in_order(next, order, Walk::Any), wanted).await?;
    Ok((found, total))
}

/// Of these rows those that are among the next few in order, by columns of certificates alone.
async fn near(
    transaction: &DatabaseTransaction,
    searched: Searched<'_>,
    rows: Select<certificate::Entity>,
    after: Option<Cursor>,
) -> Result<Select<certificate::Entity>, DbErr> {
    let order = searched.filter.order;
    let next = behind(searched.rows_of_columns(), after, order);
    let next = in_order(next, order, Walk::Index).offset(NEAR);
    let last = keys(transaction, next, 1).await?;
    Ok(match (last.first(), order) {
        (None, _) => rows,
        (Some(last), Order::Newest) => rows.filter(Column::Id.gte(last.number)),
        (Some(last), Order::Expiry) => rows.filter(Column::NotAfter.lte(last.ends_ms)),
        (Some(last), Order::Ended) => rows.filter(Column::NotAfter.gte(last.ends_ms)),
    })
}

/// Whether text is looked for, and tags that so many certificates have that those with the text are read sooner.
async fn are_tags_frequent(
    transaction: &DatabaseTransaction,
    filter: &Filter,
) -> Result<bool, DbErr> {
    if !filter.is_text_with_tags() {
        return Ok(false);
    }
    for wanted in &filter.tags {
        let rows = with_tag(wanted)
            .select_only()
            .column(tag::Column::CertificateId);
        if count_some(transaction, rows, FREQUENT).await? < FREQUENT {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
