//! The fake itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_proto::signer::v1 as wire;
use futures::{StreamExt, channel::oneshot};
use parking_lot::Mutex;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::sealing;
use crate::{
    ChainHead, ClientKey, DecryptCall, JournalEntry, JournalStream, Key, KeyId, MacCheck, NewKey,
    PasswordKeyCall, PasswordMacCall, Purpose, SignCall, Signed, Signer, SignerError,
    VerifyProgress, VerifyStream,
};

const CHAIN: &str = "fake";
/// The token that keys are on when nobody names another.
const SOFTWARE: &str = "software";

#[derive(Default)]
struct State {
    keys: BTreeMap<KeyId, (Key, Arc<PrivateKey>)>,
    journal: Vec<JournalEntry>,
    failures: VecDeque<Failure>,
    refuses_to_seal: bool,
    broken_token: Option<String>,
    absent_tokens: BTreeSet<String>,
    quarantined: BTreeMap<KeyId, String>,
    hangs: VecDeque<(oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// A signature that does not come until it is let go.
#[derive(Debug)]
pub struct Hang {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Hang {
    /// Waits until somebody asks for it.
    pub async fn reached(&mut self) {
        // A signer that is gone will not be asked any more.
        let _ = (&mut self.reached).await;
    }

    /// Lets it come.
    pub fn let_go(self) {
        let _ = self.go.send(());
    }
}

enum Failure {
    BeforeJournal(SignerError),
    AfterJournal(SignerError),
}

/// A signer in memory.
#[derive(Default)]
pub struct FakeSigner {
    state: Mutex<State>,
}

impl FakeSigner {
    /// One without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next signature fails before anything is written.
    pub fn fail_next(&self, error: SignerError) {
        self.state
            .lock()
            .failures
            .push_back(Failure::BeforeJournal(error));
    }

    /// Its token is out of reach from now on, and why; or is there again.
    pub fn break_token(&self, reason: Option<&str>) {
        self.state.lock().broken_token = reason.map(str::to_owned);
    }

    /// Nothing is signed with the keys of one of its tokens from now on; or is again.
    pub fn take_away(&self, token: &str, away: bool) {
        let absent = &mut self.state.lock().absent_tokens;
        if away {
            absent.insert(token.to_owned());
        } else {
            absent.remove(token);
        }
    }

    /// Nothing is signed with this key from now on, and why; or is again.
    pub fn quarantine(&self, id: &KeyId, reason: Option<&str>) {
        let quarantined = &mut self.state.lock().quarantined;
        match reason {
            Some(reason) => quarantined.insert(id.clone(), reason.to_owned()),
            None => quarantined.remove(id),
        };
    }

    /// Writes into the journal that these bytes were signed, whatever they are.
    pub fn write_entry(&self, call: &SignCall<'_>) {
        self.state.lock().write(call);
    }

    /// Nothing is sealed from now on, nor told of tokens; or is again.
    pub fn refuse_to_seal(&self, refuse: bool) {
        self.state.lock().refuses_to_seal = refuse;
    }

    /// The next signature is journalled, and its answer lost: what a crash between signer and caller looks like.
    pub fn lose_next_answer(&self) {
        self.state
            .lock()
            .failures
            .push_back(Failure::AfterJournal(SignerError::Unavailable(None)));
    }

    /// The next signature does not come until it is let go: a hanging token, or a caller that sleeps.
    pub fn hang_next(&self) -> Hang {
        let (asked, reached) = oneshot::channel();
        let (go, wait) = oneshot::channel();
        self.state.lock().hangs.push_back((asked, wait));
        Hang { reached, go }
    }

    /// One with the same keys and only the first entries of the journal: what a restored backup of a signer looks like.
    pub fn backup(&self, entries: usize) -> Self {
        let state = self.state.lock();
        let backup = State {
            keys: state.keys.clone(),
            journal: state.journal.iter().take(entries).cloned().collect(),
            ..State::default()
        };
        Self {
            state: Mutex::new(backup),
        }
    }

    /// What was journalled so far.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.state.lock().journal.clone()
    }
}

fn not_found(id: &KeyId) -> SignerError {
    SignerError::NotFound {
        detail: format!("load key {id}"),
    }
}

impl State {
    fn write(&mut self, call: &SignCall<'_>) -> u64 {
        let sequence = self.journal.len() as u64 + 1;
        let digest = digest(&SHA256, call.to_be_signed).as_ref().to_vec();
        let whole = call.purpose == Purpose::Certificate;
        self.journal.push(JournalEntry {
            chain: CHAIN.to_owned(),
            sequence,
            at: OffsetDateTime::UNIX_EPOCH,
            caller: "test".to_owned(),
            request_id: call.request_id.to_owned(),
            key_id: call.key_id.clone(),
            purpose: call.purpose,
            signature_algorithm: call.signature_algorithm,
            to_be_signed: if whole {
                call.to_be_signed.to_vec()
            } else {
                Vec::new()
            },
            entry_hash: digest.clone(),
            digest,
            context: call.context.clone(),
        });
        sequence
    }
}

#[async_trait::async_trait]
impl Signer for FakeSigner {
    async fn sign(&self, call: SignCall<'_>) -> Result<Signed, SignerError> {
        let hang = self.state.lock().hangs.pop_front();
        if let Some((asked, wait)) = hang {
            let _ = asked.send(());
            let _ = wait.await;
        }
        let (key, sequence) = {
            let mut state = self.state.lock();
            let failure = state.failures.pop_front();
            if let Some(Failure::BeforeJournal(error)) = failure {
                return Err(error);
            }
            let (key, private) = state
                .keys
                .get(call.key_id)
                .ok_or_else(|| not_found(call.key_id))?;
            if !key.purposes.contains(&call.purpose) {
                return Err(SignerError::Refused {
                    detail: format!("sign: key is not for {}", call.purpose),
                });
            }
            if let Some(reason) = state.quarantined.get(call.key_id) {
                return Err(SignerError::Invalid {
                    detail: format!("sign: key {} is in quarantine ({reason})", call.key_id),
                });
            }
            if state.absent_tokens.contains(&key.token) {
                return Err(SignerError::Unavailable(None));
            }
            let private = Arc::clone(private);
            let sequence = state.write(&call);
            if let Some(Failure::AfterJournal(error)) = failure {
                return Err(error);
            }
            (private, sequence)
        };
        let signature = key
            .sign(call.signature_algorithm, call.to_be_signed)
            .map_err(|error| SignerError::Invalid {
                detail: error.to_string(),
            })?;
        Ok(Signed {
            signature,
            chain: CHAIN.to_owned(),
            sequence,
        })
    }

    async fn decrypt(&self, call: DecryptCall<'_>) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        let (key, private) = {
            let state = self.state.lock();
            let found = state.keys.get(call.key_id);
            let (key, private) = found.ok_or_else(|| not_found(call.key_id))?;
            (key.clone(), Arc::clone(private))
        };
        if !key.purposes.contains(&Purpose::Decryption) {
            return Err(SignerError::Refused {
                detail: format!("decrypt: key is not for {}", Purpose::Decryption),
            });
        }
        call.transport
            .open(&private, call.ciphertext, call.expected_length)
            .map_err(|error| SignerError::Invalid {
                detail: error.to_string(),
            })
    }

    async fn create_key(&self, new: NewKey) -> Result<Key, SignerError> {
        let mut state = self.state.lock();
        if let Some((key, _)) = state.keys.values().find(|(key, _)| key.label == new.label) {
            let same = key.algorithm == new.algorithm && key.limits == new.limits;
            let taken = || SignerError::AlreadyExists {
                detail: format!("create key {}: label taken", new.label),
            };
            return if same { Ok(key.clone()) } else { Err(taken()) };
        }
        let private =
            PrivateKey::generate(new.algorithm).map_err(|_| SignerError::Internal(None))?;
        let key = Key {
            id: KeyId::new(format!("fake-{}", state.keys.len() + 1)),
            label: new.label,
            algorithm: new.algorithm,
            purposes: new.purposes,
            token: new.token.unwrap_or_else(|| SOFTWARE.to_owned()),
            limits: new.limits,
            public_key: private.public_key().clone(),
            creator: "test".to_owned(),
            created_at: OffsetDateTime::UNIX_EPOCH,
            replicas: Vec::new(),
            quarantine: None,
            token_key_id: Vec::new(),
        };
        state
            .keys
            .insert(key.id.clone(), (key.clone(), Arc::new(private)));
        Ok(key)
    }

    async fn load_key(&self, id: &KeyId) -> Result<Key, SignerError> {
        let state = self.state.lock();
        state
            .keys
            .get(id)
            .map(|(key, _)| key.clone())
            .ok_or_else(|| not_found(id))
    }

    async fn list_keys(&self) -> Result<Vec<Key>, SignerError> {
        Ok(self
            .state
            .lock()
            .keys
            .values()
            .map(|(key, _)| key.clone())
            .collect())
    }

    async fn tokens(&self) -> Result<Vec<wire::Token>, SignerError> {
        let state = self.state.lock();
        if state.refuses_to_seal {
            return Err(SignerError::Unavailable(None));
        }
        let mut counts = BTreeMap::from([(SOFTWARE, 0)]);
        for (key, _) in state.keys.values() {
            *counts.entry(key.token.as_str()).or_default() += 1;
        }
        let token = |(name, keys): (&str, u32)| {
            let broken = state
                .broken_token
                .clone()
                .filter(|_| name == SOFTWARE)
                .or_else(|| state.absent_tokens.get(name).map(|_| "absent".to_owned()));
            wire::Token {
                name: name.to_owned(),
                kind: SOFTWARE.to_owned(),
                is_default: name == SOFTWARE,
                up: broken.is_none(),
                reason: broken.unwrap_or_default(),
                queue_length: 256,
                keys,
                ..wire::Token::default()
            }
        };
        Ok(counts.into_iter().map(token).collect())
    }

    async fn destroy_key(&self, id: &KeyId) -> Result<(), SignerError> {
        self.state
            .lock()
            .keys
            .remove(id)
            .map(|_| ())
            .ok_or_else(|| not_found(id))
    }

    async fn make_client_key(
        &self,
        _: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<ClientKey, SignerError> {
        let key = PrivateKey::generate(algorithm).map_err(|error| SignerError::Invalid {
            detail: error.to_string(),
        })?;
        Ok(ClientKey {
            public_key: key.public_key().spki_der().to_vec(),
            private_key: key.to_pkcs8_der().map_err(|error| SignerError::Invalid {
                detail: error.to_string(),
            })?,
        })
    }

    async fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SignerError> {
        if self.state.lock().refuses_to_seal {
            return Err(SignerError::Unavailable(None));
        }
        Ok(sealing::seal(context, secret))
    }

    async fn unseal(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        sealing::unseal(context, sealed)
    }

    async fn verify_mac(&self, check: MacCheck<'_>) -> Result<bool, SignerError> {
        sealing::verify_mac(check)
    }

    async fn compute_password_mac(
        &self,
        call: PasswordMacCall<'_>,
    ) -> Result<Vec<u8>, SignerError> {
        sealing::compute_password_mac(call)
    }

    async fn derive_password_key(
        &self,
        call: PasswordKeyCall<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        sealing::derive_password_key(call)
    }

    async fn verify_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
    ) -> Result<bool, SignerError> {
        sealing::verify_password_mac(call, mac)
    }

    async fn open_password_mac(
        &self,
        call: PasswordMacCall<'_>,
        mac: &[u8],
        answer_algorithm: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
        sealing::open_password_mac(call, mac, answer_algorithm)
    }

    async fn list_chains(&self) -> Result<Vec<ChainHead>, SignerError> {
        let state = self.state.lock();
        let entry_hash = state
            .journal
            .last()
            .map(|entry| entry.entry_hash.clone())
            .unwrap_or_default();
        Ok(vec![ChainHead {
            chain: CHAIN.to_owned(),
            sequence: state.journal.len() as u64,
            entry_hash,
        }])
    }

    async fn read_journal(
        &self,
        chain: &str,
        from_sequence: u64,
        purposes: &[Purpose],
    ) -> Result<JournalStream, SignerError> {
        if chain != CHAIN {
            return Err(SignerError::NotFound {
                detail: format!("read journal: no chain {chain}"),
            });
        }
        let wanted = |entry: &JournalEntry| {
            entry.sequence >= from_sequence
                && (purposes.is_empty() || purposes.contains(&entry.purpose))
        };
        let entries: Vec<_> = self.entries().into_iter().filter(wanted).map(Ok).collect();
        Ok(futures::stream::iter(entries).boxed())
    }

    async fn verify_journal(&self, _chain: Option<&str>) -> Result<VerifyStream, SignerError> {
        let total = self.state.lock().journal.len() as u64;
        let done = VerifyProgress {
            chain: CHAIN.to_owned(),
            verified: total,
            total,
            fault: None,
            done: true,
        };
        Ok(futures::stream::iter([Ok(done)]).boxed())
    }
}
