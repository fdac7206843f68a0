//! A transaction: what was asked for in it, and how far it is.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::certificate::Certificate;
use ers_pki::cmp::BodyKind;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Id of a transaction: who began it, under which policy, and its transactionID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

impl TransactionId {
    /// Of its parts; no two different triples have the same.
    pub fn new(policy: &str, sender: &str, transaction_id: &[u8]) -> Self {
        let part = |text: &str| format!("{}:{text}", text.len());
        let parts = [part(policy), part(sender), hex::encode(transaction_id)];
        Self(hex::encode(digest(&SHA256, parts.concat().as_bytes())))
    }

    /// As it stands in a row.
    pub fn from_row(text: String) -> Self {
        Self(text)
    }

    /// As it stands in a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// CLM's request id of a certificate: the same for a repeated message, so that there is never a second certificate.
    pub fn request_id(&self, place: usize) -> String {
        format!("cmp-{}-{place}", self.0)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first message is being answered.
    Begun,
    /// A challenge was sent, and nothing is asked for at CLM before its response.
    Challenged,
    /// A person has to decide on at least one request.
    Waiting,
    /// Certificates were handed out and wait for certConf.
    Unconfirmed,
    /// Nothing more is to come.
    Done,
    /// Nobody confirmed: the certificates are revoked.
    Expired,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Begun,
        Self::Challenged,
        Self::Waiting,
        Self::Unconfirmed,
        Self::Done,
        Self::Expired,
    ];

    /// Its name in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Challenged => "challenged",
            Self::Waiting => "waiting",
            Self::Unconfirmed => "unconfirmed",
            Self::Done => "done",
            Self::Expired => "expired",
        }
    }

    /// The state of a row.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What waits for the response to challenges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingChallenge {
    /// The PKIMessage that asks, DER, hex.
    pub message: String,
    /// SHA-256 of each number that is to come back, in the order of the challenges, hex.
    pub digests: Vec<String>,
}

/// A request for one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// certReqId.
    pub cert_req_id: i64,
    /// CLM's.
    pub request_id: String,
    /// How far it is.
    pub state: ItemState,
    /// Whether the certificate is handed out encrypted, as its proof of possession.
    #[serde(default)]
    pub is_encrypted: bool,
    /// Subject (Name, DER, hex) that was asked for, to tell whether something else was granted.
    #[serde(default)]
    pub subject: Option<String>,
    /// A centrally made key, encrypted for the requester: `EncryptedKey`, DER, hex.
    #[serde(default)]
    pub private_key: Option<String>,
    /// Of that key SHA-256 of its SubjectPublicKeyInfo, hex: a certificate of another one is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_key: Option<String>,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum ItemState {
    /// A person has to decide.
    Waiting,
    /// The certificate is there.
    Issued {
        /// DER, hex.
        certificate: String,
    },
    /// No certificate.
    Refused,
    /// The requester did not want it, and it is revoked.
    Rejected,
}

impl Item {
    /// The certificate, when it is there.
    pub fn certificate(&self) -> Option<Certificate> {
        match &self.state {
            ItemState::Issued { certificate } => {
                Certificate::from_der(&hex::decode(certificate).ok()?).ok()
            }
            _ => None,
        }
    }

    /// Whether the key of an issued certificate was made here by an attempt that broke off, and is gone.
    pub fn is_key_lost(&self, certificate: &Certificate) -> bool {
        let key = digest_of(certificate.public_key().spki_der());
        self.made_key.as_ref().is_some_and(|made| *made != key)
    }
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its id.
    pub id: TransactionId,
    /// The policy.
    pub policy: String,
    /// Who protects its messages.
    pub sender: String,
    /// End entity; empty: none.
    pub end_entity: String,
    /// For CLM.
    pub requester: String,
    /// The body that began it.
    pub kind: BodyKind,
    /// How far it is.
    pub state: State,
    /// Counts the changes.
    pub version: i64,
    /// Whether it is in the database.
    pub is_kept: bool,
    /// Whether what was asked for is another than in the database.
    pub are_items_changed: bool,
    /// What was asked for.
    pub items: Vec<Item>,
    /// SHA-256 of the message that was answered last, hex.
    pub request_digest: String,
    /// The answer to it, DER; `None` while it is being made.
    pub response: Option<Vec<u8>>,
    /// The nonce in it.
    pub nonce: Option<Vec<u8>>,
    /// What waits for the response to challenges.
    pub challenge: Option<PendingChallenge>,
    /// When its certificates are revoked unless they are confirmed.
    pub confirm_until: Option<OffsetDateTime>,
    /// When it is forgotten.
    pub expires_at: OffsetDateTime,
}

impl Transaction {
    /// Where it stands when the items are as they are. `needs_confirmation`: certificates must be confirmed.
    pub fn settled(items: &[Item], needs_confirmation: bool) -> State {
        let any = |wanted: fn(&ItemState) -> bool| items.iter().any(|item| wanted(&item.state));
        if any(|state| matches!(state, ItemState::Waiting)) {
            State::Waiting
        } else if needs_confirmation && any(|state| matches!(state, ItemState::Issued { .. })) {
            State::Unconfirmed
        } else {
            State::Done
        }
    }
}

/// SHA-256 of a message, hex.
pub fn digest_of(message: &[u8]) -> String {
    hex::encode(digest(&SHA256, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(state: ItemState) -> Item {
        Item {
            cert_req_id: 0,
            request_id: "r".to_owned(),
            state,
            is_encrypted: false,
            subject: None,
            private_key: None,
            made_key: None,
        }
    }

    #[test]
    fn a_transaction_waits_for_its_last_request_and_then_for_its_confirmation() {
        let issued = item(ItemState::Issued {
            certificate: String::new(),
        });
        let (waiting, refused) = (item(ItemState::Waiting), item(ItemState::Refused));
        let settled = Transaction::settled;
        assert_eq!(settled(&[issued.clone(), waiting], true), State::Waiting);
        assert_eq!(
            settled(&[issued.clone(), refused.clone()], true),
            State::Unconfirmed
        );
        assert_eq!(settled(&[issued], false), State::Done);
        assert_eq!(settled(&[refused], true), State::Done);
    }

    #[test]
    fn the_same_transaction_id_of_another_sender_or_policy_is_another_transaction() {
        let id = |policy, sender| TransactionId::new(policy, sender, &[1]);
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_ne!(id("a", "b"), id("a", "c"));
        assert_ne!(id("ab", ""), id("a", "b"));
        assert!(id("a", "b").request_id(31).len() <= 128);
    }

    #[test]
    fn every_state_reads_back() {
        for state in State::ALL {
            assert_eq!(State::find(state.as_str()), Some(state));
        }
    }
}
