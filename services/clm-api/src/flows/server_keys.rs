//! A certificate whose key is made here: the signer makes it, it is kept sealed from before its certificate is asked for,
//! and goes out once in PKCS#12, to who asked for it. Asked again under the same request id, it is the same key.

use std::collections::HashSet;

use ers_pki::key::KeyAlgorithm;
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use zeroize::Zeroizing;

use super::{
    Act, Actor, Enroll, EnrollError, Flows, KeySource, Outcome,
    find_outcome::FindOutcomeError,
    pkcs12::{Pkcs12Error, pkcs12},
};
use crate::{
    clients::IssuedCertificate,
    domain::{
        access::Reach,
        id::{RequestId, Requester},
        inventory::Entry,
        inventory_filter::Source,
        key_recovery::RecoveryState,
        policy::Policy,
        refusal::{Refusal, RefusalReason},
        request::{CertificateRequest, RequestState},
        server_key::{
            DELIVERED_FOR_MS, LONGEST_PASSWORD, SHORTEST_PASSWORD, ServerKey, context, is_password,
        },
    },
    store::{Inserted, StoreError},
};

/// A key to be made, and how it goes out.
pub struct ServerKeyWish {
    /// Which; absent: the policy's first.
    pub algorithm: Option<KeyAlgorithm>,
    /// Of the PKCS#12 file.
    pub password: Zeroizing<String>,
}

/// What became of a request with a key that is made here.
pub enum ServerKeyOutcome {
    /// The certificate, and the PKCS#12 file with its key.
    Issued(IssuedCertificate, Zeroizing<Vec<u8>>),
    /// Waiting or refused.
    Other(Outcome),
}

/// What is told of the key of a certificate that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKeyState {
    /// What kind of key it is.
    pub algorithm: KeyAlgorithm,
    /// When it was made.
    pub created_at_ms: i64,
    /// Whether it stays for recovery.
    pub kept: bool,
    /// Id and state of its newest recovery.
    pub recovery: Option<(String, RecoveryState)>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// The password will not do.
    #[error(
        "protect key: the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, no control characters"
    )]
    Password,
    /// It was fetched before, too long ago.
    #[error("deliver key: that of {0} was delivered; a kept key comes back by its recovery")]
    Delivered(RequestId),
    /// None was made for it, or for somebody else.
    #[error("fetch key: none was made for request {0}, or it is not there any more")]
    None(RequestId),
    /// Its certificate is not there.
    #[error("fetch key: the certificate of request {0} is not there yet")]
    NotIssued(RequestId),
    /// Its certificate.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// What became of the request.
    #[error(transparent)]
    Outcome(#[from] FindOutcomeError),
    /// The signer did not make, seal or open it.
    #[error("make key: signer")]
    Signer(#[source] SignerError),
    /// It cannot be packed.
    #[error("deliver key")]
    Pack(#[from] Pkcs12Error),
    /// The database.
    #[error("make key: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Asks for a certificate whose key is made here.
    #[tracing::instrument(name = "clm.enroll_with_server_key", skip_all, fields(request_id = %call.request_id))]
    pub async fn enroll_with_server_key(
        &self,
        mut call: Enroll,
        wish: ServerKeyWish,
        actor: &Actor,
    ) -> Result<ServerKeyOutcome, ServerKeyError> {
        if !is_password(&wish.password) {
            return Err(ServerKeyError::Password);
        }
        let policy = self.policy_of(&call)?;
        let key = match self.store.find_server_key(&call.request_id).await? {
            Some(key) => key,
            None => match choose(&policy, wish.algorithm) {
                Ok(algorithm) => self.make_key(&call, &policy, algorithm, actor).await?,
                Err(refusal) => return Ok(ServerKeyOutcome::Other(Outcome::Refused(refusal))),
            },
        };
        let is_same = key.requester == call.requester
            && key.policy == *policy.definition.name()
            && wish.algorithm.is_none_or(|one| one == key.algorithm);
        if !is_same {
            return Err(EnrollError::RequestIdTaken(call.request_id).into());
        }
        call.key = KeySource::PublicKey(key.public_key.clone());
        match self.enroll(&call).await? {
            Outcome::Issued(issued) => {
                let file = self.deliver(&key, &issued, wish.password, actor).await?;
                Ok(ServerKeyOutcome::Issued(issued, file))
            }
            Outcome::Refused(refusal) => {
                self.drop_unused(&key).await?;
                Ok(ServerKeyOutcome::Other(Outcome::Refused(refusal)))
            }
            waiting @ Outcome::Waiting { .. } => Ok(ServerKeyOutcome::Other(waiting)),
        }
    }

    /// Hands out the key of a request whose certificate came later, to who asked.
    #[tracing::instrument(name = "clm.fetch_server_key", skip_all, fields(request_id = %id))]
    pub async fn fetch_server_key(
        &self,
        id: &RequestId,
        password: Zeroizing<String>,
        requester: &Requester,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(IssuedCertificate, Zeroizing<Vec<u8>>), ServerKeyError> {
        if !is_password(&password) {
            return Err(ServerKeyError::Password);
        }
        let key = self.store.find_server_key(id).await?;
        let is_theirs = |key: &ServerKey| {
            key.requester == *requester && reach.has(key.realm.as_str(), key.policy.as_str())
        };
        let key = key
            .filter(is_theirs)
            .ok_or_else(|| ServerKeyError::None(id.clone()))?;
        match self.find_outcome(id).await? {
            Outcome::Issued(issued) => {
                let file = self.deliver(&key, &issued, password, actor).await?;
                Ok((issued, file))
            }
            Outcome::Waiting { .. } | Outcome::Refused(_) => {
                Err(ServerKeyError::NotIssued(id.clone()))
            }
        }
    }

    /// Those of the requests whose key who asked may fetch now.
    pub async fn with_fetchable_keys(
        &self,
        requests: &[CertificateRequest],
    ) -> Result<HashSet<RequestId>, StoreError> {
        let issued = requests
            .iter()
            .filter(|request| request.state == RequestState::Issued);
        let ids: Vec<&RequestId> = issued.map(|request| &request.id).collect();
        let now_ms = self.clock.now_ms();
        self.store.list_fetchable_keys(&ids, now_ms).await
    }

    /// What is to be told of a certificate's key.
    #[tracing::instrument(name = "clm.server_key_of", skip_all)]
    pub async fn server_key_of(&self, entry: &Entry) -> Result<Option<ServerKeyState>, StoreError> {
        let Some(key) = self.find_server_key(entry).await? else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        let recovery = self
            .store
            .find_newest_key_recovery(key.request_id.as_str())
            .await?;
        Ok(Some(ServerKeyState {
            algorithm: key.algorithm,
            created_at_ms: key.created_at_ms,
            kept: key.kept,
            recovery: recovery.map(|one| (one.id.clone(), one.state(now_ms))),
        }))
    }

    /// The key of a certificate that was made here. What somebody imported proves nothing: anybody can have a certificate
    /// made for anybody's public key.
    pub(super) async fn find_server_key(
        &self,
        entry: &Entry,
    ) -> Result<Option<ServerKey>, StoreError> {
        let certificate = &entry.certificate;
        if certificate.origin.source() == Source::Imported {
            return Ok(None);
        }
        let Ok(read) = ers_pki::certificate::Certificate::from_der(&certificate.der) else {
            return Ok(None);
        };
        let found = self
            .store
            .find_server_key_of(read.public_key().spki_der())
            .await?;
        Ok(found.filter(|key| key.realm.as_str() == certificate.origin.realm))
    }

    /// The private key, PKCS#8, DER.
    pub(super) async fn open_key(
        &self,
        key: &ServerKey,
    ) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let context = context(&key.realm, &key.policy);
        self.signer.unseal(&context, &key.sealed).await
    }

    /// Forgets the keys that nobody may have any more.
    pub(crate) async fn sweep_server_keys(&self) -> Result<(), StoreError> {
        let forgotten = self.store.sweep_server_keys(self.clock.now_ms()).await?;
        if forgotten > 0 {
            tracing::info!(target: "audit", act = "key.forget", keys = forgotten, "keys forgotten");
        }
        Ok(())
    }

    async fn make_key(
        &self,
        call: &Enroll,
        policy: &Policy,
        algorithm: KeyAlgorithm,
        actor: &Actor,
    ) -> Result<ServerKey, ServerKeyError> {
        let rules = policy.definition.rules();
        let act = Act {
            realm: Some(&rules.realm),
            detail: format!("policy {}, {algorithm}", rules.name),
            ..Act::on("key.make", call.request_id.as_str())
        };
        self.note_act(actor, act).await?;
        let made = self
            .signer
            .make_client_key(call.request_id.as_str(), algorithm)
            .await
            .map_err(ServerKeyError::Signer)?;
        let sealed = self
            .signer
            .seal(&context(&rules.realm, &rules.name), &made.private_key)
            .await
            .map_err(ServerKeyError::Signer)?;
        let key = ServerKey {
            request_id: call.request_id.clone(),
            public_key: made.public_key,
            sealed,
            algorithm,
            realm: rules.realm.clone(),
            policy: rules.name.clone(),
            requester: call.requester.clone(),
            kept: rules.server_keys.kept,
            approvals: rules.server_keys.approvals,
            created_at_ms: self.clock.now_ms(),
            delivered_until_ms: None,
        };
        if self.store.insert_server_key(&key).await? == Inserted::Yes {
            return Ok(key);
        }
        // The same was asked twice at the same moment: the first key is the one.
        let first = self.store.find_server_key(&call.request_id).await?;
        first.ok_or_else(|| EnrollError::RequestIdTaken(call.request_id.clone()).into())
    }

    async fn deliver(
        &self,
        key: &ServerKey,
        issued: &IssuedCertificate,
        password: Zeroizing<String>,
        actor: &Actor,
    ) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        let now_ms = self.clock.now_ms();
        if key.delivered_until_ms.is_some_and(|until| until < now_ms) {
            return Err(ServerKeyError::Delivered(key.request_id.clone()));
        }
        let private = self.open_key(key).await.map_err(ServerKeyError::Signer)?;
        let certificates = std::iter::once(issued.certificate.clone())
            .chain(issued.chain.iter().cloned())
            .collect();
        let file = pkcs12(private, certificates, password).await?;
        let object = format!("{} {}", issued.issuer, issued.serial);
        let act = Act {
            realm: Some(&key.realm),
            ..Act::on("certificate.deliver_key", &object)
        };
        self.note_act(actor, act).await?;
        self.store
            .deliver_server_key(&key.request_id, now_ms + DELIVERED_FOR_MS)
            .await?;
        Ok(file)
    }

    /// A key that no certificate was made for is of use to nobody.
    async fn drop_unused(&self, key: &ServerKey) -> Result<(), ServerKeyError> {
        let found = self
            .cara
            .find_by_request(&key.request_id)
            .await
            .map_err(EnrollError::Cara)?;
        if found.is_none() {
            self.store.forget_server_key(&key.request_id).await?;
        }
        Ok(())
    }
}

/// Which key is made under a policy, if any.
fn choose(policy: &Policy, wanted: Option<KeyAlgorithm>) -> Result<KeyAlgorithm, Refusal> {
    let rules = policy.definition.rules();
    if !rules.server_keys.allowed {
        return Err(RefusalReason::NotAllowed.because(format!(
            "server_key: under policy {} no keys are made here",
            rules.name
        )));
    }
    let makeable = rules.server_keys.makeable(&rules.key_algorithms);
    let chosen = match wanted {
        None => makeable.first().copied(),
        Some(one) => makeable.contains(&one).then_some(one),
    };
    chosen.ok_or_else(|| {
        let allowed: Vec<&str> = makeable.iter().map(|one| one.as_str()).collect();
        RefusalReason::BadKey.because(format!(
            "server_key: policy {} makes only {}",
            rules.name,
            allowed.join(", ")
        ))
    })
}

/// What a failure of the signer is to who asked.
pub(super) fn kind_of_signer(error: &SignerError) -> Kind {
    match error {
        SignerError::Busy => Kind::ResourceExhausted,
        error if error.is_retryable() => Kind::Unavailable,
        _ => Kind::Internal,
    }
}

impl Fault for ServerKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Password => Kind::InvalidArgument,
            Self::None(_) => Kind::NotFound,
            Self::Delivered(_) | Self::NotIssued(_) => Kind::FailedPrecondition,
            Self::Enroll(error) => error.kind(),
            Self::Outcome(error) => error.kind(),
            Self::Signer(error) => kind_of_signer(error),
            Self::Pack(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Password => Some("password"),
            Self::Delivered(_) | Self::None(_) | Self::NotIssued(_) => Some("request_id"),
            Self::Enroll(error) => error.field(),
            Self::Outcome(error) => error.field(),
            Self::Signer(_) | Self::Pack(_) | Self::Store(_) => None,
        }
    }
}
