//! CARA over gRPC: what is issued, revoked, and was; domain types in, domain types out.

use ers_calls::Calls;
use ers_pki::profile::Profile;
use ers_proto::cara::v1::{
    self as proto, authorities_client::AuthoritiesClient, certificates_client::CertificatesClient,
    events_client::EventsClient, issuance_client::IssuanceClient, load_certificate_request::By,
    profiles_client::ProfilesClient, revoking_client::RevokingClient, status_client::StatusClient,
};
use ers_runtime::grpc::Channel;
use moka::future::Cache;
use std::sync::Arc;
use tonic::{Code, Status, Streaming};

use super::{
    CaraError,
    read::{certificate_of, duration_of, ms_of, timestamp_of},
};
use crate::domain::{
    decide::Plan,
    id::{IssuerName, ProfileName, RequestId},
    inventory::{InventoryCertificate, Told},
    notice::EventType,
};

const LARGEST_MESSAGE: usize = 16 << 20;
const CACHED_ISSUERS: u64 = 1000;
const CACHED_FOR: std::time::Duration = std::time::Duration::from_secs(300);

/// CARA over gRPC. Cheap to clone.
#[derive(Clone)]
pub struct Cara {
    issuance: IssuanceClient<Channel>,
    certificates_asked: Arc<Calls<proto::IssueQuestion, proto::IssueAnswer>>,
    revoking: RevokingClient<Channel>,
    certificates: CertificatesClient<Channel>,
    authorities: AuthoritiesClient<Channel>,
    profiles: ProfilesClient<Channel>,
    events: EventsClient<Channel>,
    status: StatusClient<Channel>,
    issuers: Cache<String, Arc<IssuerCertificates>>,
    profiles_read: Cache<(), Arc<Vec<Profile>>>,
}

/// What is told of a CA to those who ask it for certificates; DER throughout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuerCertificates {
    /// Its own certificate first, the root last.
    pub chain: Arc<Vec<Vec<u8>>>,
    /// Between its keys, of today and before: OldWithNew, NewWithOld.
    pub links: Vec<Vec<u8>>,
    /// Of its other generations.
    pub former: Vec<Vec<u8>>,
    /// Of the generation that is prepared to follow, with those above it.
    pub next: Vec<Vec<u8>>,
    /// Counts from 1.
    pub generation: u32,
}

/// What CARA says of a CA to those who want to know how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorityFacts {
    /// Its name.
    pub name: String,
    /// RFC 4514.
    pub subject: String,
    /// Name of the CA above it; empty of a root.
    pub issuer: String,
    /// `active`, `suspended`, `retired`, `revoked`, `awaiting-certificate` or `external`.
    pub state: &'static str,
    /// The one that issues, from 1.
    pub generation: u32,
    /// Of its key.
    pub key_algorithm: String,
    /// What it signs with.
    pub signature_algorithm: String,
    /// First moment of its certificate.
    pub not_before_ms: Option<i64>,
    /// Last moment.
    pub not_after_ms: Option<i64>,
    /// DER; its own certificate first, the root last; empty while it has none.
    pub chain: Vec<Vec<u8>>,
}

/// A CRL, without its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlDates {
    /// By which it is published.
    pub name: String,
    /// Its number.
    pub number: u64,
    /// When it was made, milliseconds since 1970.
    pub this_update_ms: i64,
    /// Until when there is to be another one.
    pub next_update_ms: i64,
}

/// A certificate as it goes back to the one who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    /// DER, the issuer first, the root left out.
    pub chain: Vec<Vec<u8>>,
    /// Name of the CA.
    pub issuer: String,
    /// Lower-case hex.
    pub serial: String,
}

impl CrlDates {
    /// A CRL is made anew long before its end: with less than a tenth of its time left, nobody has.
    pub fn is_late(&self, now_ms: i64) -> bool {
        self.next_update_ms - now_ms < (self.next_update_ms - self.this_update_ms) / 10
    }
}

impl Cara {
    /// Over a channel.
    pub fn new(channel: &Channel) -> Self {
        let issuance = IssuanceClient::new(channel.clone());
        let streams = issuance.clone();
        let open = move |questions| {
            let mut streams = streams.clone();
            async move { Ok(streams.issue_each(questions).await?.into_inner()) }
        };
        Self {
            issuance,
            certificates_asked: Arc::new(Calls::new(open, |answer| answer.number)),
            revoking: RevokingClient::new(channel.clone()),
            certificates: CertificatesClient::new(channel.clone()),
            authorities: AuthoritiesClient::new(channel.clone())
                .max_decoding_message_size(LARGEST_MESSAGE),
            profiles: ProfilesClient::new(channel.clone()),
            events: EventsClient::new(channel.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            status: StatusClient::new(channel.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            issuers: Cache::builder()
                .max_capacity(CACHED_ISSUERS)
                .time_to_live(CACHED_FOR)
                .build(),
            profiles_read: Cache::builder()
                .max_capacity(1)
                .time_to_live(CACHED_FOR)
                .build(),
        }
    }

    /// Has a certificate made; the same request id gives the same certificate.
    pub async fn issue(
        &self,
        id: &RequestId,
        plan: &Plan,
        public_key: &[u8],
    ) -> Result<IssuedCertificate, CaraError> {
        let origin = &plan.origin;
        let request = proto::IssueRequest {
            request_id: id.to_string(),
            issuer: plan.issuer.to_string(),
            profile: plan.profile.to_string(),
            public_key: public_key.to_vec(),
            subject: plan.subject.to_der().to_vec(),
            subject_alternative_names: plan.names.iter().map(ToString::to_string).collect(),
            not_before: plan.not_before.map(timestamp_of),
            validity: Some(duration_of(plan.validity)),
            origin: Some(proto::Origin {
                realm: origin.realm.clone(),
                policy: origin.policy.clone(),
                policy_version: origin.policy_version,
                end_entity: origin.end_entity.clone(),
                requester: origin.requester.clone(),
                protocol: origin.protocol.clone(),
            }),
            key_usage: plan.wishes.key_usage.clone(),
            extended_key_usage: plan.wishes.extended_key_usage.clone(),
            extensions: plan
                .wishes
                .extensions
                .iter()
                .map(|wished| proto::RequestedExtension {
                    oid: wished.oid.to_string(),
                    critical: wished.critical,
                    value: wished.value.clone(),
                })
                .collect(),
            // CLM keeps no attributes of end entities that a certificate could say
            end_entity: None,
        };
        let response = self.issue_somehow(request).await?;
        let certificate = response
            .certificate
            .ok_or(CaraError::Malformed("certificate"))?;
        Ok(IssuedCertificate {
            certificate: certificate.der,
            chain: response.chain,
            issuer: certificate.issuer,
            serial: certificate.serial,
        })
    }

    /// By the stream where that is possible, so that what is asked for at the same time travels together.
    async fn issue_somehow(
        &self,
        request: proto::IssueRequest,
    ) -> Result<proto::IssueResponse, CaraError> {
        use proto::issue_answer::Outcome;
        let answer = self
            .certificates_asked
            .ask(|number| proto::IssueQuestion {
                number,
                request: Some(request.clone()),
                traceparent: ers_calls::trace::current(),
            })
            .await?;
        match answer.map(|answer| answer.outcome) {
            Some(Some(Outcome::Issued(issued))) => Ok(*issued),
            Some(Some(Outcome::Failure(failure))) => {
                Err(Status::new(failure.code.into(), failure.message).into())
            }
            Some(None) => Err(CaraError::Malformed("outcome")),
            None => Ok(self.issuance.clone().issue(request).await?.into_inner()),
        }
    }

    /// Revokes; also says whether it was revoked before.
    pub async fn revoke(
        &self,
        issuer: &str,
        serial: &str,
        reason: &str,
        requester: &str,
    ) -> Result<(InventoryCertificate, bool), CaraError> {
        let request = proto::RevokeRequest {
            issuer: issuer.to_owned(),
            serial: serial.to_owned(),
            reason: reason.to_owned(),
            requester: requester.to_owned(),
            ..proto::RevokeRequest::default()
        };
        let response = self.revoking.clone().revoke(request).await?.into_inner();
        let certificate = response
            .certificate
            .ok_or(CaraError::Malformed("certificate"))?;
        Ok((certificate_of(certificate)?, response.already_revoked))
    }

    /// The certificate that a request became, if it did.
    pub async fn find_by_request(
        &self,
        id: &RequestId,
    ) -> Result<Option<InventoryCertificate>, CaraError> {
        self.find(By::RequestId(id.to_string())).await
    }

    /// The certificate of a fingerprint, if CARA issued it.
    pub async fn find_by_fingerprint(
        &self,
        fingerprint: [u8; 32],
    ) -> Result<Option<InventoryCertificate>, CaraError> {
        self.find(By::Fingerprint(fingerprint.to_vec())).await
    }

    /// The certificate of an issuer and serial, if CARA issued it.
    pub async fn find_by_serial(
        &self,
        issuer: &str,
        serial: &str,
    ) -> Result<Option<InventoryCertificate>, CaraError> {
        let by = proto::IssuerAndSerial {
            issuer: issuer.to_owned(),
            serial: serial.to_owned(),
        };
        self.find(By::IssuerAndSerial(by)).await
    }

    async fn find(&self, by: By) -> Result<Option<InventoryCertificate>, CaraError> {
        match self
            .certificates
            .clone()
            .load(proto::LoadCertificateRequest { by: Some(by) })
            .await
        {
            Ok(response) => certificate_of(response.into_inner()).map(Some),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// The certificates above those of a CA: its own first, the root last; DER. Kept in memory until it changes.
    pub async fn load_chain(&self, issuer: &str) -> Result<Arc<Vec<Vec<u8>>>, CaraError> {
        Ok(Arc::clone(&self.load_issuer(issuer).await?.chain))
    }

    /// The certificates of a CA. Kept in memory until it changes.
    pub async fn load_issuer(&self, issuer: &str) -> Result<Arc<IssuerCertificates>, CaraError> {
        if let Some(found) = self.issuers.get(issuer).await {
            return Ok(found);
        }
        let request = proto::LoadAuthorityRequest {
            name: issuer.to_owned(),
        };
        let authority = self.authorities.clone().load(request).await?.into_inner();
        let read = Arc::new(issuer_certificates(authority));
        self.issuers
            .insert(issuer.to_owned(), Arc::clone(&read))
            .await;
        Ok(read)
    }

    /// All CAs, as they stand now.
    pub async fn list_authorities(&self) -> Result<Vec<AuthorityFacts>, CaraError> {
        let request = proto::ListAuthoritiesRequest {};
        let listed = self.authorities.clone().list(request).await?.into_inner();
        Ok(listed
            .authorities
            .into_iter()
            .map(authority_facts)
            .collect())
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), CaraError> {
        let request = proto::ListProfilesRequest {};
        self.profiles.clone().list(request).await?;
        Ok(())
    }

    /// The newest complete CRL of a CA, DER; nothing when there is none yet.
    pub async fn find_crl(&self, issuer: &str) -> Result<Option<Vec<u8>>, CaraError> {
        let generation = self.load_issuer(issuer).await?.generation;
        let request = proto::LoadCrlRequest {
            issuer: issuer.to_owned(),
            generation,
        };
        match self.status.clone().load_crl(request).await {
            Ok(crl) => Ok(Some(crl.into_inner().der)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// The newest complete CRLs of a CA, of each generation that has one.
    pub async fn list_crls(&self, issuer: &str) -> Result<Vec<CrlDates>, CaraError> {
        let request = proto::ListCrlsRequest {
            issuer: issuer.to_owned(),
        };
        let answer = self.status.clone().list_crls(request).await?.into_inner();
        Ok(answer
            .crls
            .into_iter()
            .filter(|crl| crl.base_number.is_none())
            .filter_map(crl_dates)
            .collect())
    }

    /// A certificate profile, if there is one of that name. Kept in memory for a few minutes.
    pub async fn find_profile(&self, name: &ProfileName) -> Result<Option<Profile>, CaraError> {
        let profiles = match self.profiles_read.get(&()).await {
            Some(profiles) => profiles,
            None => {
                let response = self
                    .profiles
                    .clone()
                    .list(proto::ListProfilesRequest {})
                    .await?
                    .into_inner();
                let read: Vec<Profile> = response
                    .profiles
                    .iter()
                    .filter_map(|profile| serde_json::from_str(&profile.definition).ok())
                    .collect();
                let read = Arc::new(read);
                self.profiles_read.insert((), Arc::clone(&read)).await;
                read
            }
        };
        Ok(profiles
            .iter()
            .find(|profile| profile.name == name.as_str())
            .cloned())
    }

    /// Whether there is such a CA.
    pub async fn has_issuer(&self, issuer: &IssuerName) -> Result<bool, CaraError> {
        match self.load_chain(issuer.as_str()).await {
            Ok(_) => Ok(true),
            Err(CaraError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether there is such a profile.
    pub async fn has_profile(&self, profile: &ProfileName) -> Result<bool, CaraError> {
        let response = self
            .profiles
            .clone()
            .list(proto::ListProfilesRequest {})
            .await?
            .into_inner();
        Ok(response
            .profiles
            .iter()
            .any(|one| one.name == profile.as_str()))
    }

    /// What happened from an event's number on, then what happens.
    pub async fn subscribe(
        &self,
        from_sequence: u64,
    ) -> Result<Streaming<proto::Event>, CaraError> {
        let request = proto::SubscribeRequest {
            from_sequence,
            ..proto::SubscribeRequest::default()
        };
        Ok(self.events.clone().subscribe(request).await?.into_inner())
    }

    /// What an event is for CLM; nothing when it only says that all before the subscription were told.
    pub async fn read_event(&self, event: proto::Event) -> Option<Told> {
        use proto::event::What;
        let is_new = matches!(event.what, Some(What::Issued(_)));
        let certificate = match event.what {
            Some(What::Issued(certificate) | What::Revoked(certificate)) => {
                match certificate_of(certificate) {
                    Ok(certificate) => Some(certificate),
                    Err(error) => {
                        // It will not become readable; to wait for that would stop the inventory for good.
                        tracing::error!(sequence = event.sequence, %error, "event left out of the inventory");
                        None
                    }
                }
            }
            Some(What::AuthorityChanged(changed)) => {
                self.issuers.invalidate(&changed.name).await;
                None
            }
            Some(What::UpToDate(_)) => return None,
            Some(What::CrlPublished(_)) | None => None,
        };
        let event_type = certificate.as_ref().and_then(|certificate| {
            match (is_new, &certificate.revocation) {
                (true, _) => Some(EventType::CertificateIssued),
                (false, Some(_)) => Some(EventType::CertificateRevoked),
                // released from hold
                (false, None) => None,
            }
        });
        Some(Told {
            sequence: event.sequence,
            certificate,
            event: event_type,
        })
    }
}

fn authority_facts(authority: proto::Authority) -> AuthorityFacts {
    use proto::AuthorityState as State;
    let state = match authority.state() {
        State::Active => "active",
        State::Suspended => "suspended",
        State::Retired => "retired",
        State::Revoked => "revoked",
        State::AwaitingCertificate => "awaiting-certificate",
        State::External => "external",
        State::Unspecified => "unknown",
    };
    let has_certificate = !authority.certificate.is_empty();
    let chain = std::iter::once(authority.certificate).chain(authority.chain);
    AuthorityFacts {
        name: authority.name,
        subject: authority.subject,
        issuer: authority.issuer,
        state,
        generation: authority.generation.max(1),
        key_algorithm: authority.key_algorithm,
        signature_algorithm: authority.signature_algorithm,
        not_before_ms: authority.not_before.map(ms_of),
        not_after_ms: authority.not_after.map(ms_of),
        chain: if has_certificate {
            chain.collect()
        } else {
            Vec::new()
        },
    }
}

fn crl_dates(crl: proto::CrlInfo) -> Option<CrlDates> {
    Some(CrlDates {
        name: crl.name,
        number: crl.number,
        this_update_ms: ms_of(crl.this_update?),
        next_update_ms: ms_of(crl.next_update?),
    })
}

fn issuer_certificates(authority: proto::Authority) -> IssuerCertificates {
    let chain = std::iter::once(authority.certificate)
        .chain(authority.chain)
        .collect();
    let links = authority
        .others
        .into_iter()
        .filter(|other| ["old-with-new", "new-with-old"].contains(&other.kind.as_str()))
        .map(|other| other.certificate)
        .collect();
    let former = authority
        .generations
        .iter()
        .filter(|generation| generation.state == "superseded")
        .map(|generation| generation.certificate.clone())
        .collect();
    let next = authority
        .generations
        .into_iter()
        .find(|generation| generation.state == "prepared" && !generation.certificate.is_empty())
        .map(|generation| {
            std::iter::once(generation.certificate)
                .chain(generation.chain)
                .collect()
        })
        .unwrap_or_default();
    IssuerCertificates {
        chain: Arc::new(chain),
        links,
        former,
        next,
        generation: authority.generation.max(1),
    }
}
