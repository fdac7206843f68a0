//! All CAs in memory, ready to issue: read at start, on every change by this process, and every few seconds for changes
//! by another replica.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use ers_pki::{
    certificate::Certificate,
    issuance::{Issuer, IssuerError},
};
use ers_runtime::error::{Fault, Kind};

use thiserror::Error;

use crate::{
    config::Issuing,
    domain::{Authority, AuthorityName, OcspSigner},
    store::{Store, StoreError},
};

/// A CA with everything that issuing needs.
pub struct IssuingAuthority {
    /// The CA.
    pub authority: Authority,
    /// What goes into its certificates.
    pub issuer: Issuer,
    /// The CAs above it, its own issuer first, the root last; empty for a root.
    pub above: Vec<Certificate>,
    /// Who answers OCSP for it now.
    pub ocsp_signer: Option<OcspSigner>,
}

impl IssuingAuthority {
    /// What is handed out beside a certificate of this CA: itself first, the root left out.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        if self.authority.issuer.is_none() {
            return Vec::new();
        }
        let above = self
            .above
            .split_last()
            .map_or(&[][..], |(_root, below)| below);
        std::iter::once(&self.authority.certificate)
            .chain(above)
            .map(|c| c.der().to_vec())
            .collect()
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
    authorities: ArcSwap<HashMap<AuthorityName, Arc<IssuingAuthority>>>,
}

impl Registry {
    /// Reads all CAs anew.
    pub async fn refresh(&self, store: &Store, issuing: &Issuing) -> Result<(), RegistryError> {
        let (authorities, signers) = store
            .load_authorities()
            .await
            .map_err(RegistryError::Store)?;
        let mut signers: HashMap<_, _> = signers
            .into_iter()
            .map(|s| (s.authority.clone(), s))
            .collect();
        let by_name: HashMap<_, _> = authorities
            .into_iter()
            .map(|a| (a.name.clone(), a))
            .collect();
        let all = by_name
            .values()
            .map(|authority| {
                let ready = IssuingAuthority {
                    issuer: issuer(authority, issuing).map_err(|source| RegistryError::Issuer {
                        name: authority.name.clone(),
                        source,
                    })?,
                    above: above(authority, &by_name),
                    ocsp_signer: signers.remove(&authority.name),
                    authority: authority.clone(),
                };
                Ok((authority.name.clone(), Arc::new(ready)))
            })
            .collect::<Result<_, _>>()?;
        self.authorities.store(Arc::new(all));
        Ok(())
    }

    /// The CA of that name.
    pub fn find(&self, name: &AuthorityName) -> Option<Arc<IssuingAuthority>> {
        self.authorities.load().get(name).cloned()
    }

    /// All CAs, by name.
    pub fn all(&self) -> Vec<Arc<IssuingAuthority>> {
        let mut all: Vec<_> = self.authorities.load().values().cloned().collect();
        all.sort_by(|a, b| a.authority.name.cmp(&b.authority.name));
        all
    }
}

/// What a CA writes into its certificates.
fn issuer(authority: &Authority, issuing: &Issuing) -> Result<Issuer, IssuerError> {
    let base = issuing.revocation_url.trim_end_matches('/');
    let name = &authority.name;
    Issuer::new(authority.certificate.clone(), authority.signature_algorithm)?
        .with_ocsp_urls([format!("{base}/ocsp")])?
        .with_crl_urls([format!("{base}/crl/{name}.crl")])?
        .with_ca_issuer_urls([format!("{base}/ca/{name}.cer")])
}

fn above(authority: &Authority, all: &HashMap<AuthorityName, Authority>) -> Vec<Certificate> {
    let mut above = Vec::new();
    let mut next = authority.issuer.as_ref();
    // Bounded by the number of CAs: a ring in the table must not hang us.
    while let Some(parent) = next
        .and_then(|name| all.get(name))
        .filter(|_| above.len() < all.len())
    {
        above.push(parent.certificate.clone());
        next = parent.issuer.as_ref();
    }
    above
}
