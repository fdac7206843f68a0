//! Searching: the best index for what is asked decides the order; what it gives is looked at a stretch at a time, at
//! most so many certificates per call. So no search, however it is put, costs more than a known number of rows.

use std::time::Duration;

use super::{Core, index_names};
use crate::{
    domain::{Criteria, Cursor, NameKind, Order, Outline, Record, Times, WantedName, WantedState},
    store::{Store, StoreError, Stretch},
};

/// Most certificates that one call looks at. A page may end sooner for it, with a cursor to go on from.
const LARGEST_LOOK: usize = 10_000;
/// Certificates of a stretch, after the first.
const STRETCH: u64 = 1_000;
/// A search by name sees what was issued before it, unless the index is further behind than this. So long a search also
/// waits for others.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// The certificates, in the order of the search.
    pub records: Vec<Record>,
    /// Where the next page begins; none: no more.
    pub next: Option<Cursor>,
    /// How many certificates were looked at.
    pub examined: u64,
    /// Whether everything issued before the search could be found.
    pub is_complete: bool,
}

/// Why a search is not made.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The cursor is another search's.
    #[error("search: the page token belongs to another search")]
    Cursor,
    /// As many searches as there may be are under way.
    #[error("search: too many searches at once, try again")]
    Busy,
    /// The database failed.
    #[error("search certificates")]
    Store(#[source] StoreError),
}

impl ers_runtime::error::Fault for SearchError {
    fn kind(&self) -> ers_runtime::error::Kind {
        match self {
            Self::Cursor => ers_runtime::error::Kind::InvalidArgument,
            Self::Busy => ers_runtime::error::Kind::ResourceExhausted,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Cursor => Some("page_token"),
            Self::Busy | Self::Store(_) => None,
        }
    }
}

/// What the certificates are gone through by.
enum Way<'a> {
    Serial,
    Fingerprint(&'a [u8]),
    Name(&'a WantedName),
    Time(Order, Option<Times>),
}

/// A page of what meets the criteria.
#[tracing::instrument(name = "cara.search", skip_all)]
pub async fn search(
    core: &Core,
    criteria: &Criteria,
    after: Option<Cursor>,
    size: usize,
) -> Result<Found, SearchError> {
    // However slow searches are, there are connections left for issuing, status and CRLs.
    let _one_of_few = tokio::time::timeout(LONGEST_WAIT, core.searches.acquire())
        .await
        .map_err(|_| SearchError::Busy)?;
    let now_ms = core.context.clock.now_ms();
    let way = way(criteria, now_ms);
    let order = match way {
        Way::Name(_) => Order::Name,
        Way::Time(order, _) => order,
        Way::Serial | Way::Fingerprint(_) => Order::IssuedAt,
    };
    if after
        .as_ref()
        .is_some_and(|after| !belongs(after, order, &way))
    {
        return Err(SearchError::Cursor);
    }
    let mut is_complete = true;
    if matches!(way, Way::Name(_)) && after.is_none() {
        let head = core
            .store
            .refresh_head()
            .await
            .map_err(SearchError::Store)?;
        let position = index_names::wait_for(core, head, LONGEST_WAIT)
            .await
            .map_err(SearchError::Store)?;
        is_complete = position >= head;
    }
    let mut found = walk(&core.store, criteria, &way, after, size, now_ms)
        .await
        .map_err(SearchError::Store)?;
    found.is_complete = is_complete;
    Ok(found)
}

fn belongs(after: &Cursor, order: Order, way: &Way<'_>) -> bool {
    let of_name = match way {
        Way::Name(wanted) if wanted.is_prefix => after.text.starts_with(&wanted.name.value),
        Way::Name(wanted) => after.text == wanted.name.value,
        Way::Serial | Way::Fingerprint(_) | Way::Time(..) => true,
    };
    after.order == order && of_name
}

/// The index that leaves the fewest certificates to look at.
fn way(criteria: &Criteria, now_ms: i64) -> Way<'_> {
    if criteria.serial.is_some() {
        return Way::Serial;
    }
    if let Some(fingerprint) = &criteria.fingerprint {
        return Way::Fingerprint(fingerprint);
    }
    let best = criteria.names.iter().min_by_key(|wanted| {
        let kind = match wanted.name.kind {
            NameKind::PublicKey | NameKind::KeyIdentifier => 0,
            NameKind::Subject | NameKind::Uri | NameKind::Mailbox | NameKind::Other => 1,
            NameKind::Dns | NameKind::Ip => 2,
            NameKind::EndEntity => 3,
            NameKind::Attribute => 4,
        };
        (wanted.is_prefix, kind)
    });
    if let Some(best) = best {
        return Way::Name(best);
    }
    let revoked = matches!(
        criteria.state,
        Some(WantedState::Revoked | WantedState::Held)
    );
    if criteria.revoked.is_some() || revoked {
        return Way::Time(Order::RevokedAt, criteria.revoked.clone());
    }
    if let Some(times) = &criteria.issued {
        return Way::Time(Order::IssuedAt, Some(times.clone()));
    }
    if let Some(times) = &criteria.not_after {
        return Way::Time(Order::NotAfter, Some(times.clone()));
    }
    if criteria.state == Some(WantedState::Expired) {
        return Way::Time(Order::NotAfter, Some(i64::MIN..now_ms));
    }
    Way::Time(Order::IssuedAt, None)
}

async fn walk(
    store: &Store,
    criteria: &Criteria,
    way: &Way<'_>,
    after: Option<Cursor>,
    size: usize,
    now_ms: i64,
) -> Result<Found, StoreError> {
    let mut records = Vec::with_capacity(size);
    let mut cursor = after;
    let mut examined = 0;
    let mut wanted = u64::try_from(size).unwrap_or(STRETCH).saturating_add(1);
    loop {
        let stretch = stretch(store, criteria, way, cursor.as_ref(), wanted).await?;
        let admitted: Vec<&(Cursor, Outline)> = stretch
            .outlines
            .iter()
            .filter(|(_, outline)| criteria.admits(outline, now_ms))
            .collect();
        // Whole certificates are read by pages: most searches need no more than one.
        for page in admitted.chunks(size.max(1)) {
            let outlines: Vec<_> = page.iter().map(|(_, outline)| outline).collect();
            let whole = store.load_outlined(&outlines).await?;
            for record in whole.into_iter().filter(|record| criteria.meets(record)) {
                if records.len() == size {
                    let next = last_cursor(&stretch, &records).or(cursor);
                    return Ok(Found::page(records, next, examined));
                }
                records.push(record);
            }
        }
        examined += stretch.outlines.len();
        cursor = stretch.end;
        if cursor.is_none() || examined >= LARGEST_LOOK {
            return Ok(Found::page(records, cursor, examined));
        }
        wanted = STRETCH;
    }
}

impl Found {
    fn page(records: Vec<Record>, next: Option<Cursor>, examined: usize) -> Self {
        Self {
            records,
            next,
            examined: u64::try_from(examined).unwrap_or(u64::MAX),
            is_complete: true,
        }
    }
}

/// The cursor behind the last record of a full page; none when it came with the stretch before.
fn last_cursor(stretch: &Stretch, records: &[Record]) -> Option<Cursor> {
    let last = records.last()?;
    let serial = last.serial.to_hex();
    stretch
        .outlines
        .iter()
        .rfind(|(_, outline)| outline.serial == serial && outline.issuer == last.issuer.as_str())
        .map(|(cursor, _)| cursor.clone())
}

async fn stretch(
    store: &Store,
    criteria: &Criteria,
    way: &Way<'_>,
    after: Option<&Cursor>,
    size: u64,
) -> Result<Stretch, StoreError> {
    match way {
        Way::Name(wanted) => store.stretch_by_name(wanted, after, size).await,
        Way::Time(order, times) => {
            store
                .stretch_by_time(
                    *order,
                    criteria.issuer.as_ref(),
                    times.as_ref(),
                    after,
                    size,
                )
                .await
        }
        Way::Serial | Way::Fingerprint(_) if after.is_some() => Ok(Stretch::nothing()),
        Way::Serial => match &criteria.serial {
            Some(serial) => Ok(Stretch::of(store.outlines_with_serial(serial).await?)),
            None => Ok(Stretch::nothing()),
        },
        Way::Fingerprint(fingerprint) => {
            let outline = store.outline_with_fingerprint(fingerprint).await?;
            Ok(Stretch::of(outline.into_iter().collect()))
        }
    }
}
