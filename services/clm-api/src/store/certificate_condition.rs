//! What a filter of the inventory is in SQL.

use sea_orm::{
    ColumnTrait as _, Condition, DbBackend, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, LikeExpr},
};

use super::entity::{
    certificate, certificate_name, certificate_note as note, certificate_tag as tag,
};
use crate::domain::{
    id::{IssuerName, PolicyName, RealmName},
    inventory::{CertificateState, IMPORT},
    inventory_filter::{Filter, Source, TagFilter},
};

use certificate::Column;

/// As many hex digits stand for few certificates.
const FINGERPRINT_DIGITS: usize = 8;

/// How the rows with a tag are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagged {
    /// As the database thinks best: mostly all with the tag, and then their certificates one by one.
    Any,
    /// The certificates first, by what else is looked for; then which of them have the tag.
    Last,
}

/// The rows that the filter lets through.
pub(super) fn condition(
    filter: &Filter,
    now_ms: i64,
    backend: DbBackend,
    tagged: Tagged,
) -> Condition {
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
    all.add(noted(filter, tagged))
}

/// By what people wrote beside certificates.
fn noted(filter: &Filter, tagged: Tagged) -> Condition {
    let id = || Expr::col((certificate::Entity, Column::Id));
    let mut all = Condition::all();
    if let Some(owner) = &filter.owner {
        let owned = note::Entity::find()
            .select_only()
            .column(note::Column::CertificateId)
            .filter(note::Column::Owner.eq(owner.as_str()));
        all = all.add(id().in_subquery(owned.into_query()));
    }
    if filter.unowned && filter.tags.is_empty() {
        all = all.add(unowned(id()));
    }
    for (index, wanted) in filter.tags.iter().enumerate() {
        let of_tag = (tag::Entity, tag::Column::CertificateId);
        let numbers = with_tag(wanted)
            .select_only()
            .column(tag::Column::CertificateId)
            // Beside the tag: both are narrow, and certificates are wide.
            .apply_if((filter.unowned && index == 0).then_some(()), |query, ()| {
                query.filter(unowned(Expr::col(of_tag)))
            });
        let id = match tagged {
            Tagged::Any => id(),
            // By which no index has it.
            Tagged::Last => id().add(0),
        };
        all = all.add(id.in_subquery(numbers.into_query()));
    }
    all
}

/// One by one, and not all owners first: most pages are full soon.
fn unowned(number: Expr) -> Expr {
    let owned = note::Entity::find()
        .select_only()
        .column(note::Column::CertificateId)
        .filter(note::Column::Owner.ne(""))
        .filter(Expr::col((note::Entity, note::Column::CertificateId)).eq(number));
    Expr::exists(owned.into_query()).not()
}

/// The rows of a tag.
pub(super) fn with_tag(wanted: &TagFilter) -> Select<tag::Entity> {
    let TagFilter { name, value } = wanted;
    tag::Entity::find()
        .filter(tag::Column::Name.eq(name.as_str()))
        .apply_if(value.as_ref(), |query, value| {
            query.filter(tag::Column::Value.eq(value.as_str()))
        })
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
