//! A certificate that CLM knows, by whatever an edge names it by.

use std::{collections::BTreeSet, sync::Arc};

use ers_pki::{certificate::Certificate, name::Name};
use ers_runtime::error::{Fault, Kind, chain};

use super::{AuthenticateError, Flows};
use crate::{
    clients::CaraError,
    domain::{id::CertificateId, inventory::InventoryCertificate, inventory_filter::Source},
    store::{Found, StoreError},
};

/// What a certificate is named by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// Its octets, DER.
    Certificate(Vec<u8>),
    /// Name of the issuer, DER, and serial number, hex.
    IssuerAndSerial {
        /// DER.
        issuer: Vec<u8>,
        /// Hex.
        serial: String,
    },
    /// SHA-256, hex.
    Fingerprint(String),
    /// Identifier of the issuer's key, and serial number, hex (RFC 9773 section 4.1).
    KeyAndSerial {
        /// The octets of the keyIdentifier.
        key: Vec<u8>,
        /// Hex.
        serial: String,
    },
}

/// A certificate with those above it.
#[derive(Debug, Clone)]
pub struct KnownCertificate {
    /// The certificate.
    pub certificate: InventoryCertificate,
    /// DER, the issuer first, the root last.
    pub chain: Arc<Vec<Vec<u8>>>,
}

/// Why it is not told.
#[derive(Debug, thiserror::Error)]
pub enum KnownCertificateError {
    /// What it is named by cannot be read.
    #[error("find certificate: {0}")]
    Unreadable(String),
    /// No such certificate.
    #[error("find certificate: there is none of that name")]
    Unknown,
    /// CARA did not answer.
    #[error("find certificate: CARA")]
    Cara(#[from] CaraError),
    /// The database.
    #[error("find certificate: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// A certificate with those above it.
    #[tracing::instrument(name = "clm.find_known_certificate", skip_all)]
    pub async fn find_known_certificate(
        &self,
        naming: &Naming,
    ) -> Result<KnownCertificate, KnownCertificateError> {
        let certificate = self.find_named(naming).await?;
        let chain = self.cara.load_chain(&certificate.issuer).await?;
        Ok(KnownCertificate { certificate, chain })
    }

    /// The certificate, from the inventory or from CARA.
    pub(super) async fn find_named(
        &self,
        naming: &Naming,
    ) -> Result<InventoryCertificate, KnownCertificateError> {
        let unreadable =
            |error: &dyn std::error::Error| KnownCertificateError::Unreadable(chain(error));
        let found = match naming {
            Naming::Certificate(der) => {
                let certificate = Certificate::from_der(der).map_err(|error| unreadable(&error))?;
                self.find_known(&certificate)
                    .await
                    .map_err(|error| match error {
                        AuthenticateError::Cara(error) => KnownCertificateError::Cara(error),
                        AuthenticateError::Store(error) => KnownCertificateError::Store(error),
                        _ => KnownCertificateError::Unknown,
                    })?
            }
            Naming::Fingerprint(text) => {
                let id = CertificateId::from_typed(text).map_err(|error| unreadable(&error))?;
                match self.store.find_certificate(&id).await? {
                    Found::One(entry)
                        if entry.certificate.fingerprint == id.as_str()
                            && entry.certificate.origin.source() == Source::Issued =>
                    {
                        Some(entry.certificate)
                    }
                    _ => match <[u8; 32]>::try_from(hex::decode(id.as_str()).unwrap_or_default()) {
                        Ok(fingerprint) => self.cara.find_by_fingerprint(fingerprint).await?,
                        Err(_) => None,
                    },
                }
            }
            Naming::IssuerAndSerial { issuer, serial } => {
                let issuer = Name::from_der(issuer).map_err(|error| unreadable(&error))?;
                self.find_by_ca(serial, |ca| *ca.subject() == issuer)
                    .await?
            }
            Naming::KeyAndSerial { key, serial } => {
                self.find_by_ca(serial, |ca| {
                    ca.subject_key_identifier() == Some(key.as_slice())
                })
                .await?
            }
        };
        found.ok_or(KnownCertificateError::Unknown)
    }

    /// The certificate of a serial number that the CA has issued which `is_it` knows again. Keys of before, and CAs whose
    /// policies are gone, are found by their certificates in the inventory.
    async fn find_by_ca(
        &self,
        serial: &str,
        is_it: impl Fn(&Certificate) -> bool,
    ) -> Result<Option<InventoryCertificate>, KnownCertificateError> {
        let serial = serial.to_ascii_lowercase();
        let serial = serial.trim_start_matches('0');
        if serial.is_empty() || serial.len() > 40 || !serial.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return Err(KnownCertificateError::Unreadable(
                "serial: 1 to 40 hexadecimal digits".to_owned(),
            ));
        }
        let issuers: BTreeSet<String> = self
            .policies
            .list()
            .iter()
            .map(|policy| policy.definition.rules().issuer.to_string())
            .collect();
        for issuer in issuers {
            let certificates = match self.cara.load_issuer(&issuer).await {
                Ok(certificates) => certificates,
                Err(CaraError::NotFound(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let all = certificates
                .chain
                .first()
                .into_iter()
                .chain(&certificates.former);
            let fits = all
                .filter_map(|der| Certificate::from_der(der).ok())
                .any(|ca| is_it(&ca));
            if !fits {
                continue;
            }
            let found = self
                .store
                .find_certificate_by_serial(&issuer, serial)
                .await?;
            let found = match found {
                Some(found) => Some(found),
                None => self.cara.find_by_serial(&issuer, serial).await?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Fault for KnownCertificateError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreadable(_) => Kind::InvalidArgument,
            Self::Unknown => Kind::NotFound,
            Self::Cara(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::Unreadable(_)).then_some("by")
    }
}
