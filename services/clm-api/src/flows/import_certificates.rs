//! Certificates that CARA did not issue come into the inventory, so that somebody watches over them: searched, owned and
//! told of before they end like the others. They are nobody's proof of anything: no certificate lets in because it was
//! imported.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::{
    Act, Actor, Flows, change_certificate::ChangeCertificateError, show::ShowCertificateError,
};
use crate::{
    clients::CaraError,
    domain::{
        access::Reach,
        foreign::{Foreign, NoCertificates, authority_name, read_all, sort},
        id::{CertificateId, PolicyName, Requester},
        inventory::{InventoryCertificate, Origin},
        inventory_filter::Source,
        note::{NoteChange, WrongNote},
        policy::{ImportRules, Policy},
    },
    store::{Inserted, StoreError},
};

/// Longest chain that is shown.
const LONGEST_CHAIN: usize = 8;

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// PEM, or DER or PKCS#7 in Base64.
    pub certificates: String,
    /// The policy that they belong to from then on.
    pub policy: PolicyName,
    /// Written beside each.
    pub note: NoteChange,
    /// In the words that certificates keep.
    pub requester: Requester,
}

/// What became of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// SHA-256, lower-case hex.
    pub fingerprint: String,
    /// RFC 4514; empty when it cannot be read.
    pub subject: String,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// What is odd about it, or why it was refused.
    pub remarks: Vec<String>,
}

/// What may become of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is in the inventory now.
    Imported,
    /// It was there.
    Duplicate,
    /// It is kept to show the chain of others.
    Authority,
    /// It is not taken.
    Refused,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such policy within reach.
    #[error("import certificates: there is no policy {0}")]
    NoPolicy(PolicyName),
    /// The policy does not allow it.
    #[error("import certificates: policy {0} does not allow it")]
    NotAllowed(PolicyName),
    /// Nothing that certificates come in.
    #[error("import certificates: {0}")]
    Unreadable(#[from] NoCertificates),
    /// What was to be written beside them.
    #[error("import certificates: {0}")]
    Note(#[from] WrongNote),
    /// Whether it was issued here is not known.
    #[error("import certificates: CARA")]
    Cara(#[source] CaraError),
    /// It is not imported.
    #[error("forget certificate: it was issued here, and stays in the inventory")]
    NotImported,
    /// Which certificate.
    #[error(transparent)]
    Certificate(#[from] ShowCertificateError),
    /// What was to be written beside it.
    #[error(transparent)]
    Change(#[from] ChangeCertificateError),
    /// The database.
    #[error("import certificates")]
    Store(#[from] StoreError),
}

impl ImportOutcome {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Duplicate => "duplicate",
            Self::Authority => "authority",
            Self::Refused => "refused",
        }
    }
}

impl Flows {
    /// Imports what it can; tells what became of each.
    #[tracing::instrument(name = "clm.import_certificates", skip_all)]
    pub async fn import_certificates(
        &self,
        import: &Import,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<Vec<Imported>, ImportError> {
        let policy = self
            .show_policy(&import.policy, reach)
            .map_err(|_| ImportError::NoPolicy(import.policy.clone()))?;
        let rules = policy.definition.rules();
        if !rules.import.allowed {
            return Err(ImportError::NotAllowed(import.policy.clone()));
        }
        import.note.check()?;
        let sorted = sort(read_all(&import.certificates)?);
        let detail = format!(
            "{} certificates, {} of CAs",
            sorted.leaves.len(),
            sorted.authorities.len()
        );
        let act = Act {
            realm: Some(&rules.realm),
            detail,
            ..Act::on("inventory.import", import.policy.as_str())
        };
        self.note_act(actor, act).await?;
        let mut told = Vec::new();
        let mut kept = Vec::new();
        for authority in sorted.authorities {
            told.push(about(&authority, ImportOutcome::Authority));
            let name = authority_name(&authority.facts.subject);
            kept.push((name, authority.fingerprint(), authority.der));
        }
        self.store
            .keep_authorities(&kept, self.clock.now_ms())
            .await?;
        for leaf in sorted.leaves {
            told.push(self.import_one(leaf, import, &policy, actor).await?);
        }
        told.extend(
            sorted
                .unreadable
                .into_iter()
                .map(|(fingerprint, problem)| Imported {
                    fingerprint,
                    subject: String::new(),
                    outcome: ImportOutcome::Refused,
                    remarks: vec![problem],
                }),
        );
        Ok(told)
    }

    async fn import_one(
        &self,
        leaf: Foreign,
        import: &Import,
        policy: &Policy,
        actor: &Actor,
    ) -> Result<Imported, ImportError> {
        let ImportRules { self_signed, .. } = policy.definition.rules().import;
        let mut told = about(&leaf, ImportOutcome::Imported);
        let refused = |mut told: Imported, remark: &str| {
            told.outcome = ImportOutcome::Refused;
            told.remarks.insert(0, remark.to_owned());
            Ok(told)
        };
        if leaf.is_self_signed() && !self_signed {
            return refused(told, "it is self-signed, which the policy does not allow");
        }
        // CARA knows its own at once; were one taken for foreign, its event would find its place taken.
        let ours = self
            .cara
            .find_by_fingerprint(leaf.facts.fingerprint)
            .await
            .map_err(ImportError::Cara)?;
        if ours.is_some() {
            told.outcome = ImportOutcome::Duplicate;
            return Ok(told);
        }
        let rules = policy.definition.rules();
        let origin = Origin {
            realm: rules.realm.to_string(),
            policy: rules.name.to_string(),
            policy_version: policy.version,
            requester: import.requester.to_string(),
            ..Origin::default()
        };
        let certificate = match leaf.into_inventory(origin) {
            Ok(certificate) => certificate,
            Err(problem) => return refused(told, problem),
        };
        let now_ms = self.clock.now_ms();
        if self.store.add_foreign(&certificate, now_ms).await? == Inserted::AlreadyThere {
            told.outcome = ImportOutcome::Duplicate;
            return Ok(told);
        }
        let object = certificate.object();
        let act = Act {
            realm: Some(&rules.realm),
            detail: certificate.subject.clone(),
            ..Act::on("certificate.import", &object)
        };
        self.note_act(actor, act).await?;
        if import.note != NoteChange::default()
            && let Ok(id) = certificate.fingerprint.parse::<CertificateId>()
        {
            self.change_certificate(&id, &import.note, None, &Reach::Everywhere, actor)
                .await?;
        }
        Ok(told)
    }

    /// Takes an imported certificate out of the inventory again.
    #[tracing::instrument(name = "clm.forget_certificate", skip_all)]
    pub async fn forget_certificate(
        &self,
        id: &CertificateId,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(), ImportError> {
        let entry = self.find_certificate(id, reach).await?;
        if entry.certificate.origin.source() != Source::Imported {
            return Err(ImportError::NotImported);
        }
        let object = entry.certificate.object();
        let realm = entry.certificate.origin.realm.parse().ok();
        let act = Act {
            realm: realm.as_ref(),
            before: Some(hex::encode(&entry.certificate.der)),
            ..Act::on("certificate.forget", &object)
        };
        self.note_act(actor, act).await?;
        self.store.forget_foreign(entry.number).await?;
        Ok(())
    }

    /// The certificates above an imported one, as far as they are known; DER, the issuer first.
    pub(super) async fn load_foreign_chain(
        &self,
        certificate: &InventoryCertificate,
    ) -> Result<Arc<Vec<Vec<u8>>>, StoreError> {
        let mut above: Vec<Vec<u8>> = Vec::new();
        let mut name = certificate.issuer.clone();
        while above.len() < LONGEST_CHAIN {
            let below = above.last().unwrap_or(&certificate.der);
            let found = self.store.find_authorities(&name).await?;
            let Some(next) = found.into_iter().find(|der| may_have_signed(der, below)) else {
                break;
            };
            let Ok(facts) = ers_pki::inspect::foreign(&next) else {
                break;
            };
            name = authority_name(&facts.issuer);
            if next == certificate.der || above.contains(&next) {
                break;
            }
            above.push(next);
        }
        Ok(Arc::new(above))
    }
}

/// By signature, where both can be read that strictly; else names must do.
fn may_have_signed(issuer: &[u8], certificate: &[u8]) -> bool {
    use ers_pki::certificate::Certificate;
    match (
        Certificate::from_der(issuer),
        Certificate::from_der(certificate),
    ) {
        (Ok(issuer), Ok(certificate)) => certificate.verify_signed_by(&issuer).is_ok(),
        _ => true,
    }
}

fn about(one: &Foreign, outcome: ImportOutcome) -> Imported {
    Imported {
        fingerprint: one.fingerprint(),
        subject: one.facts.subject.clone(),
        outcome,
        remarks: one.facts.oddities.clone(),
    }
}

impl Fault for ImportError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPolicy(_) => Kind::NotFound,
            Self::NotAllowed(_) | Self::NotImported => Kind::FailedPrecondition,
            Self::Unreadable(_) | Self::Note(_) => Kind::InvalidArgument,
            Self::Cara(error) => error.kind(),
            Self::Certificate(error) => error.kind(),
            Self::Change(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NoPolicy(_) | Self::NotAllowed(_) => Some("policy"),
            Self::Unreadable(_) => Some("certificates"),
            Self::Note(error) => Some(error.field()),
            Self::Certificate(error) => error.field(),
            Self::Change(error) => error.field(),
            Self::Cara(_) | Self::NotImported | Self::Store(_) => None,
        }
    }
}
