//! A kept key comes back: somebody asks and says why, one or two others decide, and who asked fetches it once. Nobody decides
//! over what they asked for, and the owner of the certificate is told.

use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use zeroize::Zeroizing;

use super::{
    Act, Actor, Flows,
    pkcs12::{Pkcs12Error, pkcs12},
    server_keys::kind_of_signer,
    show::ShowCertificateError,
};
use crate::{
    domain::{
        access::Reach,
        id::CertificateId,
        inventory::Entry,
        key_recovery::{
            DECIDED_WITHIN_MS, KeyRecovery, LONGEST_COMMENT, RecoveryDecision, RecoveryFilter,
            RecoveryPage, RecoveryState,
        },
        notice::{EventType, Notice},
        page::PageRequest,
        server_key::{LONGEST_PASSWORD, SHORTEST_PASSWORD, is_password},
    },
    store::{Decided, NewDelivery, StoreError},
};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum KeyRecoveryError {
    /// None of that id.
    #[error("find key recovery: there is no {0}")]
    Unknown(String),
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] ShowCertificateError),
    /// No key of it is kept.
    #[error("recover key: none is kept of this certificate")]
    NoKey,
    /// Who asks has one under way.
    #[error("recover key: you have asked for it already")]
    Open,
    /// Nobody decides over what they asked for.
    #[error("decide key recovery: you have asked for it, others decide")]
    Own,
    /// Once is enough.
    #[error("decide key recovery: you have decided already")]
    Before,
    /// It stands elsewhere.
    #[error("{act} key recovery: it is {}", .state.as_str())]
    State {
        /// What was attempted.
        act: &'static str,
        /// Where it stands.
        state: RecoveryState,
    },
    /// Only who asked for it may.
    #[error("fetch key: only who asked for it may, {0}")]
    NotYours(String),
    /// Why it is wanted is not said, or at too great a length.
    #[error("read comment: 1 to {LONGEST_COMMENT} characters")]
    Comment,
    /// The password will not do.
    #[error(
        "protect key: the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, no control characters"
    )]
    Password,
    /// The signer did not open it.
    #[error("fetch key: signer")]
    Signer(#[source] SignerError),
    /// It cannot be packed.
    #[error("fetch key")]
    Pack(#[from] Pkcs12Error),
    /// The database.
    #[error("recover key: database")]
    Store(#[from] StoreError),
}

/// A key that was recovered.
pub struct RecoveredKey {
    /// PKCS#12.
    pub file: Zeroizing<Vec<u8>>,
    /// Where from.
    pub recovery: KeyRecovery,
}

impl Flows {
    /// Asks for the key of a certificate.
    #[tracing::instrument(name = "clm.ask_key_recovery", skip_all)]
    pub async fn ask_key_recovery(
        &self,
        certificate: &CertificateId,
        comment: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<KeyRecovery, KeyRecoveryError> {
        let comment = comment.trim();
        if comment.is_empty() || comment.chars().count() > LONGEST_COMMENT {
            return Err(KeyRecoveryError::Comment);
        }
        let entry = self.find_certificate(certificate, reach).await?;
        let key = self
            .find_server_key(&entry)
            .await?
            .filter(|key| key.kept && reach.has(key.realm.as_str(), key.policy.as_str()))
            .ok_or(KeyRecoveryError::NoKey)?;
        let now_ms = self.clock.now_ms();
        let is_open = self
            .store
            .has_open_key_recovery(key.request_id.as_str(), &actor.name, now_ms)
            .await?;
        if is_open {
            return Err(KeyRecoveryError::Open);
        }
        // A policy that has become stricter counts, one that has become laxer does not.
        let policy = self.policies.find(&key.policy);
        let approvals = policy.map_or(key.approvals, |policy| {
            let now = policy.definition.rules().server_keys.approvals;
            key.approvals.max(now)
        });
        let certificate = entry.certificate.clone();
        let recovery = KeyRecovery {
            id: uuid::Uuid::now_v7().to_string(),
            request_id: key.request_id,
            certificate: certificate.fingerprint,
            issuer: certificate.issuer,
            serial: certificate.serial,
            subject: certificate.subject,
            key_algorithm: key.algorithm.to_string(),
            realm: key.realm,
            policy: key.policy,
            comment: comment.to_owned(),
            asked_by: actor.name.clone(),
            approvals,
            kept_state: RecoveryState::PendingApproval,
            created_at_ms: now_ms,
            ends_at_ms: now_ms + DECIDED_WITHIN_MS,
            released_at_ms: None,
            decisions: Vec::new(),
        };
        self.note_recovery(actor, "certificate.ask_key_recovery", &recovery, comment)
            .await?;
        let notices = self
            .notices_of(EventType::RecoveryAsked, &recovery, &entry, None)
            .await?;
        self.store.insert_key_recovery(&recovery, &notices).await?;
        Ok(recovery)
    }

    /// A page of them, newest first.
    #[tracing::instrument(name = "clm.list_key_recoveries", skip_all)]
    pub async fn list_key_recoveries(
        &self,
        filter: &RecoveryFilter,
        reach: &Reach,
        page: &PageRequest<String>,
    ) -> Result<RecoveryPage, StoreError> {
        self.store
            .list_key_recoveries(filter, reach, page, self.clock.now_ms())
            .await
    }

    /// One of them.
    #[tracing::instrument(name = "clm.show_key_recovery", skip_all)]
    pub async fn show_key_recovery(
        &self,
        id: &str,
        reach: &Reach,
    ) -> Result<KeyRecovery, KeyRecoveryError> {
        self.store
            .find_key_recovery(id)
            .await?
            .filter(|one| reach.has(one.realm.as_str(), one.policy.as_str()))
            .ok_or_else(|| KeyRecoveryError::Unknown(id.chars().take(36).collect()))
    }

    /// Says yes or no to what somebody else asked for.
    #[tracing::instrument(name = "clm.decide_key_recovery", skip_all)]
    pub async fn decide_key_recovery(
        &self,
        id: &str,
        approve: bool,
        comment: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<KeyRecovery, KeyRecoveryError> {
        if comment.chars().count() > LONGEST_COMMENT {
            return Err(KeyRecoveryError::Comment);
        }
        let recovery = self.show_key_recovery(id, reach).await?;
        if recovery.asked_by == actor.name {
            return Err(KeyRecoveryError::Own);
        }
        let now_ms = self.clock.now_ms();
        if recovery.decisions.iter().any(|one| one.by == actor.name) {
            return Err(KeyRecoveryError::Before);
        }
        must_be(&recovery, RecoveryState::PendingApproval, "decide", now_ms)?;
        let act = match approve {
            true => "certificate.approve_key_recovery",
            false => "certificate.decline_key_recovery",
        };
        self.note_recovery(actor, act, &recovery, comment).await?;
        let decision = RecoveryDecision {
            by: actor.name.chars().take(255).collect(),
            approve,
            comment: comment.to_owned(),
            at_ms: now_ms,
        };
        let entry = self.certificate_of(&recovery).await?;
        let notices = self
            .notices_of(
                EventType::RecoveryDecided,
                &recovery,
                &entry,
                Some(&decision),
            )
            .await?;
        let decided = self
            .store
            .decide_key_recovery(&recovery, &decision, recovery.approvals, &notices)
            .await?;
        let now = self.show_key_recovery(id, &Reach::Everywhere).await?;
        match decided {
            Decided::Yes => Ok(now),
            Decided::Before => Err(KeyRecoveryError::Before),
            Decided::NotPending => Err(KeyRecoveryError::State {
                act: "decide",
                state: now.state(now_ms),
            }),
        }
    }

    /// Takes back what one has asked for.
    #[tracing::instrument(name = "clm.withdraw_key_recovery", skip_all)]
    pub async fn withdraw_key_recovery(
        &self,
        id: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<KeyRecovery, KeyRecoveryError> {
        let recovery = self.own_recovery(id, reach, actor).await?;
        let now_ms = self.clock.now_ms();
        let state = recovery.state(now_ms);
        let refused = |state| KeyRecoveryError::State {
            act: "withdraw",
            state,
        };
        if !state.is_open() {
            return Err(refused(state));
        }
        self.note_recovery(actor, "certificate.withdraw_key_recovery", &recovery, "")
            .await?;
        let is_ended = self
            .store
            .end_key_recovery(&recovery, RecoveryState::Withdrawn, &[], now_ms)
            .await?;
        let now = self.show_key_recovery(id, &Reach::Everywhere).await?;
        match is_ended {
            true => Ok(now),
            false => Err(refused(now.state(now_ms))),
        }
    }

    /// The key that was approved, in PKCS#12; this once, and for who asked for it alone.
    #[tracing::instrument(name = "clm.release_key", skip_all)]
    pub async fn release_key(
        &self,
        id: &str,
        password: Zeroizing<String>,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<RecoveredKey, KeyRecoveryError> {
        if !is_password(&password) {
            return Err(KeyRecoveryError::Password);
        }
        let recovery = self.own_recovery(id, reach, actor).await?;
        let now_ms = self.clock.now_ms();
        must_be(
            &recovery,
            RecoveryState::Approved,
            "fetch the key of",
            now_ms,
        )?;
        let key = self
            .store
            .find_server_key(&recovery.request_id)
            .await?
            .ok_or(KeyRecoveryError::NoKey)?;
        let entry = self.certificate_of(&recovery).await?;
        let certificate = recovery.certificate.parse();
        let certificate: CertificateId =
            certificate.map_err(|_| KeyRecoveryError::Unknown(recovery.certificate.clone()))?;
        let shown = self
            .show_certificate(&certificate, &Reach::Everywhere)
            .await?;
        let above = shown.chain.split_last().map(|(_, above)| above);
        let certificates = std::iter::once(entry.certificate.der.clone())
            .chain(above.unwrap_or_default().iter().cloned())
            .collect();
        let private = self
            .open_key(&key)
            .await
            .map_err(KeyRecoveryError::Signer)?;
        // Made before it counts as fetched: what cannot be made may be tried again.
        let file = pkcs12(private, certificates, password).await?;
        self.note_recovery(
            actor,
            "certificate.release_key",
            &recovery,
            &recovery.comment,
        )
        .await?;
        let notices = self
            .notices_of(EventType::RecoveryReleased, &recovery, &entry, None)
            .await?;
        let is_first = self
            .store
            .end_key_recovery(&recovery, RecoveryState::Released, &notices, now_ms)
            .await?;
        let recovery = self.show_key_recovery(id, &Reach::Everywhere).await?;
        if !is_first {
            return Err(KeyRecoveryError::State {
                act: "fetch the key of",
                state: recovery.state(now_ms),
            });
        }
        Ok(RecoveredKey { file, recovery })
    }

    async fn own_recovery(
        &self,
        id: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<KeyRecovery, KeyRecoveryError> {
        let recovery = self.show_key_recovery(id, reach).await?;
        if recovery.asked_by == actor.name {
            return Ok(recovery);
        }
        Err(KeyRecoveryError::NotYours(recovery.asked_by))
    }

    /// The certificate whose key is wanted, whoever looks.
    async fn certificate_of(&self, recovery: &KeyRecovery) -> Result<Entry, KeyRecoveryError> {
        let id = recovery.certificate.parse();
        let id = id.map_err(|_| KeyRecoveryError::Unknown(recovery.certificate.clone()))?;
        Ok(self.find_certificate(&id, &Reach::Everywhere).await?)
    }

    async fn note_recovery(
        &self,
        actor: &Actor,
        act: &'static str,
        recovery: &KeyRecovery,
        comment: &str,
    ) -> Result<(), StoreError> {
        let object = recovery.object();
        let act = Act {
            realm: Some(&recovery.realm),
            detail: format!("recovery {}: {comment}", recovery.id),
            ..Act::on(act, &object)
        };
        self.note_act(actor, act).await
    }

    /// Who is told: who has subscribed, and the owner in any case.
    async fn notices_of(
        &self,
        event: EventType,
        recovery: &KeyRecovery,
        entry: &Entry,
        decision: Option<&RecoveryDecision>,
    ) -> Result<Vec<NewDelivery>, StoreError> {
        let now_ms = self.clock.now_ms();
        let notice = Notice::recovery(event, recovery, &entry.certificate, decision, now_ms);
        let mut deliveries = self.deliveries_of([notice.clone()]).await?;
        let owner = self.delivery_to_owner(notice).await?;
        let is_told = |owner: &NewDelivery| {
            let mut told = deliveries.iter();
            told.any(|one| one.recipient == owner.recipient)
        };
        if let Some(owner) = owner.filter(|owner| !is_told(owner)) {
            deliveries.push(owner);
        }
        Ok(deliveries)
    }
}

fn must_be(
    recovery: &KeyRecovery,
    wanted: RecoveryState,
    act: &'static str,
    now_ms: i64,
) -> Result<(), KeyRecoveryError> {
    let state = recovery.state(now_ms);
    if state == wanted {
        return Ok(());
    }
    Err(KeyRecoveryError::State { act, state })
}

impl Fault for KeyRecoveryError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Certificate(error) => error.kind(),
            Self::NoKey | Self::Open | Self::Before | Self::State { .. } => {
                Kind::FailedPrecondition
            }
            Self::Own | Self::NotYours(_) => Kind::PermissionDenied,
            Self::Comment | Self::Password => Kind::InvalidArgument,
            Self::Signer(error) => kind_of_signer(error),
            Self::Pack(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) => Some("id"),
            Self::NoKey | Self::Open => Some("certificate"),
            Self::Certificate(_) => Some("certificate"),
            Self::Comment => Some("comment"),
            Self::Password => Some("password"),
            Self::Own
            | Self::Before
            | Self::State { .. }
            | Self::NotYours(_)
            | Self::Signer(_)
            | Self::Pack(_)
            | Self::Store(_) => None,
        }
    }
}
