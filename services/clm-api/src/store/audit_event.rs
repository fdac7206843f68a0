//! The trail of acts. Rows are only ever added, each chained to the one before.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _, ExprTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, Func},
};

use super::{
    Inserted, Store, StoreError,
    certificate_condition::containing,
    entity::{audit_event, audit_head},
    reach::within_realms,
};
pub use crate::domain::trail::AuditEvent;
use crate::domain::{
    access::Reach,
    page::{Page, PageRequest},
    trail::{BEGINNING, ChainReport, Link, TrailFilter, TrailPage, WrittenEvent},
};

use audit_event::Column;

const CHAIN: &str = "clm";
const AT_A_TIME: u64 = 1000;

impl Store {
    /// Makes the beginning of the chain, unless it is there.
    pub async fn ensure_audit_head(&self) -> Result<(), StoreError> {
        let row = audit_head::ActiveModel {
            chain: Set(CHAIN.to_owned()),
            sequence: Set(0),
            digest: Set(BEGINNING.to_owned()),
        };
        let inserted = audit_head::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("begin the trail"))?;
        Ok(())
    }

    /// Adds an act to the trail; its place there.
    #[tracing::instrument(name = "db.audit_event.insert", skip_all)]
    pub async fn add_audit_event(&self, event: &AuditEvent) -> Result<Link, StoreError> {
        let event = AuditEvent {
            actor: cut(&event.actor),
            object: cut(&event.object),
            ..event.clone()
        };
        db::retry("write audit event", || async {
            let act = StoreError::at("write audit event");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            let link = append(&transaction, &event).await.map_err(&act)?;
            transaction.commit().await.map_err(&act)?;
            Ok::<_, StoreError>(link)
        })
        .await
    }

    /// A page of the trail, newest first, as far as somebody may see it.
    #[tracing::instrument(name = "db.audit_event.search", skip_all)]
    pub async fn search_trail(
        &self,
        filter: &TrailFilter,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<TrailPage, StoreError> {
        let act = StoreError::at("search the trail");
        let query = audit_event::Entity::find().filter(condition(filter, reach));
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        let rows = query
            .apply_if(page.after, |query, after| {
                query.filter(Column::Id.lt(after))
            })
            .order_by_desc(Column::Id)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let events = rows.into_iter().map(read).collect();
        Ok(Page::cut(
            events,
            page.size,
            total,
            |event: &WrittenEvent| event.number.to_string(),
        ))
    }

    /// Follows the chain from its beginning to its end.
    #[tracing::instrument(name = "db.audit_event.verify", skip_all)]
    pub async fn verify_trail(&self) -> Result<ChainReport, StoreError> {
        let act = StoreError::at("verify the trail");
        // The head first: what is added meanwhile is not looked at.
        let head = audit_head::Entity::find_by_id(CHAIN)
            .one(&self.connection)
            .await
            .map_err(&act)?;
        let head = Link {
            sequence: head.as_ref().map_or(0, |row| row.sequence),
            digest: head.map_or_else(|| BEGINNING.to_owned(), |row| row.digest),
        };
        let unchained = audit_event::Entity::find()
            .filter(Column::Sequence.is_null())
            .count(&self.connection)
            .await
            .map_err(&act)?;
        let mut last = Link {
            sequence: 0,
            digest: BEGINNING.to_owned(),
        };
        let report = |last: &Link, broken_at| ChainReport {
            events: u64::try_from(last.sequence).unwrap_or(0),
            unchained,
            head: head.clone(),
            broken_at,
        };
        while last.sequence < head.sequence {
            let rows = audit_event::Entity::find()
                .filter(Column::Sequence.gt(last.sequence))
                .filter(Column::Sequence.lte(head.sequence))
                .order_by_asc(Column::Sequence)
                .limit(AT_A_TIME)
                .all(&self.connection)
                .await
                .map_err(&act)?;
            if rows.is_empty() {
                return Ok(report(&last, Some(last.sequence.saturating_add(1))));
            }
            for row in rows {
                let wanted = last.sequence.saturating_add(1);
                let written = read(row);
                let link = written.event.chained(&last.digest, wanted);
                if written.link.as_ref() != Some(&link) {
                    return Ok(report(&last, Some(wanted)));
                }
                last = link;
            }
        }
        let broken_at = (last != head).then_some(last.sequence);
        Ok(report(&last, broken_at))
    }
}

/// The head's row is changed first: who comes at the same moment waits for it.
async fn append(transaction: &DatabaseTransaction, event: &AuditEvent) -> Result<Link, DbErr> {
    audit_head::Entity::update_many()
        .col_expr(
            audit_head::Column::Sequence,
            Expr::col(audit_head::Column::Sequence).add(1),
        )
        .filter(audit_head::Column::Chain.eq(CHAIN))
        .exec(transaction)
        .await?;
    let head = audit_head::Entity::find_by_id(CHAIN)
        .one(transaction)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the end of the chain of acts".to_owned()))?;
    let link = event.chained(&head.digest, head.sequence);
    audit_event::Entity::insert(audit_event::ActiveModel {
        at: Set(event.at_ms),
        actor: Set(event.actor.clone()),
        act: Set(event.act.clone()),
        object: Set(event.object.clone()),
        detail: Set(event.detail.clone()),
        origin: Set(event.origin.clone()),
        realm: Set(event.realm.clone()),
        state_before: Set(event.before.clone()),
        state_after: Set(event.after.clone()),
        sequence: Set(Some(link.sequence)),
        digest: Set(Some(link.digest.clone())),
        ..Default::default()
    })
    .exec_without_returning(transaction)
    .await?;
    audit_head::Entity::update_many()
        .col_expr(
            audit_head::Column::Digest,
            Expr::value(link.digest.as_str()),
        )
        .filter(audit_head::Column::Chain.eq(CHAIN))
        .exec(transaction)
        .await?;
    Ok(link)
}

fn condition(filter: &TrailFilter, reach: &Reach) -> Condition {
    let mut all = Condition::all().add(within_realms(reach, Column::Realm));
    if let Some(actor) = &filter.actor {
        all = all.add(Column::Actor.eq(actor.as_str()));
    }
    if let Some(act) = &filter.act {
        all = all.add(if act.contains('.') {
            Column::Act.eq(act.as_str())
        } else {
            Column::Act.starts_with(format!("{act}."))
        });
    }
    if let Some(object) = &filter.object {
        all = all.add(Column::Object.eq(object.as_str()));
    }
    if let Some(realm) = &filter.realm {
        all = all.add(Column::Realm.eq(realm.as_str()));
    }
    if let Some(from_ms) = filter.from_ms {
        all = all.add(Column::At.gte(from_ms));
    }
    if let Some(until_ms) = filter.until_ms {
        all = all.add(Column::At.lt(until_ms));
    }
    if let Some(text) = &filter.search {
        all = all.add(
            Condition::any()
                .add(lower(Column::Object).like(containing(text)))
                .add(lower(Column::Detail).like(containing(text))),
        );
    }
    all
}

fn lower(column: Column) -> Expr {
    Func::lower(Expr::col(column)).into()
}

fn read(row: audit_event::Model) -> WrittenEvent {
    WrittenEvent {
        number: row.id,
        link: row
            .sequence
            .zip(row.digest)
            .map(|(sequence, digest)| Link { sequence, digest }),
        event: AuditEvent {
            at_ms: row.at,
            actor: row.actor,
            act: row.act,
            object: row.object,
            realm: row.realm,
            detail: row.detail,
            before: row.state_before,
            after: row.state_after,
            origin: row.origin,
        },
    }
}

/// As much as the column holds.
fn cut(text: &str) -> String {
    text.chars().take(255).collect()
}
