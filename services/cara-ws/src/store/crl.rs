//! Table `crl`: the newest few of each stream. A large one stands in `crl_piece`, since not every database takes it whole.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Query,
};

use super::{
    Fence, Store, StoreError,
    entity::{crl, crl_piece},
    event::NewEvent,
    failed, lease,
};
use crate::domain::{AuthorityName, CrlName, CrlStream};

/// Older ones are deleted: nobody asks for them, and they are large.
const KEPT: i64 = 3;
/// Longest that is stored whole, and length of the pieces of a longer one.
const PIECE: usize = 512 * 1024;
/// Pieces that were not published for so long never will be.
const ABANDONED_MS: i64 = 3_600_000;

/// What a published CRL says beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlHead {
    /// CRL number.
    pub number: i64,
    /// Epoch milliseconds.
    pub this_update_ms: i64,
    /// Epoch milliseconds.
    pub next_update_ms: i64,
    /// Number of the complete one that a delta CRL goes on from.
    pub base_number: Option<i64>,
    /// It tells all revocations up to this event; 0: it is not known which.
    pub event_sequence: i64,
    /// How many entries it has.
    pub entries: i64,
    /// Where its octets are; none: in the row.
    publication: Option<String>,
}

impl CrlHead {
    /// Of a CRL that is to be published.
    #[must_use]
    pub fn new(number: i64, this_update_ms: i64, next_update_ms: i64) -> Self {
        Self {
            number,
            this_update_ms,
            next_update_ms,
            base_number: None,
            event_sequence: 0,
            entries: 0,
            publication: None,
        }
    }
}

/// What became of a CRL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is the newest of its stream.
    Yes,
    /// Another publisher has taken over: what this one made is dropped.
    Overtaken,
}

impl Store {
    /// What the newest CRLs of a name say, the newest first, at most [`KEPT`].
    pub async fn list_crl_heads(&self, name: &CrlName) -> Result<Vec<CrlHead>, StoreError> {
        let rows: Vec<HeadColumns> = heads()
            .filter(of_name(name))
            .order_by_desc(crl::Column::Number)
            .limit(KEPT.unsigned_abs())
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load CRL numbers"))?;
        Ok(rows.into_iter().map(read_head).collect())
    }

    /// What the newest CRL of a name says.
    pub async fn find_crl_head(&self, name: &CrlName) -> Result<Option<CrlHead>, StoreError> {
        let row: Option<HeadColumns> = heads()
            .filter(of_name(name))
            .order_by_desc(crl::Column::Number)
            .into_tuple()
            .one(&self.connection)
            .await
            .map_err(failed("load CRL number"))?;
        Ok(row.map(read_head))
    }

    /// Partitions of a CA's generation that have had CRLs.
    pub async fn list_crl_partitions(&self, whole: &CrlStream) -> Result<Vec<i32>, StoreError> {
        crl::Entity::find()
            .select_only()
            .column(crl::Column::Partition)
            .distinct()
            .filter(crl::Column::Authority.eq(whole.authority.as_str()))
            .filter(crl::Column::Generation.eq(whole.generation))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load CRL partitions"))
    }

    /// Names and heads of the newest CRLs of a CA.
    pub async fn list_crls(
        &self,
        authority: &AuthorityName,
    ) -> Result<Vec<(CrlName, CrlHead)>, StoreError> {
        let names: Vec<(i16, i32, bool)> = crl::Entity::find()
            .select_only()
            .columns([
                crl::Column::Generation,
                crl::Column::Partition,
                crl::Column::Delta,
            ])
            .distinct()
            .filter(crl::Column::Authority.eq(authority.as_str()))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("list CRLs"))?;
        let mut found = Vec::with_capacity(names.len());
        for (generation, partition, delta) in names {
            let name = CrlName {
                stream: CrlStream::whole(authority, generation).partition(partition),
                delta,
            };
            if let Some(head) = self.find_crl_head(&name).await? {
                found.push((name, head));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    /// A piece of a CRL's octets, from 0 on; none behind the last.
    pub async fn load_crl_piece(
        &self,
        name: &CrlName,
        head: &CrlHead,
        ordinal: i32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        const ACT: &str = "load CRL";
        let Some(publication) = &head.publication else {
            if ordinal > 0 {
                return Ok(None);
            }
            return crl::Entity::find()
                .select_only()
                .column(crl::Column::Der)
                .filter(of_name(name))
                .filter(crl::Column::Number.eq(head.number))
                .into_tuple()
                .one(&self.connection)
                .await
                .map_err(failed(ACT));
        };
        crl_piece::Entity::find()
            .select_only()
            .column(crl_piece::Column::Octets)
            .filter(crl_piece::Column::Publication.eq(publication.as_str()))
            .filter(crl_piece::Column::Ordinal.eq(ordinal))
            .into_tuple()
            .one(&self.connection)
            .await
            .map_err(failed(ACT))
    }

    /// Publishes a CRL, whole and at once, while the lease is held: a reader sees the one before or this one.
    pub async fn publish_crl(
        &self,
        name: &CrlName,
        mut head: CrlHead,
        der: &[u8],
        fence: &Fence,
    ) -> Result<Published, StoreError> {
        const ACT: &str = "publish CRL";
        if der.len() > PIECE {
            let publication = uuid::Uuid::new_v4().to_string();
            self.store_pieces(&publication, der).await?;
            head.publication = Some(publication);
        }
        let in_row = if head.publication.is_some() { &[] } else { der };
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            if !lease::is_held(&transaction, fence).await? {
                return Ok(Published::Overtaken);
            }
            let inserted = crl::Entity::insert(write(name, &head, in_row))
                .exec_without_returning(&transaction)
                .await;
            match inserted {
                // a replica of the release before, which knows no leases for CRLs
                Err(error) if db::is_duplicate(&error) => return Ok(Published::Overtaken),
                other => drop(other.map_err(failed(ACT))?),
            }
            self.delete_old(&transaction, name, head.number).await?;
            let event = NewEvent::crl_published(name, head.number);
            let last = self.append_events(&transaction, &[event]).await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(last);
            Ok(Published::Yes)
        })
        .await
    }

    async fn store_pieces(&self, publication: &str, der: &[u8]) -> Result<(), StoreError> {
        const ACT: &str = "store CRL";
        let created_at = self.clock.now_ms();
        for (octets, ordinal) in der.chunks(PIECE).zip(0..) {
            db::retry(ACT, async || {
                let piece = crl_piece::ActiveModel {
                    publication: Set(publication.to_owned()),
                    ordinal: Set(ordinal),
                    octets: Set(octets.to_vec()),
                    created_at: Set(created_at),
                };
                crl_piece::Entity::insert(piece)
                    .exec_without_returning(&self.connection)
                    .await
                    .map_err(failed(ACT))
            })
            .await?;
        }
        Ok(())
    }

    /// Deletes what the new one makes old, and pieces that nobody came to publish.
    async fn delete_old(
        &self,
        transaction: &DatabaseTransaction,
        name: &CrlName,
        number: i64,
    ) -> Result<(), StoreError> {
        const ACT: &str = "delete old CRLs";
        // Counted in CRLs, not in numbers: delta CRLs have numbers of the same sequence.
        let kept: Vec<i64> = crl::Entity::find()
            .select_only()
            .column(crl::Column::Number)
            .filter(of_name(name))
            .filter(crl::Column::Number.lte(number))
            .order_by_desc(crl::Column::Number)
            .limit(KEPT.unsigned_abs())
            .into_tuple()
            .all(transaction)
            .await
            .map_err(failed(ACT))?;
        let Some(oldest) = kept.last() else {
            return Ok(());
        };
        let old = of_name(name).add(crl::Column::Number.lt(*oldest));
        let publications: Vec<Option<String>> = crl::Entity::find()
            .select_only()
            .column(crl::Column::Publication)
            .filter(old.clone())
            .into_tuple()
            .all(transaction)
            .await
            .map_err(failed(ACT))?;
        crl::Entity::delete_many()
            .filter(old)
            .exec(transaction)
            .await
            .map_err(failed(ACT))?;
        let published = Query::select()
            .column(crl::Column::Publication)
            .from(crl::Entity)
            .and_where(crl::Column::Publication.is_not_null())
            .to_owned();
        let abandoned = Condition::all()
            .add(crl_piece::Column::CreatedAt.lt(self.clock.now_ms() - ABANDONED_MS))
            .add(crl_piece::Column::Publication.not_in_subquery(published));
        let of_old = crl_piece::Column::Publication.is_in(publications.into_iter().flatten());
        crl_piece::Entity::delete_many()
            .filter(Condition::any().add(of_old).add(abandoned))
            .exec(transaction)
            .await
            .map_err(failed(ACT))?;
        Ok(())
    }
}

type HeadColumns = (i64, i64, i64, Option<i64>, i64, i64, Option<String>);

fn heads() -> sea_orm::Select<crl::Entity> {
    crl::Entity::find().select_only().columns([
        crl::Column::Number,
        crl::Column::ThisUpdate,
        crl::Column::NextUpdate,
        crl::Column::BaseNumber,
        crl::Column::EventSequence,
        crl::Column::Entries,
        crl::Column::Publication,
    ])
}

fn read_head(columns: HeadColumns) -> CrlHead {
    let (number, this_update_ms, next_update_ms, base_number, event_sequence, entries, publication) =
        columns;
    CrlHead {
        number,
        this_update_ms,
        next_update_ms,
        base_number,
        event_sequence,
        entries,
        publication,
    }
}

fn of_name(name: &CrlName) -> Condition {
    Condition::all()
        .add(crl::Column::Authority.eq(name.stream.authority.as_str()))
        .add(crl::Column::Generation.eq(name.stream.generation))
        .add(crl::Column::Partition.eq(name.stream.partition))
        .add(crl::Column::Delta.eq(name.delta))
}

fn write(name: &CrlName, head: &CrlHead, der: &[u8]) -> crl::ActiveModel {
    crl::ActiveModel {
        authority: Set(name.stream.authority.to_string()),
        generation: Set(name.stream.generation),
        partition: Set(name.stream.partition),
        delta: Set(name.delta),
        number: Set(head.number),
        der: Set(der.to_vec()),
        this_update: Set(head.this_update_ms),
        next_update: Set(head.next_update_ms),
        base_number: Set(head.base_number),
        event_sequence: Set(head.event_sequence),
        entries: Set(head.entries),
        publication: Set(head.publication.clone()),
    }
}
