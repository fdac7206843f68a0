//! The inventory searched: pages of certificates that a filter lets through, newest first.

use ers_runtime::clock::Clock;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _, LikeExpr},
};

use super::{
    Store, StoreError,
    certificate::read,
    entity::{certificate, certificate_name},
    reach::within,
};
use crate::domain::{
    access::Reach,
    inventory::{CertificateState, Entry, Filter, InventoryPage},
    page::{Page, PageRequest},
};

impl Store {
    /// A page of what the filter lets through.
    #[tracing::instrument(name = "db.inventory_certificate.search", skip_all)]
    pub async fn search_certificates(
        &self,
        filter: &Filter,
        reach: &Reach,
        page: &PageRequest<i64>,
        clock: &dyn Clock,
    ) -> Result<InventoryPage, StoreError> {
        let query = certificate::Entity::find()
            .filter(condition(filter, clock.now_ms()))
            .filter(within(
                reach,
                certificate::Column::Realm,
                certificate::Column::Policy,
            ));
        let act = StoreError::at("search certificates");
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        let rows = query
            .apply_if(page.after, |query, after| {
                query.filter(certificate::Column::Id.lt(after))
            })
            .order_by_desc(certificate::Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let entries: Vec<Entry> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(entries, page.size, total, |entry| {
            entry.number.to_string()
        }))
    }
}

fn condition(filter: &Filter, now_ms: i64) -> Condition {
    let mut all = Condition::all();
    if let Some(realm) = &filter.realm {
        all = all.add(certificate::Column::Realm.eq(realm.as_str()));
    }
    if let Some(text) = &filter.search {
        all = all.add(mentions(text));
    }
    if let Some(state) = filter.state {
        all = all.add(in_state(state, now_ms));
    }
    if let Some(within) = filter.expires_within {
        let within_ms = i64::try_from(within.whole_milliseconds()).unwrap_or(i64::MAX);
        all = all
            .add(in_state(CertificateState::Valid, now_ms))
            .add(certificate::Column::NotAfter.lte(now_ms.saturating_add(within_ms)));
    }
    all
}

pub(super) fn in_state(state: CertificateState, now_ms: i64) -> Condition {
    let not_revoked = certificate::Column::RevokedAt.is_null();
    match state {
        CertificateState::Revoked => {
            Condition::all().add(certificate::Column::RevokedAt.is_not_null())
        }
        CertificateState::Valid => Condition::all()
            .add(not_revoked)
            .add(certificate::Column::NotAfter.gte(now_ms)),
        CertificateState::Expired => Condition::all()
            .add(not_revoked)
            .add(certificate::Column::NotAfter.lt(now_ms)),
    }
}

/// Subject, serial or a name contains the text. The columns are in lower case already.
fn mentions(text: &str) -> Condition {
    let part = containing(text);
    let names = certificate_name::Entity::find()
        .select_only()
        .column(certificate_name::Column::CertificateId)
        .filter(Expr::col(certificate_name::Column::Name).like(part.clone()))
        .into_query();
    Condition::any()
        .add(
            Expr::col((certificate::Entity, certificate::Column::SubjectFolded)).like(part.clone()),
        )
        .add(Expr::col((certificate::Entity, certificate::Column::Serial)).like(part))
        .add(Expr::col((certificate::Entity, certificate::Column::Id)).in_subquery(names))
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
