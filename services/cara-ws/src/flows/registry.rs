//! All CAs in memory, ready to issue: read at start, on every change by this process, and every few seconds for changes
//! by another replica.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use ers_pki::{
    certificate::Certificate,
    issuance::{Issuer, IssuerError},
    key::WeakKeys,
};
use ers_runtime::error::{Fault, Kind};

use thiserror::Error;

use crate::{
    config::{CrlConfig, Issuing, OcspConfig},
    domain::{
        Authority, AuthorityName, CertificateKind, CrlName, CrlStream, Generation, GenerationState,
        OcspSigner, OtherCertificate, Settings, State,
    },
    store::{Authorities, Store, StoreError},
};

/// A CA with everything that issuing needs; more exactly one generation of it: those before go on signing CRLs.
pub struct IssuingAuthority {
    /// The CA, with the key and certificate of this generation.
    pub authority: Authority,
    /// How far this generation is.
    pub state: GenerationState,
    /// When it is to issue, epoch milliseconds, while it is prepared.
    pub switch_at_ms: Option<i64>,
    /// PKCS#10, DER, for another CA to sign, while one is out.
    pub request: Option<Vec<u8>>,
    /// What goes into its certificates.
    pub issuer: Issuer,
    /// The CAs above it, its own issuer first, the root last; empty for a root.
    pub above: Vec<Certificate>,
    /// Who answers OCSP for it now.
    pub ocsp_signer: Option<OcspSigner>,
    /// Further certificates of the CA, of all its generations: link, cross, before renewals, and of those above.
    pub others: Arc<[OtherCertificate]>,
    /// How its CRLs are made.
    pub crl: CrlConfig,
    /// Where relying parties reach rev-info for its certificates; without a slash at its end.
    pub revocation_url: String,
    /// How its OCSP answers are signed.
    pub ocsp: OcspConfig,
    /// A CA above it whose certificate is revoked: nothing that it issues would be accepted.
    pub revoked_above: Option<AuthorityName>,
}

impl IssuingAuthority {
    /// What is handed out beside a certificate of this CA: itself first, the root left out.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        std::iter::once(&self.authority.certificate)
            .chain(&self.above)
            .filter(|certificate| !certificate.is_self_issued())
            .map(|c| c.der().to_vec())
            .collect()
    }

    /// Whether it signs CRLs and OCSP signers: its key is ours.
    pub fn has_key(&self) -> bool {
        self.authority.state != State::External
    }

    /// Whether it issues; if not, whose state stands in the way.
    pub fn hindrance(&self) -> Option<(&AuthorityName, State)> {
        if self.authority.state != State::Active {
            return Some((&self.authority.name, self.authority.state));
        }
        self.revoked_above
            .as_ref()
            .map(|name| (name, State::Revoked))
    }

    /// Name of the CA and number of the generation, as files are named: `sub` for the first, then `sub.g2` and so on.
    pub fn file_name(&self) -> String {
        file_name(&self.authority.name, self.authority.generation)
    }
}

/// As files of a CA's generation are named.
pub fn file_name(name: &AuthorityName, generation: i16) -> String {
    if generation == 1 {
        name.to_string()
    } else {
        format!("{name}.g{generation}")
    }
}

/// Why the CAs cannot be made ready.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The database failed.
    #[error("load CAs")]
    Store(#[source] StoreError),
    /// A CA's certificate or URLs do not serve to issue.
    #[error("make CA {name} ready")]
    Issuer {
        /// The CA.
        name: AuthorityName,
        /// Why.
        #[source]
        source: IssuerError,
    },
}

impl Fault for RegistryError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Issuer { .. } => Kind::Internal,
        }
    }
}

/// All CAs by name.
#[derive(Default)]
pub struct Registry {
    known: ArcSwap<Known>,
    /// Keys that none of them certifies.
    weak_keys: Arc<WeakKeys>,
}

#[derive(Default)]
struct Known {
    /// The generations that issue.
    current: HashMap<AuthorityName, Arc<IssuingAuthority>>,
    /// Every generation that has a certificate, by name and number.
    all: Vec<Arc<IssuingAuthority>>,
    /// Those that have none yet.
    awaiting: Vec<Arc<Generation>>,
}

impl Registry {
    /// Without CAs; none of those to come certifies these keys.
    pub fn new(weak_keys: WeakKeys) -> Self {
        Self {
            weak_keys: Arc::new(weak_keys),
            ..Self::default()
        }
    }

    /// Reads all CAs anew.
    pub async fn refresh(&self, store: &Store, issuing: &Issuing) -> Result<(), RegistryError> {
        let kept = store
            .load_authorities()
            .await
            .map_err(RegistryError::Store)?;
        let known = Known::of(kept, issuing, &self.weak_keys)?;
        self.known.store(Arc::new(known));
        Ok(())
    }

    /// The CA of that name, as it issues.
    pub fn find(&self, name: &AuthorityName) -> Option<Arc<IssuingAuthority>> {
        self.known.load().current.get(name).cloned()
    }

    /// A generation of a CA that has a certificate.
    pub fn find_generation(
        &self,
        name: &AuthorityName,
        generation: i16,
    ) -> Option<Arc<IssuingAuthority>> {
        let known = self.known.load();
        let found = known
            .all
            .iter()
            .find(|ca| ca.authority.name == *name && ca.authority.generation == generation);
        found.cloned()
    }

    /// A CA's generation that awaits its certificate.
    pub fn find_awaiting(&self, name: &AuthorityName) -> Option<Arc<Generation>> {
        let known = self.known.load();
        known
            .awaiting
            .iter()
            .find(|generation| generation.authority == *name)
            .cloned()
    }

    /// All that await their certificates.
    pub fn awaiting(&self) -> Vec<Arc<Generation>> {
        self.known.load().awaiting.clone()
    }

    /// All CAs as they issue, by name.
    pub fn all(&self) -> Vec<Arc<IssuingAuthority>> {
        let known = self.known.load();
        let current = |ca: &&Arc<IssuingAuthority>| ca.state == GenerationState::Current;
        known.all.iter().filter(current).cloned().collect()
    }

    /// Every generation of every CA that has a certificate, by name and number.
    pub fn generations(&self) -> Vec<Arc<IssuingAuthority>> {
        self.known.load().all.clone()
    }
}

impl Known {
    fn of(
        kept: Authorities,
        issuing: &Issuing,
        weak_keys: &Arc<WeakKeys>,
    ) -> Result<Self, RegistryError> {
        let pool = certificates(&kept);
        let mut signers: HashMap<_, _> = kept
            .signers
            .into_iter()
            .map(|s| (s.authority.clone(), s))
            .collect();
        let mut known = Self::default();
        let above: HashMap<_, _> = kept
            .authorities
            .iter()
            .map(|a| (a.name.clone(), (a.issuer.clone(), a.state)))
            .collect();
        for authority in kept.authorities {
            let others: Arc<[_]> = kept
                .others
                .iter()
                .filter(|other| other.authority == authority.name)
                .cloned()
                .collect();
            let mut rows: Vec<_> = kept
                .generations
                .iter()
                .filter(|row| row.authority == authority.name && row.certificate.is_some())
                .cloned()
                .collect();
            if !rows.iter().any(|row| row.number == authority.generation) {
                rows.push(row_of(&authority));
            }
            rows.sort_by_key(|row| row.number);
            for row in rows {
                let first = (row.number == 1)
                    .then(|| signers.remove(&authority.name))
                    .flatten();
                let ready = ready(&authority, row, first, &others, &pool, issuing)?;
                let ready = Arc::new(IssuingAuthority {
                    revoked_above: revoked_above(&authority, &above),
                    issuer: ready.issuer.clone().with_weak_keys(Arc::clone(weak_keys)),
                    ..ready
                });
                if ready.authority.generation == authority.generation {
                    known
                        .current
                        .insert(authority.name.clone(), Arc::clone(&ready));
                }
                known.all.push(ready);
            }
        }
        known
            .all
            .sort_by(|a, b| a.authority.name.cmp(&b.authority.name));
        known.awaiting = kept
            .generations
            .into_iter()
            .filter(|row| row.certificate.is_none())
            .map(Arc::new)
            .collect();
        Ok(known)
    }
}

/// A CA's only generation, of which its own row says all.
pub(super) fn row_of(authority: &Authority) -> Generation {
    Generation {
        authority: authority.name.clone(),
        number: authority.generation,
        state: GenerationState::Current,
        key_id: authority.key_id.clone(),
        signature_algorithm: authority.signature_algorithm,
        request: None,
        certificate: Some(authority.certificate.clone()),
        switch_at_ms: None,
        ocsp_signer: None,
        created_at_ms: authority.created_at_ms,
        created_by: String::new(),
    }
}

fn ready(
    authority: &Authority,
    row: Generation,
    first_signer: Option<OcspSigner>,
    others: &Arc<[OtherCertificate]>,
    pool: &[Certificate],
    issuing: &Issuing,
) -> Result<IssuingAuthority, RegistryError> {
    let authority = Authority {
        certificate: row
            .certificate
            .unwrap_or_else(|| authority.certificate.clone()),
        key_id: row.key_id,
        signature_algorithm: row.signature_algorithm,
        generation: row.number,
        ..authority.clone()
    };
    let issuer = issuer(&authority, issuing).map_err(|source| RegistryError::Issuer {
        name: authority.name.clone(),
        source,
    })?;
    Ok(IssuingAuthority {
        issuer,
        above: above(&authority.certificate, pool),
        state: row.state,
        switch_at_ms: row.switch_at_ms,
        request: row.request,
        ocsp_signer: first_signer.or(row.ocsp_signer),
        others: Arc::clone(others),
        crl: crl_config(&authority.settings, issuing),
        revocation_url: revocation_url(&authority.settings, issuing).to_owned(),
        ocsp: ocsp_config(&authority.settings, issuing),
        revoked_above: None,
        authority,
    })
}

/// Where relying parties reach rev-info for a CA's certificates; without a slash at its end.
fn revocation_url<'a>(settings: &'a Settings, issuing: &'a Issuing) -> &'a str {
    let own = settings.revocation_url.as_ref();
    own.unwrap_or(&issuing.revocation_url).trim_end_matches('/')
}

/// The same for OCSP, which may have a host of its own.
fn ocsp_url<'a>(settings: &'a Settings, issuing: &'a Issuing) -> &'a str {
    let own = settings.revocation_url.as_ref();
    let usual = issuing.ocsp_url.as_ref().unwrap_or(&issuing.revocation_url);
    own.unwrap_or(usual).trim_end_matches('/')
}

/// What a CA writes into its certificates.
fn issuer(authority: &Authority, issuing: &Issuing) -> Result<Issuer, IssuerError> {
    let settings = &authority.settings;
    let base = revocation_url(settings, issuing);
    let name = file_name(&authority.name, authority.generation);
    let number = authority.generation.to_string();
    let with = |first: Vec<String>, further: &[String]| {
        let filled = further
            .iter()
            .map(|url| url.replace("{generation}", &number));
        first.into_iter().chain(filled).collect::<Vec<_>>()
    };
    let of_all = CrlStream::whole(&authority.name, authority.generation);
    // The number that stands for all: pki has a word for it in URLs.
    let of_partition = of_all.partition(1);
    let url = |crl: CrlName| {
        let text = crl.to_string();
        let text = match crl.stream.partition {
            0 => text,
            _ => text.replacen(".p1", ".p{partition}", 1),
        };
        format!("{base}/crl/{text}.crl")
    };
    let deltas = crl_config(settings, issuing)
        .delta_interval()
        .map(|_| [of_all.clone().delta(), of_partition.clone().delta()].map(url));
    let crls = [of_all.complete(), of_partition.complete()].map(url);
    Issuer::new(authority.certificate.clone(), authority.signature_algorithm)?
        .with_ocsp_urls(with(
            vec![format!("{}/ocsp", ocsp_url(settings, issuing))],
            &settings.extra_ocsp_urls,
        ))?
        .with_crl_urls(with(crls.into(), &settings.extra_crl_urls))?
        .with_delta_crl_urls(deltas.into_iter().flatten())?
        .with_ca_issuer_urls(with(
            vec![format!("{base}/ca/{name}.cer")],
            &settings.extra_ca_issuer_urls,
        ))
}

fn crl_config(settings: &Settings, issuing: &Issuing) -> CrlConfig {
    let validity_hours = settings
        .crl_validity_hours
        .unwrap_or(issuing.crl.validity_hours);
    let interval_hours = settings
        .crl_interval_hours
        .unwrap_or(issuing.crl.interval_hours);
    CrlConfig {
        validity_hours,
        interval_hours: interval_hours.min(validity_hours),
        delta_minutes: settings
            .crl_delta_minutes
            .unwrap_or(issuing.crl.delta_minutes)
            .min(interval_hours.saturating_mul(60)),
        partitions: settings.crl_partitions.unwrap_or(issuing.crl.partitions),
        keep_expired: settings
            .crl_keep_expired
            .unwrap_or(issuing.crl.keep_expired),
        user_certificates_only: issuing.crl.user_certificates_only,
    }
}

fn ocsp_config(settings: &Settings, issuing: &Issuing) -> OcspConfig {
    let configured = &issuing.ocsp;
    OcspConfig {
        key_algorithm: settings
            .ocsp_key_algorithm
            .clone()
            .unwrap_or_else(|| configured.key_algorithm.clone()),
        certificate_days: settings
            .ocsp_certificate_days
            .unwrap_or(configured.certificate_days),
        answer_minutes: settings
            .ocsp_answer_minutes
            .unwrap_or(configured.answer_minutes),
    }
}

/// The nearest CA above one that is revoked.
fn revoked_above(
    authority: &Authority,
    all: &HashMap<AuthorityName, (Option<AuthorityName>, State)>,
) -> Option<AuthorityName> {
    let mut next = authority.issuer.as_ref();
    // Bounded by the number of CAs: a ring in the table must not hang us.
    for _ in 0..all.len() {
        let name = next?;
        let (issuer, state) = all.get(name)?;
        if *state == State::Revoked {
            return Some(name.clone());
        }
        next = issuer.as_ref();
    }
    None
}

/// Every CA certificate that may stand above another.
fn certificates(kept: &Authorities) -> Vec<Certificate> {
    let own = kept.authorities.iter().map(|a| &a.certificate);
    let generations = kept
        .generations
        .iter()
        .filter_map(|row| row.certificate.as_ref());
    let foreign = kept
        .others
        .iter()
        .filter(|other| other.kind == CertificateKind::Above);
    own.chain(generations)
        .chain(foreign.map(|other| &other.certificate))
        .cloned()
        .collect()
}

/// From a certificate's issuer up to a root. A CA has several certificates: it goes by the key that signed, and of
/// several for one key by the one that is valid longest.
fn above(certificate: &Certificate, pool: &[Certificate]) -> Vec<Certificate> {
    let mut above: Vec<Certificate> = Vec::new();
    // Bounded by the number of CAs: a ring in the table must not hang us.
    while above.len() <= pool.len() {
        let below = above.last().unwrap_or(certificate);
        if below.is_self_issued() {
            break;
        }
        let issuer = pool
            .iter()
            .filter(|candidate| signed_by(below, candidate))
            .max_by_key(|candidate| candidate.not_after());
        let Some(issuer) = issuer.cloned() else {
            break;
        };
        above.push(issuer);
    }
    above
}

/// By name and key identifier: signatures were verified when the certificates were taken in.
fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let identifiers = certificate
        .authority_key_identifier()
        .zip(issuer.subject_key_identifier());
    certificate.issuer() == issuer.subject()
        && identifiers.is_none_or(|(wanted, found)| wanted == found)
}
