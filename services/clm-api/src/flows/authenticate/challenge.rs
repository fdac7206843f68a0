//! By a challenge (RFC 8894 section 2.4): one for this request alone, one of an end entity, one for everybody, or one that
//! somebody else judges.

use ers_pki::csr::Csr;

use super::{Answer, Authenticate, AuthenticateError, Begun, Capacity, Known};
use crate::{
    clients::Question,
    domain::{
        attempts::AttemptId,
        challenge::{Challenge, digest_of},
        end_entity::requester_of,
        policy::Policy,
    },
    flows::Flows,
};

const METHOD: &str = "challenge";
/// Most octets of a challenge (RFC 2985 section 5.4.1 has 255 characters).
const LONGEST: usize = 1024;

impl Flows {
    pub(super) async fn by_challenge(
        &self,
        policy: &Policy,
        call: &Authenticate,
        text: &str,
    ) -> Result<Answer, AuthenticateError> {
        let rules = policy.definition.rules();
        let attempt = AttemptId::of(rules.name.as_str(), "challenge", &call.address);
        if let Some(locked) = self.locked(&attempt).await? {
            return Ok(locked);
        }
        // Without a request there is nothing that a challenge could be for.
        let csr = if rules.scep.legacy_algorithms {
            Csr::from_der_with_sha1(&call.csr).ok()
        } else {
            Csr::from_der(&call.csr).ok()
        };
        let (Some(csr), 1..=LONGEST) = (csr, text.len()) else {
            return Ok(self
                .count_try(&attempt)
                .await?
                .unwrap_or_else(Answer::wrong));
        };
        if let Some(challenge) = self
            .store
            .find_challenge(&digest_of(text.as_bytes()))
            .await?
        {
            return self
                .by_own_challenge(policy, &attempt, challenge, &csr)
                .await;
        }
        let _turn = match self.begin_try(&attempt).await? {
            Begun::InTurn(turn) => turn,
            Begun::Locked(answer) => return Ok(answer),
        };
        if let Some(known) = self.by_static_challenge(policy, text).await? {
            self.store.forget_attempts(&attempt).await?;
            return Ok(Answer::Known(known));
        }
        if rules.scep.password
            && let Some((name, password)) = text.split_once(':')
        {
            let answer = self.by_password(policy, call, name, password).await?;
            if matches!(answer, Answer::Known(_)) {
                self.store.forget_attempts(&attempt).await?;
                return Ok(answer);
            }
        }
        if let Some(known) = self.by_webhook(policy, call, text, &csr).await? {
            self.store.forget_attempts(&attempt).await?;
            return Ok(Answer::Known(known));
        }
        Ok(Answer::wrong())
    }

    async fn by_own_challenge(
        &self,
        policy: &Policy,
        attempt: &AttemptId,
        challenge: Challenge,
        csr: &Csr,
    ) -> Result<Answer, AuthenticateError> {
        let rules = policy.definition.rules();
        let used_for = digest_of(csr.der());
        let checked = challenge.check(&rules.name, csr, self.clock.now_ms());
        if let Err(problem) = checked {
            // Whoever has it is not told: it would say that it is one.
            tracing::warn!(target: "audit", act = "challenge.refuse", policy = %rules.name, problem, "challenge refused");
            return Ok(self.count_try(attempt).await?.unwrap_or_else(Answer::wrong));
        }
        if let Some(name) = &challenge.end_entity {
            let entity = self.store.find_end_entity(&rules.realm, name).await?;
            if !entity.is_some_and(|entity| entity.active) {
                return Ok(Answer::wrong());
            }
        }
        if challenge.used_for.is_none()
            && !self
                .store
                .use_challenge(&challenge.digest, &used_for)
                .await?
        {
            // Used at the same moment: for this request by a repetition, or for another.
            let again = self.store.find_challenge(&challenge.digest).await?;
            if again.and_then(|challenge| challenge.used_for).as_deref() != Some(used_for.as_str())
            {
                return Ok(Answer::wrong());
            }
        }
        let short: String = challenge.digest.chars().take(16).collect();
        Ok(Answer::Known(Known {
            requester: match &challenge.end_entity {
                Some(name) => requester_of(name),
                None => format!("challenge:{short}"),
            },
            end_entity: challenge.end_entity,
            capacity: Capacity::Holder,
            method: METHOD,
            renewal_only: false,
        }))
    }

    async fn by_static_challenge(
        &self,
        policy: &Policy,
        text: &str,
    ) -> Result<Option<Known>, AuthenticateError> {
        let rules = policy.definition.rules();
        let Some(name) = &rules.scep.static_challenge_of else {
            return Ok(None);
        };
        let entity = self.store.find_end_entity(&rules.realm, name).await?;
        let entity = entity.filter(|entity| entity.active);
        let hash = entity
            .as_ref()
            .and_then(|entity| entity.password_hash.as_deref());
        if !self.passwords.verify(text, hash).await? {
            return Ok(None);
        }
        tracing::warn!(target: "audit", act = "challenge.static", policy = %rules.name, end_entity = %name,
            "let in by a challenge that is the same for everybody");
        Ok(Some(Known {
            requester: requester_of(name),
            end_entity: Some(name.clone()),
            capacity: Capacity::Holder,
            method: METHOD,
            renewal_only: false,
        }))
    }

    async fn by_webhook(
        &self,
        policy: &Policy,
        call: &Authenticate,
        text: &str,
        csr: &Csr,
    ) -> Result<Option<Known>, AuthenticateError> {
        let rules = policy.definition.rules();
        let Some(name) = &rules.scep.webhook else {
            return Ok(None);
        };
        let question = Question {
            policy: rules.name.as_str(),
            protocol: call.protocol.as_str(),
            address: &call.address,
            transaction_id: &call.transaction_id,
            challenge: text,
            csr,
        };
        let Some(allowed) = self.webhooks.ask(name, &question).await? else {
            return Ok(None);
        };
        let end_entity = match allowed.end_entity.as_str() {
            "" => None,
            name => match name.parse() {
                Ok(name) => Some(name),
                Err(_) => return Ok(None),
            },
        };
        if let Some(name) = &end_entity {
            let entity = self.store.find_end_entity(&rules.realm, name).await?;
            if !entity.is_some_and(|entity| entity.active) {
                return Ok(None);
            }
        }
        let short: String = digest_of(csr.der()).chars().take(16).collect();
        Ok(Some(Known {
            requester: match &end_entity {
                Some(name) => requester_of(name),
                None => format!("webhook:{name}:{short}"),
            },
            end_entity,
            capacity: Capacity::Holder,
            method: METHOD,
            renewal_only: false,
        }))
    }
}
