//! Going through certificates in an order that an index has, a stretch at a time. What is found is an outline; whole
//! rows are read only of what is wanted.

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _,
    QueryResult, QuerySelect as _,
    sea_query::{Query, SelectStatement},
};

use super::{
    Store, StoreError,
    certificate::read_record,
    entity::{certificate, event},
    failed,
    index_entity::certificate_name,
    key::CertificateKey,
};
use crate::domain::{AuthorityName, Cursor, Order, Outline, Record, Times, WantedName};
use ers_pki::serial::SerialNumber;

const ACT: &str = "search certificates";

/// The columns of an outline behind those of the key.
const OUTLINE: [certificate::Column; 5] = [
    certificate::Column::Profile,
    certificate::Column::IssuedAt,
    certificate::Column::NotAfter,
    certificate::Column::RevokedAt,
    certificate::Column::RevocationReason,
];

/// A stretch of certificates.
#[derive(Debug)]
pub struct Stretch {
    /// Each with the cursor of a page that would end with it.
    pub outlines: Vec<(Cursor, Outline)>,
    /// Where the stretch ends; none: nothing follows.
    pub end: Option<Cursor>,
}

impl Stretch {
    /// An empty one that nothing follows.
    pub fn nothing() -> Self {
        Self::of(Vec::new())
    }

    /// Few certificates that nothing follows.
    pub fn of(outlines: Vec<Outline>) -> Self {
        let with_cursor = |outline: Outline| {
            let cursor = Cursor {
                order: Order::IssuedAt,
                number: outline.issued_at_ms,
                text: outline.serial.clone(),
            };
            (cursor, outline)
        };
        Self {
            outlines: outlines.into_iter().map(with_cursor).collect(),
            end: None,
        }
    }
}

impl Store {
    /// Certificates with a name, in the order of the index.
    pub async fn stretch_by_name(
        &self,
        wanted: &WantedName,
        after: Option<&Cursor>,
        size: u64,
    ) -> Result<Stretch, StoreError> {
        let mut places = Vec::new();
        // 1. What has the same name as the last one, and is older.
        let (exactly, older_than) = match after {
            Some(after) => (Some(after.text.as_str()), after.number),
            None if wanted.is_prefix => (None, i64::MIN),
            None => (Some(wanted.name.value.as_str()), i64::MIN),
        };
        if let Some(value) = exactly {
            let rest = names(wanted, size)
                .and_where(certificate_name::Column::Value.eq(value))
                .and_where(certificate_name::Column::Place.gt(older_than))
                .take();
            places = self.places(&rest).await?;
        }
        // 2. The names behind it.
        let left = size.saturating_sub(u64::try_from(places.len()).unwrap_or(u64::MAX));
        if wanted.is_prefix && left > 0 {
            let value = certificate_name::Column::Value;
            let beginning = &wanted.name.value;
            let behind = match exactly {
                Some(last) => value.gt(last),
                None => value.gte(beginning.as_str()),
            };
            let rest = names(wanted, left)
                .and_where(behind)
                .and_where(value.lt(format!("{beginning}{}", char::MAX)))
                .take();
            places.extend(self.places(&rest).await?);
        }
        let full = u64::try_from(places.len()).unwrap_or(u64::MAX) >= size;
        let end = places.last().filter(|_| full).map(cursor_of);
        let outlines = self.outlines_at(&places).await?;
        Ok(Stretch { outlines, end })
    }

    async fn places(&self, select: &SelectStatement) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self
            .connection
            .query_all(select)
            .await
            .map_err(failed(ACT))?;
        rows.iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
            .collect::<Result<_, _>>()
            .map_err(failed(ACT))
    }

    async fn outlines_at(
        &self,
        places: &[(String, i64)],
    ) -> Result<Vec<(Cursor, Outline)>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let events: Vec<(i64, String, String)> = event::Entity::find()
            .select_only()
            .columns([
                event::Column::Sequence,
                event::Column::Issuer,
                event::Column::Serial,
            ])
            .filter(event::Column::Sequence.is_in(places.iter().map(|(_, place)| -place)))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        let keys: std::collections::HashMap<i64, CertificateKey> = events
            .into_iter()
            .map(|(sequence, issuer, serial)| (sequence, CertificateKey { issuer, serial }))
            .collect();
        let found = self
            .load_by_keys(keys.values(), OUTLINE, read_rest, ACT)
            .await?;
        Ok(places
            .iter()
            .filter_map(|place| {
                let key = keys.get(&-place.1)?;
                Some((cursor_of(place), found.get(key)?.of(key)))
            })
            .collect())
    }

    /// Certificates by one of their times, of one CA or of all.
    pub async fn stretch_by_time(
        &self,
        order: Order,
        issuer: Option<&AuthorityName>,
        times: Option<&Times>,
        after: Option<&Cursor>,
        size: u64,
    ) -> Result<Stretch, StoreError> {
        let issuers = match issuer {
            Some(issuer) => vec![issuer.to_string()],
            None => self.load_issuers().await?,
        };
        let mut outlines = Vec::new();
        for issuer in issuers {
            let select = by_time(order, &issuer, times, after, size);
            let rows = self
                .connection
                .query_all(&select)
                .await
                .map_err(failed(ACT))?;
            for row in &rows {
                outlines.push(read_outline(row).map_err(failed(ACT))?);
            }
        }
        // Each CA's are in order; together they are merged.
        outlines.sort_by(|a, b| {
            let (a, b) = (
                (time_of(order, a), &a.serial),
                (time_of(order, b), &b.serial),
            );
            if order == Order::NotAfter {
                a.cmp(&b)
            } else {
                b.cmp(&a)
            }
        });
        outlines.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let full = u64::try_from(outlines.len()).unwrap_or(u64::MAX) >= size;
        let outlines: Vec<_> = outlines
            .into_iter()
            .map(|outline| {
                let cursor = Cursor {
                    order,
                    number: time_of(order, &outline),
                    text: outline.serial.clone(),
                };
                (cursor, outline)
            })
            .collect();
        let end = outlines
            .last()
            .filter(|_| full)
            .map(|(cursor, _)| cursor.clone());
        Ok(Stretch { outlines, end })
    }

    /// The certificates of all CAs with that serial number.
    pub async fn outlines_with_serial(
        &self,
        serial: &SerialNumber,
    ) -> Result<Vec<Outline>, StoreError> {
        let issuers = self.load_issuers().await?;
        let keys: Vec<_> = issuers
            .into_iter()
            .map(|issuer| CertificateKey {
                issuer,
                serial: serial.to_hex(),
            })
            .collect();
        let found = self.load_by_keys(&keys, OUTLINE, read_rest, ACT).await?;
        let mut outlines: Vec<_> = found.iter().map(|(key, rest)| rest.of(key)).collect();
        outlines.sort_by_key(|outline| std::cmp::Reverse(outline.issued_at_ms));
        Ok(outlines)
    }

    /// The certificate with that SHA-256 fingerprint.
    pub async fn outline_with_fingerprint(
        &self,
        fingerprint: &[u8],
    ) -> Result<Option<Outline>, StoreError> {
        let mut select = Query::select();
        select
            .columns([certificate::Column::Issuer, certificate::Column::Serial])
            .columns(OUTLINE)
            .from(certificate::Entity)
            .and_where(certificate::Column::Fingerprint.eq(hex::encode(fingerprint)));
        let row = self
            .connection
            .query_one(&select)
            .await
            .map_err(failed(ACT))?;
        row.as_ref()
            .map(read_outline)
            .transpose()
            .map_err(failed(ACT))
    }

    /// The whole of these certificates, in this order.
    pub async fn load_outlined(&self, outlines: &[&Outline]) -> Result<Vec<Record>, StoreError> {
        if outlines.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = outlines
            .iter()
            .map(|outline| CertificateKey {
                issuer: outline.issuer.clone(),
                serial: outline.serial.clone(),
            })
            .collect();
        let rows = self.load_whole(&keys, ACT).await?;
        let mut rows: std::collections::HashMap<CertificateKey, certificate::Model> = rows
            .into_iter()
            .map(|row| {
                let key = CertificateKey {
                    issuer: row.issuer.clone(),
                    serial: row.serial.clone(),
                };
                (key, row)
            })
            .collect();
        keys.iter()
            .filter_map(|key| rows.remove(key))
            .map(read_record)
            .collect()
    }
}

fn names(wanted: &WantedName, size: u64) -> SelectStatement {
    Query::select()
        .columns([
            certificate_name::Column::Value,
            certificate_name::Column::Place,
        ])
        .from(certificate_name::Entity)
        .and_where(certificate_name::Column::Kind.eq(wanted.name.kind.code()))
        .order_by(certificate_name::Column::Value, sea_orm::Order::Asc)
        .order_by(certificate_name::Column::Place, sea_orm::Order::Asc)
        .limit(size)
        .take()
}

fn cursor_of((value, place): &(String, i64)) -> Cursor {
    Cursor {
        order: Order::Name,
        number: *place,
        text: value.clone(),
    }
}

fn by_time(
    order: Order,
    issuer: &str,
    times: Option<&Times>,
    after: Option<&Cursor>,
    size: u64,
) -> SelectStatement {
    let (time, ascending) = match order {
        Order::NotAfter => (certificate::Column::NotAfter, true),
        Order::RevokedAt => (certificate::Column::RevokedAt, false),
        Order::Name | Order::IssuedAt => (certificate::Column::IssuedAt, false),
    };
    let serial = certificate::Column::Serial;
    let mut condition = Condition::all().add(certificate::Column::Issuer.eq(issuer));
    if order == Order::RevokedAt {
        condition = condition.add(time.is_not_null());
    }
    if let Some(times) = times {
        condition = condition.add(time.gte(times.start)).add(time.lt(times.end));
    }
    if let Some(Cursor { number, text, .. }) = after {
        let text = text.as_str();
        condition = if ascending {
            let behind = Condition::any().add(time.gt(*number)).add(serial.gt(text));
            condition.add(time.gte(*number)).add(behind)
        } else {
            let behind = Condition::any().add(time.lt(*number)).add(serial.lt(text));
            condition.add(time.lte(*number)).add(behind)
        };
    }
    let direction = if ascending {
        sea_orm::Order::Asc
    } else {
        sea_orm::Order::Desc
    };
    Query::select()
        .columns([certificate::Column::Issuer, serial])
        .columns(OUTLINE)
        .from(certificate::Entity)
        .cond_where(condition)
        .order_by(time, direction.clone())
        .order_by(serial, direction)
        .limit(size)
        .take()
}

fn time_of(order: Order, outline: &Outline) -> i64 {
    match order {
        Order::NotAfter => outline.not_after_ms,
        Order::RevokedAt => outline.revoked_at_ms.unwrap_or(i64::MIN),
        Order::Name | Order::IssuedAt => outline.issued_at_ms,
    }
}

/// An outline but for its key.
struct Rest {
    profile: String,
    issued_at: i64,
    not_after: i64,
    revoked_at: Option<i64>,
    reason: Option<i16>,
}

impl Rest {
    fn of(&self, key: &CertificateKey) -> Outline {
        Outline {
            issuer: key.issuer.clone(),
            serial: key.serial.clone(),
            profile: self.profile.clone(),
            issued_at_ms: self.issued_at,
            not_after_ms: self.not_after,
            revoked_at_ms: self.revoked_at,
            reason_code: self.reason,
        }
    }
}

fn read_rest(row: &QueryResult) -> Result<Rest, DbErr> {
    Ok(Rest {
        profile: row.try_get_by_index(2)?,
        issued_at: row.try_get_by_index(3)?,
        not_after: row.try_get_by_index(4)?,
        revoked_at: row.try_get_by_index(5)?,
        reason: row.try_get_by_index(6)?,
    })
}

fn read_outline(row: &QueryResult) -> Result<Outline, DbErr> {
    let key = CertificateKey {
        issuer: row.try_get_by_index(0)?,
        serial: row.try_get_by_index(1)?,
    };
    Ok(read_rest(row)?.of(&key))
}
