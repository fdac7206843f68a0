//! A key that an edge had made for its client, kept for recovery: the edge has it sealed by the signer for CLM, which can
//! unseal it and the edge not, and hands it on with the request. It is kept before the edge hears of the certificate, and the
//! client gets neither without that; what is refused is not kept.

use std::fmt;

use ers_pki::key::PublicKey;

use super::{Act, Actor, Enroll, EnrollError, Flows, KeySource, Outcome};
use crate::{
    domain::{policy::Policy, server_key::ServerKey},
    store::{Inserted, StoreError},
};

/// A private key, PKCS#8, sealed for the keys of its policy.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(pub Vec<u8>);

/// Not even the sealed key.
impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedKey")
    }
}

impl Flows {
    /// Keeps the key that came along with a request, if its policy wants that and the request was not refused. May be
    /// repeated: of a request one key is kept.
    pub(super) async fn keep_key(
        &self,
        call: &Enroll,
        policy: &Policy,
        outcome: &Outcome,
    ) -> Result<(), EnrollError> {
        let rules = policy.definition.rules();
        let (Some(sealed), KeySource::PublicKey(public_key)) = (&call.sealed_key, &call.key) else {
            return Ok(());
        };
        let object = match outcome {
            Outcome::Issued(issued) => format!("{} {}", issued.issuer, issued.serial),
            Outcome::Waiting { .. } => call.request_id.to_string(),
            Outcome::Refused(_) => return Ok(()),
        };
        if !rules.server_keys.kept {
            return Ok(());
        }
        let is_issued = matches!(outcome, Outcome::Issued(_));
        let before = self.store.find_server_key(&call.request_id).await?;
        if let Some(before) = before {
            return self.check_kept(call, &before, public_key, is_issued).await;
        }
        let unreadable =
            || StoreError::inconsistent("server_key", call.request_id.as_str(), "public_key");
        let algorithm = PublicKey::from_spki_der(public_key)
            .map_err(|_| unreadable())?
            .algorithm();
        let key = ServerKey {
            request_id: call.request_id.clone(),
            public_key: public_key.clone(),
            sealed: sealed.0.clone(),
            algorithm,
            realm: rules.realm.clone(),
            policy: rules.name.clone(),
            requester: call.requester.clone(),
            kept: true,
            approvals: rules.server_keys.approvals,
            created_at_ms: self.clock.now_ms(),
            delivered_until_ms: None,
        };
        let act = Act {
            realm: Some(&rules.realm),
            detail: format!("policy {}, {algorithm}, by {}", rules.name, call.protocol),
            ..Act::on("key.keep", &object)
        };
        self.note_act(&Actor::named(call.requester.as_str()), act)
            .await?;
        let kept = match self.store.insert_server_key(&key).await? {
            Inserted::Yes => Some(key),
            // The same was asked twice at the same moment.
            Inserted::AlreadyThere => self.store.find_server_key(&call.request_id).await?,
        };
        let kept = kept.ok_or_else(|| EnrollError::RequestIdTaken(call.request_id.clone()))?;
        self.check_kept(call, &kept, public_key, is_issued).await
    }

    /// The edge hands an issued key out itself: nobody fetches it by its request any more.
    async fn check_kept(
        &self,
        call: &Enroll,
        kept: &ServerKey,
        public_key: &[u8],
        is_issued: bool,
    ) -> Result<(), EnrollError> {
        if kept.public_key != public_key {
            return Err(EnrollError::RequestIdTaken(call.request_id.clone()));
        }
        if is_issued && kept.delivered_until_ms.is_none() {
            let now_ms = self.clock.now_ms();
            self.store
                .deliver_server_key(&call.request_id, now_ms)
                .await?;
        }
        Ok(())
    }
}
