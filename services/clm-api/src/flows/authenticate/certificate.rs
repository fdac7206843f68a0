//! By a certificate whose key was proven: one of ours that is active and fits the policy, or one of a CA that the policy
//! trusts. The edge has judged nothing.

use ers_pki::{ExtendedKeyUsage, certificate::Certificate};

use super::{Answer, Authenticate, AuthenticateError, Capacity, Known};
use crate::{
    domain::{
        end_entity::{EndEntity, requester_of},
        id::EndEntityName,
        inventory::{CertificateState, InventoryCertificate},
        policy::{Policy, TrustedIssuer},
        protocol::Protocol,
    },
    flows::Flows,
};

/// Most certificates between the one shown and one that is trusted.
const LONGEST_CHAIN: usize = 8;

impl Flows {
    /// The answer, and whose certificate it was, for the log.
    pub(super) async fn by_certificate(
        &self,
        policy: &Policy,
        call: &Authenticate,
        der: &[u8],
    ) -> Result<(Answer, String), AuthenticateError> {
        let rules = policy.definition.rules();
        let allowed = match call.protocol {
            Protocol::Est => rules.est.certificate,
            Protocol::Cmp => rules.cmp.signature,
            Protocol::Scep => {
                rules.scep.renewal || !rules.authentication.trusted_issuers.is_empty()
            }
            _ => true,
        };
        if !allowed {
            let answer = Answer::not_allowed("certificates", policy);
            return Ok((answer, String::new()));
        }
        let Ok(certificate) = Certificate::from_der(der) else {
            return Ok((Answer::wrong(), String::new()));
        };
        let who: String = certificate
            .subject()
            .to_string()
            .chars()
            .take(255)
            .collect();
        let answer = match self.find_known(&certificate).await? {
            Some(known) => self.by_own(policy, &certificate, &known).await?,
            None => self.by_foreign(policy, call, &certificate).await?,
        };
        Ok((answer, who))
    }

    /// From the inventory, or from CARA: its event may still be on the way.
    pub(crate) async fn find_known(
        &self,
        certificate: &Certificate,
    ) -> Result<Option<InventoryCertificate>, AuthenticateError> {
        let fingerprint = certificate.fingerprint();
        let found = self
            .store
            .find_certificate_by_fingerprint(&hex::encode(fingerprint))
            .await?;
        match found {
            Some(found) => Ok(Some(found)),
            None => Ok(self.cara.find_by_fingerprint(fingerprint).await?),
        }
    }

    async fn by_own(
        &self,
        policy: &Policy,
        certificate: &Certificate,
        known: &InventoryCertificate,
    ) -> Result<Answer, AuthenticateError> {
        let rules = policy.definition.rules();
        let (origin, now) = (&known.origin, self.clock.now());
        let state = known.state(self.clock.now_ms());
        let own_policy = origin.policy == rules.name.as_str();
        let trusted = rules
            .authentication
            .trusted_policies
            .iter()
            .any(|name| name.as_str() == origin.policy)
            || rules.authentication.trusted_issuers.iter().any(
                |issuer| matches!(issuer, TrustedIssuer::Named(name) if name.as_str() == known.issuer),
            );
        if state != CertificateState::Valid
            || !certificate.is_valid_at(now)
            || origin.realm != rules.realm.as_str()
            || !(own_policy || trusted)
        {
            return Ok(Answer::wrong());
        }
        let entity = match origin.end_entity.parse::<EndEntityName>() {
            Ok(name) => match self.store.find_end_entity(&rules.realm, &name).await? {
                Some(entity) if entity.active => Some(entity),
                // Suspended, or removed: its certificates let in nobody.
                Some(_) | None => return Ok(Answer::wrong()),
            },
            Err(_) => None,
        };
        let capacity = capacity(policy, certificate, entity.as_ref());
        let requester = match &entity {
            Some(entity) => requester_of(&entity.name),
            None => format!("certificate:{}:{}", known.issuer, known.serial),
        };
        Ok(Answer::Known(Known {
            renewal_only: entity.is_none() && !trusted && capacity == Capacity::Holder,
            end_entity: entity.map(|entity| entity.name),
            requester,
            capacity,
            method: "certificate",
        }))
    }

    async fn by_foreign(
        &self,
        policy: &Policy,
        call: &Authenticate,
        certificate: &Certificate,
    ) -> Result<Answer, AuthenticateError> {
        let rules = policy.definition.rules();
        let mut anchors = Vec::new();
        for issuer in &rules.authentication.trusted_issuers {
            // What a CA of ours has issued is known; what is not known it has not issued.
            if let TrustedIssuer::Certificate(anchor) = issuer {
                anchors.push(anchor.as_ref());
            }
        }
        if !self.is_trusted(certificate, &call.chain, &anchors) {
            return Ok(Answer::wrong());
        }
        let entity = match certificate
            .subject()
            .common_name()
            .and_then(|name| name.parse::<EndEntityName>().ok())
        {
            Some(name) => self.store.find_end_entity(&rules.realm, &name).await?,
            None => None,
        };
        if entity.as_ref().is_some_and(|entity| !entity.active) {
            return Ok(Answer::wrong());
        }
        let fingerprint = hex::encode(certificate.fingerprint());
        Ok(Answer::Known(Known {
            requester: match &entity {
                Some(entity) => requester_of(&entity.name),
                None => format!("certificate:{fingerprint}"),
            },
            end_entity: entity.map(|entity| entity.name),
            // A name alone makes nobody an authority: a foreign CA gives names as it likes.
            capacity: capacity(policy, certificate, None),
            method: "certificate",
            renewal_only: false,
        }))
    }

    /// Whether a chain leads from a certificate to one that is trusted; each link is checked, and each is valid now.
    fn is_trusted(
        &self,
        certificate: &Certificate,
        others: &[Vec<u8>],
        anchors: &[&Certificate],
    ) -> bool {
        let now = self.clock.now();
        let others: Vec<Certificate> = others
            .iter()
            .take(LONGEST_CHAIN)
            .filter_map(|der| Certificate::from_der(der).ok())
            .collect();
        let mut current = certificate.clone();
        for below in 0..LONGEST_CHAIN {
            if !current.is_valid_at(now) {
                return false;
            }
            // The path length counts the CA certificates below, which are all but the first.
            let fits = |above: &Certificate| {
                current.verify_signed_by(above).is_ok()
                    && above.is_valid_at(now)
                    && above
                        .path_length()
                        .is_none_or(|most| u32::try_from(below).is_ok_and(|below| below <= most))
            };
            if anchors.iter().any(|anchor| fits(anchor)) {
                return true;
            }
            match others
                .iter()
                .find(|above| **above != current && fits(above))
            {
                Some(above) => current = above.clone(),
                None => return false,
            }
        }
        false
    }
}

fn capacity(policy: &Policy, certificate: &Certificate, entity: Option<&EndEntity>) -> Capacity {
    let named = &policy
        .definition
        .rules()
        .authentication
        .registration_authorities;
    let by_name =
        entity.is_some_and(|entity| entity.registration_authority || named.contains(&entity.name));
    if by_name || certificate.has_extended_key_usage(ExtendedKeyUsage::CMC_RA) {
        Capacity::RegistrationAuthority
    } else {
        Capacity::Holder
    }
}
