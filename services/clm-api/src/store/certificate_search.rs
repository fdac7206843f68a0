//! The inventory searched: pages of certificates that a filter lets through, newest first or by their ends.

use ers_runtime::clock::Clock;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    TransactionTrait as _,
    sea_query::{Asterisk, Expr, ExprTrait as _, Func, LikeExpr, Query, SelectStatement},
};

use super::{
    Store, StoreError,
    certificate::read,
    entity::{certificate, certificate_name, certificate_note as note, certificate_tag as tag},
    reach::within,
};
use crate::domain::{
    access::Reach,
    id::{IssuerName, PolicyName, RealmName},
    inventory::{CertificateState, Entry, IMPORT, InventoryPage},
    inventory_filter::{Cursor, Filter, Order, Source, TagFilter},
    page::{Page, PageRequest},
};

use certificate::Column;

/// Rows are counted so far and no further: who has so many hits needs no exact number, and counting a million would take
/// longer than all the rest.
pub const MOST_COUNTED: u64 = 10_000;
/// As many hex digits stand for few certificates.
const FINGERPRINT_DIGITS: usize = 8;

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
        let total = self.count_found(filter, reach, MOST_COUNTED, clock).await?;
        let entries = self.read_certificates(filter, reach, page, clock).await?;
        let cursor = |entry: &Entry| cursor_of(entry, filter.order).to_string();
        Ok(Page::cut(entries, page.size, total, cursor))
    }

    /// The rows of a page and one more, where more follow.
    pub async fn read_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<Cursor>,
        clock: &dyn Clock,
    ) -> Result<Vec<Entry>, StoreError> {
        let query = self.searched(filter, reach, clock);
        let query = match (page.after, filter.order) {
            (Some(Cursor::Newest(number)), _) => query.filter(Column::Id.lt(number)),
            (Some(Cursor::Expiry(at_ms, number)), Order::Ended) => {
                query.filter(ended_before(at_ms, number))
            }
            (Some(Cursor::Expiry(at_ms, number)), _) => query.filter(behind(at_ms, number)),
            (None, _) => query,
        };
        let query = match filter.order {
            Order::Newest => query.order_by_desc(Column::Id),
            Order::Expiry => query
                .order_by_asc(Column::NotAfter)
                .order_by_asc(Column::Id),
            Order::Ended => query
                .order_by_desc(Column::NotAfter)
                .order_by_desc(Column::Id),
        };
        let act = StoreError::at("search certificates");
        let transaction = self.begin_search().await.map_err(&act)?;
        let rows = query
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
        let some = self
            .searched(filter, reach, clock)
            .select_only()
            .column(Column::Id)
            .limit(most)
            .into_query();
        let act = StoreError::at("count certificates");
        let transaction = self.begin_search().await.map_err(&act)?;
        let row = transaction.query_one(&counting(some)).await.map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        let row = row.ok_or_else(|| act(DbErr::RecordNotFound("a count".to_owned())))?;
        let count: i64 = row.try_get_by_index(0).map_err(&act)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What is looked for decides how it is found: PostgreSQL must not take the plan of another search.
    async fn begin_search(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.connection.begin().await?;
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let plan = "set local plan_cache_mode = force_custom_plan";
            transaction.execute_unprepared(plan).await?;
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

fn counting(some: SelectStatement) -> SelectStatement {
    Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(some, "some")
        .to_owned()
}

/// Where the page after this certificate begins.
pub fn cursor_of(entry: &Entry, order: Order) -> Cursor {
    match order {
        Order::Newest => Cursor::Newest(entry.number),
        Order::Expiry | Order::Ended => {
            Cursor::Expiry(entry.certificate.not_after_ms, entry.number)
        }
    }
}

/// Ended earlier, or at the same moment with a lower number.
fn ended_before(at_ms: i64, number: i64) -> Condition {
    Condition::all().add(Column::NotAfter.lte(at_ms)).add(
        Condition::any()
            .add(Column::NotAfter.lt(at_ms))
            .add(Column::Id.lt(number)),
    )
}

/// Ends later, or at the same moment with a higher number. The first comparison is what an index can be entered by.
fn behind(at_ms: i64, number: i64) -> Condition {
    Condition::all().add(Column::NotAfter.gte(at_ms)).add(
        Condition::any()
            .add(Column::NotAfter.gt(at_ms))
            .add(Column::Id.gt(number)),
    )
}

fn condition(filter: &Filter, now_ms: i64, backend: DbBackend) -> Condition {
    let equal = [
        (Column::Realm, filter.realm.as_ref().map(RealmName::as_str)),
        (
            Column::Policy,
            filter.policy.as_ref().map(PolicyName::as_str),
        ),
        (
            Column::Issuer,
            filter.issuer.as_ref().map(IssuerName::as_str),
        ),
        (Column::KeyAlgorithm, filter.key_algorithm.as_deref()),
        (Column::EndEntity, filter.end_entity.as_deref()),
    ];
    let mut all = Condition::all();
    for (column, wanted) in equal {
        if let Some(wanted) = wanted {
            all = all.add(column.eq(wanted));
        }
    }
    if let Some(text) = &filter.search {
        all = all.add(mentions(text, backend));
    }
    if let Some(state) = filter.state {
        all = all.add(in_state(state, now_ms));
    }
    if let Some(within) = filter.expires_within {
        let within_ms = i64::try_from(within.whole_milliseconds()).unwrap_or(i64::MAX);
        all = all
            .add(in_state(CertificateState::Valid, now_ms))
            .add(Column::NotAfter.lte(now_ms.saturating_add(within_ms)));
    }
    if let Some(from_ms) = filter.expires_from_ms {
        all = all.add(Column::NotAfter.gte(from_ms));
    }
    if let Some(before_ms) = filter.expires_before_ms {
        all = all.add(Column::NotAfter.lt(before_ms));
    }
    match filter.source {
        // Written out, so that an index over these rows alone is known to hold them.
        Some(Source::Imported) => all = all.add(Expr::cust(format!("protocol = '{IMPORT}'"))),
        Some(Source::Issued) => all = all.add(Column::Protocol.ne(IMPORT)),
        None => {}
    }
    all.add(noted(filter))
}

/// By what people wrote beside certificates.
fn noted(filter: &Filter) -> Condition {
    let id = || Expr::col((certificate::Entity, Column::Id));
    let mut all = Condition::all();
    let owned = note::Entity::find()
        .select_only()
        .column(note::Column::CertificateId);
    if let Some(owner) = &filter.owner {
        let owned = owned.clone().filter(note::Column::Owner.eq(owner.as_str()));
        all = all.add(id().in_subquery(owned.into_query()));
    }
    if filter.unowned {
        // One by one, and not all owners first: most pages are full soon.
        let note_of = Expr::col((note::Entity, note::Column::CertificateId)).eq(id());
        let owned = owned.filter(note::Column::Owner.ne("")).filter(note_of);
        all = all.add(Expr::exists(owned.into_query()).not());
    }
    for TagFilter { name, value } in &filter.tags {
        let tagged = tag::Entity::find()
            .select_only()
            .column(tag::Column::CertificateId)
            .filter(tag::Column::Name.eq(name.as_str()))
            .apply_if(value.as_ref(), |query, value| {
                query.filter(tag::Column::Value.eq(value.as_str()))
            });
        all = all.add(id().in_subquery(tagged.into_query()));
    }
    all
}

pub(super) fn in_state(state: CertificateState, now_ms: i64) -> Condition {
    let not_revoked = Column::RevokedAt.is_null();
    match state {
        CertificateState::Revoked => Condition::all().add(Column::RevokedAt.is_not_null()),
        CertificateState::Valid => Condition::all()
            .add(not_revoked)
            .add(Column::NotAfter.gte(now_ms)),
        CertificateState::Expired => Condition::all()
            .add(not_revoked)
            .add(Column::NotAfter.lt(now_ms)),
    }
}

/// Subject or a name contains the text, or serial or fingerprint begins with it.
fn mentions(text: &str, backend: DbBackend) -> Condition {
    let mut any = if backend == DbBackend::Postgres {
        text_contains(text)
    } else {
        let names = certificate_name::Entity::find()
            .select_only()
            .column(certificate_name::Column::CertificateId)
            .filter(Expr::col(certificate_name::Column::Name).like(containing(text)))
            .into_query();
        let subject = Expr::col((certificate::Entity, Column::SubjectFolded));
        Condition::any()
            .add(subject.like(containing(text)))
            .add(Expr::col((certificate::Entity, Column::Id)).in_subquery(names))
    };
    let digits: String = text.chars().filter(|one| *one != ':').collect();
    let digits = digits.to_ascii_lowercase();
    if digits.is_empty() || !digits.bytes().all(|one| one.is_ascii_hexdigit()) {
        return any;
    }
    // All hex digits sort before "g".
    let begins = |column: Column, digits: &str| {
        Condition::all()
            .add(column.gte(digits))
            .add(column.lt(format!("{digits}g")))
    };
    if digits.len() >= FINGERPRINT_DIGITS {
        any = any.add(begins(Column::Fingerprint, &digits));
    }
    match digits.trim_start_matches('0') {
        "" => any,
        serial => any.add(begins(Column::Serial, serial)),
    }
}

/// On PostgreSQL: subject and names as one text, as the index over its trigrams has it (`inventory_certificate_by_text`),
/// of which the statistics say how many there are.
fn text_contains(text: &str) -> Condition {
    const TEXT: &str = r#""inventory_certificate"."subject_folded" || chr(10) || lower("inventory_certificate"."subject_alternative_names")"#;
    let as_it_is = Condition::any().add(Expr::cust(TEXT).like(containing(text)));
    match as_in_json(text) {
        quoted if quoted == text => as_it_is,
        quoted => as_it_is.add(Expr::cust(TEXT).like(containing(&quoted))),
    }
}

/// As the text stands within a list of names in JSON.
fn as_in_json(text: &str) -> String {
    let quoted = serde_json::json!(text).to_string();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

/// The LIKE pattern of a text that means only itself. `!` escapes: what a backslash means differs between databases.
pub(super) fn containing(text: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for sign in text.to_lowercase().chars() {
        if matches!(sign, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('!')
}
