//! Keys and certificates of CAs: by whom they are signed, by which profile, and what the signer holds the key to.

use std::{sync::Arc, time::Duration};

use ers_pki::{
    certificate::Certificate,
    csr,
    issuance::Issuer,
    key::{KeyAlgorithm, PublicKey, SignatureAlgorithm},
    name::Name,
    profile::Profile,
};
use ers_signer_client::{Key, KeyId, KeyLimits, NewKey, Purpose, SignCall};

use super::AuthorityError;
use crate::{
    domain::{AuthorityName, Origin, RequestDigest},
    flows::{
        Core, IssuingAuthority,
        issue::{IssueError, IssueRequest, Signatory, Under, Wishes, issue_as},
    },
};

/// A CA certificate that is wanted.
pub(super) struct Wanted<'a> {
    /// The CA.
    pub(super) name: &'a AuthorityName,
    /// Its generation.
    pub(super) generation: i16,
    /// Once for each certificate.
    pub(super) request_id: String,
    pub(super) subject: &'a Name,
    pub(super) key_id: &'a KeyId,
    pub(super) public_key: &'a PublicKey,
    /// How the key signs.
    pub(super) signature_algorithm: SignatureAlgorithm,
    /// None: for a root `root-ca`, else `sub-ca`.
    pub(super) profile: Option<&'a str>,
    pub(super) path_length: Option<u32>,
    pub(super) validity: Duration,
    pub(super) requester: &'a str,
}

impl Wanted<'_> {
    /// Has it signed by the CA above, or by its own key.
    pub(super) async fn certify(
        &self,
        core: &Core,
        above: Option<&IssuingAuthority>,
    ) -> Result<Certificate, AuthorityError> {
        let profile = ca_profile(
            core,
            self.profile
                .unwrap_or(if above.is_some() { "sub-ca" } else { "root-ca" }),
            self.path_length,
        )?;
        match above {
            Some(above) => {
                if let Some((name, state)) = above.hindrance() {
                    let name = name.clone();
                    return Err(AuthorityError::Issue(IssueError::IssuerNotActive {
                        name,
                        state,
                    }));
                }
                self.sign(core, &Signatory::of(above), &profile).await
            }
            None => {
                let issuer = Issuer::self_signed(
                    self.subject.clone(),
                    self.public_key.clone(),
                    self.signature_algorithm,
                )
                .map_err(|error| AuthorityError::Issue(IssueError::Issuer(error)))?;
                let signatory = Signatory {
                    name: self.name,
                    key_id: self.key_id,
                    issuer: &issuer,
                    generation: self.generation,
                    partitions: 0,
                    self_signed: true,
                };
                self.sign(core, &signatory, &profile).await
            }
        }
    }

    /// Has it signed by that key, by that profile.
    pub(super) async fn sign(
        &self,
        core: &Core,
        signatory: &Signatory<'_>,
        profile: &Profile,
    ) -> Result<Certificate, AuthorityError> {
        let request = IssueRequest {
            request_id: self.request_id.clone(),
            digest: RequestDigest::from_hex(hex::encode(self.public_key.key_identifier())),
            issuer: signatory.name.clone(),
            profile: String::new(),
            public_key: self.public_key.clone(),
            subject: self.subject.clone(),
            names: Vec::new(),
            wishes: Wishes::default(),
            not_before: None,
            validity: Some(self.validity),
            origin: Origin {
                requester: self.requester.to_owned(),
                protocol: "system".into(),
                ..Origin::default()
            },
        };
        let under = Under {
            profile,
            version: core.profiles.version_of(&profile.name),
        };
        issue_as(core, signatory, under, &request)
            .await
            .map(|issued| issued.record.certificate)
            .map_err(AuthorityError::Issue)
    }
}

/// The profile of that name, for CA certificates with that path length; none: the profile's.
pub(super) fn ca_profile(
    core: &Core,
    name: &str,
    path_length: Option<u32>,
) -> Result<Profile, AuthorityError> {
    let known = core.profiles.find(name);
    let mut profile = known
        .filter(|known| known.profile.is_ca())
        .map(|known| Profile::clone(&known.profile))
        .ok_or_else(|| AuthorityError::Profile(name.to_owned()))?;
    if let Some(constraints) = &mut profile.basic_constraints {
        constraints.path_length = path_length.or(constraints.path_length);
    }
    Ok(profile)
}

/// A key that is wanted for a generation of a CA.
pub(super) struct WantedKey<'a> {
    pub(super) label: String,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) token: Option<String>,
    pub(super) subject: &'a Name,
    pub(super) validity: Duration,
    pub(super) path_length: Option<u32>,
    /// It signs itself.
    pub(super) is_root: bool,
    /// A foreign CA signs it.
    pub(super) is_external: bool,
}

impl WantedKey<'_> {
    /// The signer holds the key to what this CA is for, whatever CARA asks later.
    pub(super) async fn make(self, core: &Core) -> Result<Key, AuthorityError> {
        let below = match (self.is_root, self.path_length) {
            // a root signs itself, with its own path length
            (true, length) => length,
            (false, Some(length)) => Some(length.saturating_sub(1)),
            (false, None) => None,
        };
        let mut purposes = vec![Purpose::Certificate, Purpose::Crl];
        if self.is_external {
            purposes.push(Purpose::CertificateRequest);
        }
        core.signer
            .create_key(NewKey {
                request_id: self.label.clone(),
                label: self.label,
                algorithm: self.algorithm,
                purposes,
                token: self.token,
                limits: KeyLimits {
                    issuer_name: Some(self.subject.to_der().to_vec()),
                    max_path_length: below,
                    longest_validity: Some(self.validity + Duration::from_secs(86_400)),
                    may_sign_ca_certificates: self.is_root || self.path_length != Some(0),
                },
            })
            .await
            .map_err(|source| AuthorityError::Signer {
                act: "make key of CA",
                source,
            })
    }
}

/// A signature algorithm for a key: the one asked for, or what suits it.
pub(super) fn algorithm_for(
    key_algorithm: KeyAlgorithm,
    asked: Option<SignatureAlgorithm>,
) -> Result<SignatureAlgorithm, AuthorityError> {
    let signature_algorithm =
        asked.unwrap_or_else(|| SignatureAlgorithm::default_for(key_algorithm));
    if signature_algorithm.suits(key_algorithm) {
        return Ok(signature_algorithm);
    }
    Err(AuthorityError::Algorithms {
        key_algorithm,
        signature_algorithm,
    })
}

/// A request for a foreign CA to sign, DER.
pub(super) async fn request_certificate(
    core: &Arc<Core>,
    wanted: &Wanted<'_>,
) -> Result<Vec<u8>, AuthorityError> {
    let prepared = csr::prepare_ca(
        wanted.subject,
        wanted.public_key,
        wanted.signature_algorithm,
        wanted.path_length,
    );
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &wanted.request_id,
            key_id: wanted.key_id,
            purpose: Purpose::CertificateRequest,
            signature_algorithm: wanted.signature_algorithm,
            to_be_signed: prepared.to_be_signed(),
            context: Vec::new(),
            public_key: None,
        })
        .await
        .map_err(|source| AuthorityError::Signer {
            act: "sign certification request of CA",
            source,
        })?;
    let request =
        prepared
            .assemble(&signed.signature)
            .map_err(|source| AuthorityError::OwnRequest {
                name: wanted.name.clone(),
                source,
            })?;
    Ok(request.der().to_vec())
}
