//! Acts on many certificates: wished for here, done by `bulk_work` bit by bit, so that they survive whoever began them.

use ers_pki::revocation::Reason;
use ers_runtime::error::{Fault, Kind};

use super::{Actor, Flows, renewals::check_renewal_wish};
use crate::{
    domain::{
        access::Reach,
        bulk::{
            BulkAct, BulkFailure, BulkKind, BulkMaker, BulkProgress, BulkState, BulkWish, MOST_IDS,
        },
        id::CertificateId,
        inventory::CertificateState,
        inventory_filter::{Cursor, Filter, FilterText, Order, WrongFilter},
        note::{NoteChange, WrongNote},
        page::{Page, PageRequest},
    },
    store::StoreError,
};

/// No inventory is larger.
const COUNTED: u64 = 1_000_000_000;
const LONGEST_DETAIL: usize = 1000;

/// Why an act did not begin, or is not there.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// Neither ids nor anything to look for, or both.
    #[error("begin bulk act: ids, or a filter that looks for something, and not both")]
    Selection,
    /// Too many ids, or one that is none.
    #[error("begin bulk act: at most {MOST_IDS} ids, each a serial or fingerprint")]
    Ids,
    /// The filter.
    #[error("begin bulk act: {0}")]
    Filter(#[from] WrongFilter),
    /// What is to be done to each.
    #[error("begin bulk act: {problem}")]
    Wish {
        /// The field at fault.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Its key is another act's.
    #[error("begin bulk act: its idempotency key was used for another one")]
    OtherKey,
    /// There is no such act, or it is somebody else's.
    #[error("find bulk act: there is none with the number {0}")]
    Unknown(i64),
    /// It has ended.
    #[error("cancel bulk act: it has ended")]
    Ended,
    /// The database.
    #[error("bulk act")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Begins an act; with the same key again, gives the one that was begun.
    #[tracing::instrument(name = "clm.begin_bulk_act", skip_all)]
    pub async fn begin_bulk_act(
        &self,
        mut wish: BulkWish,
        maker: BulkMaker,
        key: Option<&str>,
    ) -> Result<BulkAct, BulkError> {
        check(&mut wish)?;
        let key = key.map(|key| format!("{}:{key}", maker.actor));
        if let Some(found) = self.find_same(key.as_deref(), &wish).await? {
            return Ok(found);
        }
        let (total, position) = self.select(&wish, &maker.reach).await?;
        let now_ms = self.clock.now_ms();
        let actor = Actor {
            name: maker.actor.clone(),
            address: maker.address.clone(),
        };
        let detail: String = serde_json::json!(wish)
            .to_string()
            .chars()
            .take(LONGEST_DETAIL)
            .collect();
        self.note(&actor, "inventory.bulk", wish.act.as_str(), detail)
            .await?;
        let is_done = total == 0;
        let mut act = BulkAct {
            id: 0,
            wish,
            maker,
            state: if is_done {
                BulkState::Done
            } else {
                BulkState::Running
            },
            total,
            progress: BulkProgress::default(),
            position,
            claimed_until_ms: 0,
            created_at_ms: now_ms,
            finished_at_ms: is_done.then_some(now_ms),
        };
        match self.store.add_bulk_act(&act, key.as_deref()).await? {
            Some(id) => {
                act.id = id;
                Ok(act)
            }
            None => self
                .find_same(key.as_deref(), &act.wish)
                .await?
                .ok_or(BulkError::OtherKey),
        }
    }

    async fn find_same(
        &self,
        key: Option<&str>,
        wish: &BulkWish,
    ) -> Result<Option<BulkAct>, BulkError> {
        let Some(key) = key else { return Ok(None) };
        match self.store.find_bulk_act_by_key(key).await? {
            Some(found) if found.wish == *wish => Ok(Some(found)),
            Some(_) => Err(BulkError::OtherKey),
            None => Ok(None),
        }
    }

    /// How many there are, and where to begin: what comes into the inventory later is not meant.
    async fn select(&self, wish: &BulkWish, reach: &Reach) -> Result<(u64, String), BulkError> {
        if !wish.ids.is_empty() {
            let count = u64::try_from(wish.ids.len()).unwrap_or(u64::MAX);
            return Ok((count, "0".to_owned()));
        }
        let filter = filter_of(wish)?;
        let first = PageRequest {
            size: 1,
            after: None,
        };
        let newest = self
            .store
            .read_certificates(&filter, reach, &first, &*self.clock)
            .await?;
        let Some(newest) = newest.first() else {
            return Ok((0, String::new()));
        };
        let total = self
            .store
            .count_found(&filter, reach, COUNTED, &*self.clock)
            .await?;
        let before = Cursor::Newest(newest.number.saturating_add(1));
        Ok((total, before.to_string()))
    }

    /// Acts, newest first: all for who sees everything, else one's own.
    #[tracing::instrument(name = "clm.list_bulk_acts", skip_all)]
    pub async fn list_bulk_acts(
        &self,
        actor: &Actor,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<Page<BulkAct>, StoreError> {
        let own = (*reach != Reach::Everywhere).then_some(actor.name.as_str());
        self.store.list_bulk_acts(own, page).await
    }

    /// One act, with what could not be done.
    #[tracing::instrument(name = "clm.show_bulk_act", skip_all)]
    pub async fn show_bulk_act(
        &self,
        id: i64,
        actor: &Actor,
        reach: &Reach,
    ) -> Result<(BulkAct, Vec<BulkFailure>), BulkError> {
        let act = self.find_bulk_act(id, actor, reach).await?;
        let failures = self.store.list_bulk_failures(id).await?;
        Ok((act, failures))
    }

    /// Ends an act; what is done stays done.
    #[tracing::instrument(name = "clm.cancel_bulk_act", skip_all)]
    pub async fn cancel_bulk_act(
        &self,
        id: i64,
        actor: &Actor,
        reach: &Reach,
    ) -> Result<BulkAct, BulkError> {
        self.find_bulk_act(id, actor, reach).await?;
        self.note(
            actor,
            "inventory.bulk_cancel",
            &id.to_string(),
            String::new(),
        )
        .await?;
        if !self.store.cancel_bulk_act(id, self.clock.now_ms()).await? {
            return Err(BulkError::Ended);
        }
        self.find_bulk_act(id, actor, reach).await
    }

    async fn find_bulk_act(
        &self,
        id: i64,
        actor: &Actor,
        reach: &Reach,
    ) -> Result<BulkAct, BulkError> {
        self.store
            .find_bulk_act(id)
            .await?
            .filter(|act| *reach == Reach::Everywhere || act.maker.actor == actor.name)
            .ok_or(BulkError::Unknown(id))
    }
}

fn check(wish: &mut BulkWish) -> Result<(), BulkError> {
    if wish.ids.is_empty() == (wish.filter == FilterText::default()) {
        return Err(BulkError::Selection);
    }
    if wish.ids.len() > MOST_IDS
        || wish
            .ids
            .iter()
            .any(|id| CertificateId::from_typed(id).is_err())
    {
        return Err(BulkError::Ids);
    }
    wish.filter.order = None;
    if wish.ids.is_empty() && wish.filter.read()? == Filter::default() {
        return Err(BulkError::Selection);
    }
    let wrong = |field, problem: String| Err(BulkError::Wish { field, problem });
    match &mut wish.act {
        BulkKind::Revoke { reason } => {
            if reason.is_empty() {
                *reason = Reason::Unspecified.to_string();
            }
            match reason.parse::<Reason>() {
                Ok(Reason::RemoveFromCrl) => wrong(
                    "reason",
                    "removeFromCRL is not a reason to revoke".to_owned(),
                ),
                Ok(_) => Ok(()),
                Err(error) => wrong("reason", error.to_string()),
            }
        }
        BulkKind::Renew {
            within_seconds,
            explanation_url,
        } => {
            let within = time::Duration::seconds(*within_seconds);
            check_renewal_wish(explanation_url.as_deref(), within).or_else(|error| {
                wrong(
                    if matches!(error.field(), Some("within")) {
                        "within"
                    } else {
                        "explanation_url"
                    },
                    error.to_string(),
                )
            })
        }
        act => match change_of(act) {
            Ok(change) if change == NoteChange::default() => {
                wrong("set_tags", "nothing is to be changed".to_owned())
            }
            Ok(change) => change
                .check()
                .or_else(|error| wrong(error.field(), error.to_string())),
            Err(error) => wrong(error.field(), error.to_string()),
        },
    }
}

/// What an act changes of what is written beside each certificate.
pub(super) fn change_of(act: &BulkKind) -> Result<NoteChange, WrongNote> {
    let BulkKind::Change {
        owner,
        set_tags,
        remove_tags,
    } = act
    else {
        return Ok(NoteChange::default());
    };
    Ok(NoteChange {
        owner: owner.clone(),
        set_tags: set_tags
            .iter()
            .map(|tag| tag.parse())
            .collect::<Result<_, _>>()?,
        remove_tags: remove_tags
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, _>>()?,
        ..NoteChange::default()
    })
}

/// What is revoked or renewed is valid, unless something else is looked for.
pub(super) fn filter_of(wish: &BulkWish) -> Result<Filter, WrongFilter> {
    let mut filter = wish.filter.read()?;
    // It is gone through by number: what comes in later is not met.
    filter.order = Order::Newest;
    if !matches!(wish.act, BulkKind::Change { .. }) && filter.state.is_none() {
        filter.state = Some(CertificateState::Valid);
    }
    Ok(filter)
}

impl Fault for BulkError {
    fn kind(&self) -> Kind {
        match self {
            Self::Selection | Self::Ids | Self::Filter(_) | Self::Wish { .. } => {
                Kind::InvalidArgument
            }
            Self::OtherKey => Kind::AlreadyExists,
            Self::Unknown(_) => Kind::NotFound,
            Self::Ended => Kind::FailedPrecondition,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Selection => Some("filter"),
            Self::Ids => Some("ids"),
            Self::Filter(error) => Some(error.field),
            Self::Wish { field, .. } => Some(field),
            Self::OtherKey => Some("Idempotency-Key"),
            Self::Unknown(_) => Some("id"),
            Self::Ended | Self::Store(_) => None,
        }
    }
}
