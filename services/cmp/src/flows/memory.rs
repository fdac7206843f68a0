//! Who began a transaction, for the moment until it is confirmed: a certConf need not ask CLM again whose secret or
//! certificate that is. What is remembered is no secret: shared secrets stay sealed, and each message's protection is
//! verified anew.

use std::time::Duration;

use ers_pki::cmp::Body;
use moka::future::Cache;

use super::answer::Call;
use crate::clients::clm::Authenticated;
use crate::domain::transaction::TransactionId;

/// How long; a client confirms within seconds. So long an end entity that is suspended may still confirm what it got.
const AGE: Duration = Duration::from_secs(60);
const MOST: u64 = 20_000;

/// Who somebody is.
#[derive(Clone)]
pub struct Known {
    /// As CLM has it.
    pub who: Authenticated,
    /// The shared secret, sealed; empty: it was a certificate.
    pub sealed: Vec<u8>,
}

/// What is remembered, by policy, what was shown, and transactionID.
pub struct Memory(Cache<TransactionId, Known>);

impl Memory {
    /// Nothing yet.
    pub fn new() -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_live(AGE);
        Self(cache.build())
    }

    /// Who has shown this in the same transaction before, when the message only ends it.
    pub async fn find(&self, key: &TransactionId, body: &Body) -> Option<Known> {
        match body {
            Body::CertConfirm(_) => self.0.get(key).await,
            _ => None,
        }
    }

    /// Remembers who asks for certificates.
    pub async fn keep(&self, key: TransactionId, body: &Body, known: Known) {
        if matches!(body, Body::Request(..) | Body::Pkcs10(_)) {
            self.0.insert(key, known).await;
        }
    }

    /// Somebody else tried the same.
    pub async fn forget(&self, key: &TransactionId) {
        self.0.invalidate(key).await;
    }
}

/// The key of what was shown, in a transaction, at an address.
pub fn key(policy: &str, call: Call<'_>, shown: &str, transaction_id: &[u8]) -> TransactionId {
    TransactionId::new(policy, &format!("{} {shown}", call.address), transaction_id)
}
