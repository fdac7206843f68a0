//! Keys and certificates that messages are opened and answered with: one for each CA, made when it is first needed,
//! followed by another one in time. A certificate that was replaced opens messages until it ends, since clients keep it.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::cms::{EmbeddedCertificate, KeyHolder};
use ers_pki::name::Name;
use ers_signer_client::{KeyLimits, NewKey, Purpose};
use moka::future::Cache;

use crate::clients::clm::{Enrollment, Outcome, Policy};
use crate::failure::Failure;
use crate::server::Server;
use crate::store::Authority;

/// How long what was found is believed: another replica may have made a newer one.
const AGE: Duration = Duration::from_secs(60);
const MOST: u64 = 1000;

/// What is at hand, by CA and its certificate.
pub struct Authorities(Cache<(String, Vec<u8>), Arc<Authoritative>>);

/// The certificates of the registration authority for a CA.
#[derive(Debug)]
pub struct Authoritative {
    /// The newest first; at least one.
    all: Vec<Authority>,
}

impl Authorities {
    /// None yet.
    pub fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MOST)
                .time_to_live(AGE)
                .build(),
        )
    }
}

impl Authoritative {
    /// The one to answer with.
    pub fn current(&self) -> Option<&Authority> {
        self.all.first()
    }

    /// The one whose key opens a message.
    pub fn find(&self, holder: &KeyHolder) -> Option<&Authority> {
        self.all.iter().find(|authority| {
            EmbeddedCertificate::from_der(authority.certificate.der())
                .is_ok_and(|certificate| holder.is(&certificate))
        })
    }
}

/// The certificates for the CA of a policy.
pub async fn load(server: &Server, policy: &Policy) -> Result<Arc<Authoritative>, Failure> {
    let ca = policy.ca_chain.first().cloned().unwrap_or_default();
    let key = (policy.issuer.clone(), ca);
    if let Some(found) = server.authorities.0.get(&key).await {
        return Ok(found);
    }
    let found = Arc::new(prepare(server, policy).await?);
    if let Some(newest) = found.current() {
        let ends_at = newest.certificate.not_after().unix_timestamp();
        server.metrics.authority(&policy.issuer, ends_at);
    }
    server.authorities.0.insert(key, Arc::clone(&found)).await;
    Ok(found)
}

async fn prepare(server: &Server, policy: &Policy) -> Result<Authoritative, Failure> {
    let now = server.now();
    let all = server.store.list_authorities(&policy.issuer, now).await?;
    if let Some(newest) = all.first()
        && suits(server, &newest.certificate, policy)?
    {
        return Ok(Authoritative { all });
    }
    match make(server, policy).await {
        Ok(()) => {}
        // the one there is does until it ends
        Err(failure) if !all.is_empty() => {
            tracing::warn!(
                error = ers_runtime::error::chain(&failure),
                "RA certificate not renewed"
            );
            return Ok(Authoritative { all });
        }
        Err(failure) => return Err(failure),
    }
    let all = server.store.list_authorities(&policy.issuer, now).await?;
    if all.is_empty() {
        return Err(Failure::NoAuthority(policy.issuer.clone()));
    }
    Ok(Authoritative { all })
}

/// Whether a certificate has more than a third of its time left, and is of the key that the CA has now.
fn suits(server: &Server, certificate: &Certificate, policy: &Policy) -> Result<bool, Failure> {
    let lifetime = certificate.not_after() - certificate.not_before();
    let is_fresh = certificate.not_after() - server.now() > lifetime / 3;
    let Some(ca) = policy.ca_chain.first() else {
        return Ok(is_fresh);
    };
    let ca = Certificate::from_der(ca)?;
    Ok(is_fresh && certificate.verify_signed_by(&ca).is_ok())
}

/// Makes the next key and has it certified. All that has a name is named by CA and number, so that replicas that do so
/// at once get the same key and the same certificate.
async fn make(server: &Server, policy: &Policy) -> Result<(), Failure> {
    let ra_policy = find_policy(server, policy).await?;
    let generation = server.store.newest_generation(&policy.issuer).await? + 1;
    let request_id = format!("scep-ra:{}:{generation}", plain(&policy.issuer));
    let settings = &server.config.registration_authority;
    let key = server
        .signer
        .create_key(NewKey {
            request_id: request_id.clone(),
            label: request_id.clone(),
            algorithm: settings.key_algorithm,
            purposes: vec![Purpose::Cms, Purpose::Decryption],
            token: settings.token.clone(),
            limits: KeyLimits::default(),
        })
        .await?;
    let subject = Name::with_common_name(&format!("SCEP RA of {}", plain(&policy.issuer)));
    let enrollment = Enrollment {
        // the signer makes another key when its database was made anew
        request_id: format!(
            "{request_id}:{}",
            hex::encode(key.public_key.key_identifier())
        ),
        policy: ra_policy,
        requester: "service:scep".to_owned(),
        public_key: key.public_key.spki_der().to_vec(),
        subject: subject.map_or_else(|_| Vec::new(), |name| name.to_der().to_vec()),
        authenticated_by: "certificate".to_owned(),
        ..Enrollment::default()
    };
    let detail = match server.clm.enroll_itself(enrollment).await? {
        Outcome::Issued { certificate, .. } => {
            let certificate = Certificate::from_der(&certificate)?;
            tracing::info!(
                target: "audit",
                issuer = policy.issuer, serial = %certificate.serial(), key_id = %key.id, "RA certificate issued"
            );
            let authority = Authority {
                issuer: policy.issuer.clone(),
                generation,
                key_id: key.id,
                certificate,
            };
            server
                .store
                .keep_authority(&authority, server.now())
                .await?;
            return Ok(());
        }
        Outcome::Waiting { .. } => "the request waits for approval".to_owned(),
        Outcome::Refused { detail, .. } => detail,
    };
    Err(Failure::NotIssued {
        issuer: policy.issuer.clone(),
        detail,
    })
}

/// The policy for RA certificates whose CA is the devices'.
async fn find_policy(server: &Server, policy: &Policy) -> Result<String, Failure> {
    for name in &server.config.registration_authority.policies {
        let found = server.clm.find_own_policy(name).await?;
        if let Some(found) = found.filter(|found| found.issuer == policy.issuer) {
            return Ok(found.name.clone());
        }
    }
    Err(Failure::NoAuthority(policy.issuer.clone()))
}

/// The name of a CA as it may stand in a key's label.
fn plain(issuer: &str) -> String {
    let plain = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '-',
    };
    issuer.chars().take(48).map(plain).collect()
}
