//! One certificate of the inventory with all that is known of it.

use std::sync::Arc;

use ers_runtime::error::{Fault, Kind};

use super::Flows;
use crate::{
    clients::CaraError,
    domain::{
        access::Reach,
        id::CertificateId,
        inventory::{Entry, InventoryCertificate},
        inventory_filter::Source,
    },
    store::{Found, StoreError},
};

/// A certificate with its chain.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The certificate.
    pub entry: Entry,
    /// The certificates above it, DER: the issuer first, the root last.
    pub chain: Arc<Vec<Vec<u8>>>,
}

/// Why it cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowCertificateError {
    /// None whose serial or fingerprint begins so.
    #[error("show certificate: there is none whose serial or fingerprint begins with {0}")]
    Unknown(CertificateId),
    /// More than one.
    #[error("show certificate: several begin with {0}, give more digits")]
    Several(CertificateId),
    /// Its chain cannot be had.
    #[error("show certificate: chain")]
    Chain(#[source] CaraError),
    /// The database.
    #[error("show certificate")]
    Store(#[from] StoreError),
}

impl Flows {
    /// The certificate whose serial or fingerprint is, or begins with, the digits.
    #[tracing::instrument(name = "clm.show_certificate", skip_all)]
    pub async fn show_certificate(
        &self,
        id: &CertificateId,
        reach: &Reach,
    ) -> Result<Shown, ShowCertificateError> {
        let entry = self.find_certificate(id, reach).await?;
        if entry.certificate.origin.source() == Source::Imported {
            let chain = self.load_foreign_chain(&entry.certificate).await?;
            return Ok(Shown { entry, chain });
        }
        let chain = self
            .cara
            .load_chain(&entry.certificate.issuer)
            .await
            .map_err(ShowCertificateError::Chain)?;
        // A root is its own issuer: nothing stands above it.
        let chain = if chain.first() == Some(&entry.certificate.der) {
            Arc::default()
        } else {
            chain
        };
        Ok(Shown { entry, chain })
    }

    /// The same without its chain.
    pub async fn find_certificate(
        &self,
        id: &CertificateId,
        reach: &Reach,
    ) -> Result<Entry, ShowCertificateError> {
        match self.store.find_certificate(id).await? {
            Found::None => Err(ShowCertificateError::Unknown(id.clone())),
            Found::Several => Err(ShowCertificateError::Several(id.clone())),
            Found::One(entry) => {
                let origin = &entry.certificate.origin;
                if reach.has(&origin.realm, &origin.policy) {
                    Ok(*entry)
                } else {
                    Err(ShowCertificateError::Unknown(id.clone()))
                }
            }
        }
    }
}

impl InventoryCertificate {
    /// Whether it is for this key (SubjectPublicKeyInfo, DER) and exactly these names.
    pub(super) fn is_for(
        &self,
        public_key: &[u8],
        names: &[ers_pki::general_name::GeneralName],
    ) -> bool {
        let Ok(certificate) = ers_pki::certificate::Certificate::from_der(&self.der) else {
            return false;
        };
        let of = |names: &[ers_pki::general_name::GeneralName]| -> std::collections::BTreeSet<_> {
            names.iter().cloned().collect()
        };
        certificate.public_key().spki_der() == public_key && of(certificate.names()) == of(names)
    }
}

impl Fault for ShowCertificateError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Several(_) => Kind::InvalidArgument,
            Self::Chain(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::Several(_)).then_some("id")
    }
}
