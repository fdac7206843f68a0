//! Keys as the signer tells of them.

use std::fmt;
use std::time::Duration;

use ers_pki::key::{KeyAlgorithm, PublicKey};
use ers_proto::signer::v1 as wire;
use time::OffsetDateTime;

use crate::{Purpose, SignerError};

/// The signer's name for a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// An id that was got from the signer before.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key may sign beside its purposes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyLimits {
    /// What it signs must carry this issuer: a Name in DER.
    pub issuer_name: Option<Vec<u8>>,
    /// Longest path length constraint of CA certificates that it signs.
    pub max_path_length: Option<u32>,
    /// Longest validity of certificates that it signs.
    pub longest_validity: Option<Duration>,
    /// Whether it may sign certificates with cA TRUE.
    pub may_sign_ca_certificates: bool,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The request that it is made for.
    pub request_id: String,
    /// Unique; 1 to 128 of `A-Z a-z 0-9 . _ : -`. Asked for again with the same label, the same key comes back.
    pub label: String,
    /// Kind and size.
    pub algorithm: KeyAlgorithm,
    /// At least one.
    pub purposes: Vec<Purpose>,
    /// A token of the signer's configuration; none: its default.
    pub token: Option<String>,
    /// What it may sign.
    pub limits: KeyLimits,
}

/// A key that the signer holds.
#[derive(Debug, Clone)]
pub struct Key {
    /// The signer's name for it.
    pub id: KeyId,
    /// The name that its creator gave it.
    pub label: String,
    /// Kind and size.
    pub algorithm: KeyAlgorithm,
    /// What it may be used for.
    pub purposes: Vec<Purpose>,
    /// The token that it lives on.
    pub token: String,
    /// What it may sign.
    pub limits: KeyLimits,
    /// Its public half.
    pub public_key: PublicKey,
    /// The caller that made it.
    pub creator: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Other tokens that hold a copy, by name.
    pub replicas: Vec<String>,
    /// Why it signs nothing at present; none: it may sign.
    pub quarantine: Option<KeyQuarantine>,
    /// CKA_ID on its token; empty for software keys.
    pub token_key_id: Vec<u8>,
}

/// A key made a wrong signature, and signs nothing until an administrator says that it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuarantine {
    /// Since when.
    pub at: OffsetDateTime,
    /// What happened.
    pub reason: String,
}

impl From<KeyLimits> for wire::KeyLimits {
    fn from(limits: KeyLimits) -> Self {
        Self {
            issuer_name: limits.issuer_name.unwrap_or_default(),
            max_path_length: limits.max_path_length,
            // beyond what a Duration of the wire can hold there is no limit in any practical sense
            longest_validity: limits
                .longest_validity
                .and_then(|validity| prost_types::Duration::try_from(validity).ok()),
            may_sign_ca_certificates: limits.may_sign_ca_certificates,
        }
    }
}

impl TryFrom<wire::KeyLimits> for KeyLimits {
    type Error = SignerError;

    fn try_from(limits: wire::KeyLimits) -> Result<Self, SignerError> {
        let longest_validity = limits
            .longest_validity
            .map(Duration::try_from)
            .transpose()
            .map_err(|_| SignerError::Malformed {
                field: "limits.longest_validity",
            })?;
        Ok(Self {
            issuer_name: Some(limits.issuer_name).filter(|name| !name.is_empty()),
            max_path_length: limits.max_path_length,
            longest_validity,
            may_sign_ca_certificates: limits.may_sign_ca_certificates,
        })
    }
}

impl From<NewKey> for wire::CreateKeyRequest {
    fn from(new: NewKey) -> Self {
        Self {
            request_id: new.request_id,
            label: new.label,
            key_algorithm: new.algorithm.to_string(),
            purposes: new.purposes.into_iter().map(Purpose::to_wire).collect(),
            token: new.token.unwrap_or_default(),
            limits: Some(new.limits.into()),
        }
    }
}

impl TryFrom<wire::Key> for Key {
    type Error = SignerError;

    fn try_from(key: wire::Key) -> Result<Self, SignerError> {
        let created_at = key.created_at.ok_or(SignerError::Malformed {
            field: "created_at",
        })?;
        let quarantine = key.quarantine.map(|quarantine| -> Result<_, SignerError> {
            let at = quarantine.at.ok_or(SignerError::Malformed {
                field: "quarantine.at",
            })?;
            Ok(KeyQuarantine {
                at: crate::journal::time_of(&at, "quarantine.at")?,
                reason: quarantine.reason,
            })
        });
        Ok(Self {
            id: KeyId(key.id),
            label: key.label,
            algorithm: key
                .key_algorithm
                .parse()
                .map_err(|_| SignerError::Malformed {
                    field: "key_algorithm",
                })?,
            purposes: key
                .purposes
                .into_iter()
                .filter_map(Purpose::from_wire)
                .collect(),
            token: key.token,
            limits: key.limits.unwrap_or_default().try_into()?,
            public_key: PublicKey::from_spki_der(&key.public_key).map_err(|_| {
                SignerError::Malformed {
                    field: "public_key",
                }
            })?,
            creator: key.creator,
            created_at: crate::journal::time_of(&created_at, "created_at")?,
            replicas: key.replicas,
            quarantine: quarantine.transpose()?,
            token_key_id: key.token_key_id,
        })
    }
}

impl From<Key> for wire::Key {
    fn from(key: Key) -> Self {
        Self {
            id: key.id.0,
            label: key.label,
            key_algorithm: key.algorithm.to_string(),
            purposes: key.purposes.into_iter().map(Purpose::to_wire).collect(),
            token: key.token,
            limits: Some(key.limits.into()),
            public_key: key.public_key.spki_der().to_vec(),
            creator: key.creator,
            created_at: Some(crate::journal::timestamp_of(key.created_at)),
            replicas: key.replicas,
            quarantine: key.quarantine.map(|quarantine| wire::KeyQuarantine {
                at: Some(crate::journal::timestamp_of(quarantine.at)),
                reason: quarantine.reason,
            }),
            token_key_id: key.token_key_id,
        }
    }
}
