//! Who issues: a CA's certificate with the key's algorithm and the places where its status information lies.

use std::sync::Arc;

use time::OffsetDateTime;

use super::PrepareError;
use super::crl_places::CrlPlaces;
use crate::asn1::{Writer, oid};
use crate::certificate::Certificate;
use crate::extension::basic_constraints::BasicConstraints;
use crate::extension::name_constraints::NameConstraints;
use crate::extension::{authority_information_access, key_identifier};
use crate::general_name::{GeneralNameError, Uri};
use crate::key::{PublicKey, SignatureAlgorithm, WeakKeys};
use crate::name::{Name, NameError};
use crate::profile::{BasicConstraintsRule, Profile};

/// Why something cannot be an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The certificate is not a CA's, or its key may not sign certificates.
    #[error("use \"{0}\" as issuer: it may not sign certificates")]
    NotCa(String),
    /// The signature algorithm does not suit the key.
    #[error("use \"{name}\" as issuer: {algorithm} does not suit its key")]
    Algorithm {
        /// The issuer.
        name: String,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// The name of a root to be is empty or breaks the rules.
    #[error("use \"{name}\" as issuer")]
    Name {
        /// The name.
        name: String,
        /// What is wrong; nothing when it is empty.
        #[source]
        source: Option<NameError>,
    },
    /// A URL is none.
    #[error("use URL for certificates")]
    Url(#[from] GeneralNameError),
}

/// A CA, able to issue; cheap to clone. What every certificate of it has in common is encoded once.
#[derive(Debug, Clone)]
pub struct Issuer {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    /// Absent while a root makes its own certificate.
    certificate: Option<Certificate>,
    name: Name,
    public_key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    ocsp_urls: Vec<Uri>,
    ca_issuer_urls: Vec<Uri>,
    /// What it issues is for itself, under another key.
    for_links: bool,
    weak_keys: Arc<WeakKeys>,
    crls: CrlPlaces,
    delta_crls: CrlPlaces,
    /// AlgorithmIdentifier, DER.
    algorithm_identifier: Vec<u8>,
    /// Extensions, DER; empty when there is nothing to say.
    authority_key_identifier: Vec<u8>,
    information_access: Vec<u8>,
    /// The same without OCSP.
    access_without_ocsp: Vec<u8>,
}

impl Issuer {
    /// An issuer with a certificate that lets it issue.
    pub fn new(
        certificate: Certificate,
        signature_algorithm: SignatureAlgorithm,
    ) -> Result<Self, IssuerError> {
        if !certificate.may_sign_certificates() {
            return Err(IssuerError::NotCa(certificate.subject().to_string()));
        }
        let identifier = certificate.subject_key_identifier().map_or_else(
            || certificate.public_key().key_identifier().to_vec(),
            <[u8]>::to_vec,
        );
        let name = certificate.subject().clone();
        let public_key = certificate.public_key().clone();
        Self::build(
            Some(certificate),
            name,
            public_key,
            signature_algorithm,
            &identifier,
        )
    }

    /// A root that is about to sign its own certificate.
    pub fn self_signed(
        name: Name,
        public_key: PublicKey,
        signature_algorithm: SignatureAlgorithm,
    ) -> Result<Self, IssuerError> {
        let checked = name.check();
        if name.is_empty() || checked.is_err() {
            return Err(IssuerError::Name {
                name: name.to_string(),
                source: checked.err(),
            });
        }
        let identifier = public_key.key_identifier();
        Self::build(None, name, public_key, signature_algorithm, &identifier)
    }

    fn build(
        certificate: Option<Certificate>,
        name: Name,
        public_key: PublicKey,
        signature_algorithm: SignatureAlgorithm,
        key_identifier: &[u8],
    ) -> Result<Self, IssuerError> {
        if !public_key.accepts(signature_algorithm) {
            return Err(IssuerError::Algorithm {
                name: name.to_string(),
                algorithm: signature_algorithm,
            });
        }
        let encode = |write: &dyn Fn(&mut Writer)| {
            let mut writer = Writer::new();
            write(&mut writer);
            writer.finish()
        };
        let inner = Inner {
            certificate,
            name,
            public_key,
            signature_algorithm,
            ocsp_urls: Vec::new(),
            ca_issuer_urls: Vec::new(),
            for_links: false,
            weak_keys: Arc::default(),
            crls: CrlPlaces::default(),
            delta_crls: CrlPlaces::default(),
            algorithm_identifier: encode(&|writer| signature_algorithm.write(writer)),
            authority_key_identifier: encode(&|writer| {
                key_identifier::write_authority(writer, key_identifier)
            }),
            information_access: Vec::new(),
            access_without_ocsp: Vec::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same issuer, with the URLs where OCSP is answered.
    pub fn with_ocsp_urls<T: AsRef<str>>(
        self,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        self.with_urls(|inner| &mut inner.ocsp_urls, urls)
    }

    /// The same issuer, with the URLs where its CRL lies. Those with `{partition}` go into certificates of a partition
    /// (`Request::crl_partition`), which replaces the word by the number; the others into certificates of none.
    pub fn with_crl_urls<T: AsRef<str>>(
        self,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.crls = CrlPlaces::new(&oid::CRL_DISTRIBUTION_POINTS, urls)?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same issuer, with the URLs where its delta CRL lies (freshest CRL, RFC 5280 section 4.2.1.15), which may have
    /// `{partition}` as those of the CRL.
    pub fn with_delta_crl_urls<T: AsRef<str>>(
        self,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.delta_crls = CrlPlaces::new(&oid::FRESHEST_CRL, urls)?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same issuer, with the URLs where its own certificate lies.
    pub fn with_ca_issuer_urls<T: AsRef<str>>(
        self,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        self.with_urls(|inner| &mut inner.ca_issuer_urls, urls)
    }

    /// The same issuer, which certifies none of these keys.
    pub fn with_weak_keys(self, keys: Arc<WeakKeys>) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.weak_keys = keys;
        Self {
            inner: Arc::new(inner),
        }
    }

    fn with_urls<T: AsRef<str>>(
        self,
        field: impl FnOnce(&mut Inner) -> &mut Vec<Uri>,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        *field(&mut inner) = urls
            .into_iter()
            .map(|url| Uri::new(url.as_ref()))
            .collect::<Result<_, _>>()?;
        let mut access = Writer::new();
        if !(inner.ocsp_urls.is_empty() && inner.ca_issuer_urls.is_empty()) {
            authority_information_access::write(
                &mut access,
                &inner.ocsp_urls,
                &inner.ca_issuer_urls,
            );
        }
        inner.information_access = access.finish();
        let mut access = Writer::new();
        if !inner.ca_issuer_urls.is_empty() {
            authority_information_access::write(&mut access, &[], &inner.ca_issuer_urls);
        }
        inner.access_without_ocsp = access.finish();
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same issuer, for link certificates (RFC 9810 section 4.4): for its own name under another key, and nothing else.
    pub fn for_links(self) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        inner.for_links = true;
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(super) fn is_for_links(&self) -> bool {
        self.inner.for_links
    }

    /// Its certificate; `None` for a root that is about to sign its own.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.inner.certificate.as_ref()
    }

    /// Its name: the issuer of what it issues.
    pub fn name(&self) -> &Name {
        &self.inner.name
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.inner.public_key
    }

    /// How it signs.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.inner.signature_algorithm
    }

    /// Whether it is a root that is about to sign its own certificate.
    pub fn is_self_signed(&self) -> bool {
        self.inner.certificate.is_none()
    }

    pub(crate) fn algorithm_identifier(&self) -> &[u8] {
        &self.inner.algorithm_identifier
    }

    pub(crate) fn authority_key_identifier(&self) -> &[u8] {
        &self.inner.authority_key_identifier
    }

    pub(super) fn information_access(&self, with_ocsp: bool) -> &[u8] {
        if with_ocsp {
            &self.inner.information_access
        } else {
            &self.inner.access_without_ocsp
        }
    }

    /// CRL distribution points and freshest CRL, DER, one after the other.
    pub(super) fn distribution_points(
        &self,
        partition: Option<u32>,
    ) -> Result<Vec<u8>, PrepareError> {
        let inner = &self.inner;
        let mut points = inner
            .crls
            .extension(&oid::CRL_DISTRIBUTION_POINTS, partition)?;
        points.extend(inner.delta_crls.extension(&oid::FRESHEST_CRL, partition)?);
        Ok(points)
    }

    pub(super) fn refuses_key(&self, key: &PublicKey) -> bool {
        self.inner.weak_keys.contains(key)
    }

    pub(super) fn name_constraints(&self) -> Option<&NameConstraints> {
        self.certificate()
            .and_then(|certificate| certificate.details().name_constraints.as_deref())
    }

    pub(super) fn check_able(&self, now: OffsetDateTime) -> Result<(), PrepareError> {
        match self.certificate() {
            Some(certificate) if !certificate.is_valid_at(now) => {
                Err(PrepareError::IssuerNotValid {
                    not_before: certificate.not_before(),
                    not_after: certificate.not_after(),
                })
            }
            _ => Ok(()),
        }
    }

    /// The basic constraints of a certificate below this issuer: a CA gets one step less than its issuer has; in a link
    /// certificate as much as it has (RFC 5280 section 4.2.1.9 counts no self-issued certificates).
    pub(super) fn constraints_below(
        &self,
        profile: &Profile,
    ) -> Result<Option<BasicConstraints>, PrepareError> {
        let Some(BasicConstraintsRule { ca, path_length }) = profile.basic_constraints else {
            return Ok(None);
        };
        if !ca {
            return Ok(Some(BasicConstraints::default()));
        }
        let limit = self.certificate().and_then(Certificate::path_length);
        let path_length = match (limit, path_length) {
            (None, wanted) => wanted,
            (Some(issuer), wanted) => {
                let step = u32::from(!self.inner.for_links);
                let most = issuer
                    .checked_sub(step)
                    .ok_or(PrepareError::PathLength { issuer })?;
                if wanted.is_some_and(|wanted| wanted > most) {
                    return Err(PrepareError::PathLength { issuer });
                }
                Some(wanted.unwrap_or(most))
            }
        };
        Ok(Some(BasicConstraints { ca, path_length }))
    }
}
