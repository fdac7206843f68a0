//! What a worker is asked to do. Data, so that it can also be sent to a child process.

use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use pkcs11::object::{Attribute, ObjectClass};
use serde::{Deserialize, Serialize};

use super::super::token::{Description, NewPair};
use super::connection::Connection;
use super::decrypt::decrypt;
use super::describe::describe;
use super::fault::Fault;
use super::generate::generate;
use super::public_key;
use super::sign::sign;

/// An id that no key has.
const NO_KEY: &[u8] = &[0; 20];

/// What a worker is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    /// A sign of life.
    Probe,
    /// What the token says of itself.
    Describe,
    /// A key pair that never leaves the token; the same id for both halves.
    Generate {
        id: Vec<u8>,
        label: String,
        algorithm: KeyAlgorithm,
        /// Whether it opens content keys too.
        decrypts: bool,
    },
    /// A signature over what [`super::sign::input`] made.
    Sign {
        id: Vec<u8>,
        /// SubjectPublicKeyInfo that the pair must have.
        public_key: Vec<u8>,
        key_algorithm: KeyAlgorithm,
        algorithm: SignatureAlgorithm,
        #[serde(skip)]
        input: Vec<u8>,
    },
    /// A content key, opened.
    Decrypt {
        id: Vec<u8>,
        /// SubjectPublicKeyInfo that the pair must have.
        public_key: Vec<u8>,
        key_algorithm: KeyAlgorithm,
        /// AlgorithmIdentifier, DER.
        transport: Vec<u8>,
        #[serde(skip)]
        input: Vec<u8>,
    },
    /// Whether there is a pair under an id, and its public half.
    Find {
        id: Vec<u8>,
        algorithm: KeyAlgorithm,
    },
    /// Destroys whatever has an id.
    Destroy { id: Vec<u8> },
}

/// What came of it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Done,
    /// As the mechanism gave it: for ECDSA r and s, each half of the octets.
    Signature {
        #[serde(skip)]
        octets: Vec<u8>,
    },
    /// Empty when the padding was wrong.
    Opened {
        #[serde(skip)]
        octets: Vec<u8>,
    },
    /// SubjectPublicKeyInfo of the pair that was made.
    Made(Vec<u8>),
    Found {
        private_key: bool,
        /// SubjectPublicKeyInfo, when the token tells.
        public_key: Option<Vec<u8>>,
    },
    Description(Description),
}

impl Answer {
    /// What travels beside it as octets.
    pub(super) fn output(&self) -> &[u8] {
        match self {
            Self::Signature { octets } | Self::Opened { octets } => octets,
            _ => &[],
        }
    }

    /// Takes what travelled beside it.
    pub(super) fn set_output(&mut self, output: Vec<u8>) {
        if let Self::Signature { octets } | Self::Opened { octets } = self {
            *octets = output;
        }
    }
}

impl Call {
    /// What travels beside it as octets.
    pub(super) fn input(&self) -> &[u8] {
        match self {
            Self::Sign { input, .. } | Self::Decrypt { input, .. } => input,
            _ => &[],
        }
    }

    /// Takes what travelled beside it.
    pub(super) fn set_input(&mut self, octets: Vec<u8>) {
        if let Self::Sign { input, .. } | Self::Decrypt { input, .. } = self {
            *input = octets;
        }
    }

    /// Does it in a session.
    pub(super) fn perform(&self, connection: &mut Connection) -> Result<Answer, Fault> {
        match self {
            Self::Probe => {
                // C_GetSessionInfo and C_GetTokenInfo are often answered by the library alone
                connection
                    .session
                    .find_objects(&[Attribute::Id(NO_KEY.to_vec())])?;
                Ok(Answer::Done)
            }
            Self::Describe => Ok(Answer::Description(describe(connection)?)),
            Self::Generate {
                id,
                label,
                algorithm,
                decrypts,
            } => {
                let new = NewPair {
                    label,
                    algorithm: *algorithm,
                    decrypts: *decrypts,
                };
                Ok(Answer::Made(generate(connection, id, new)?))
            }
            Self::Sign {
                id,
                public_key,
                key_algorithm,
                algorithm,
                input,
            } => {
                let key = connection.private_key(id, *key_algorithm, public_key)?;
                let octets = sign(connection, key, *algorithm, input)?;
                Ok(Answer::Signature { octets })
            }
            Self::Decrypt {
                id,
                public_key,
                key_algorithm,
                transport,
                input,
            } => {
                let key = connection.private_key(id, *key_algorithm, public_key)?;
                let octets = decrypt(connection, key, transport, input)?;
                Ok(Answer::Opened { octets })
            }
            Self::Find { id, algorithm } => find(connection, id, *algorithm),
            Self::Destroy { id } => {
                connection.destroy(id)?;
                Ok(Answer::Done)
            }
        }
    }
}

fn find(connection: &Connection, id: &[u8], algorithm: KeyAlgorithm) -> Result<Answer, Fault> {
    let private = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let private = connection.session.find_objects(&private)?;
    let public_key = public_key::find(connection, id, private.first().copied(), algorithm)?;
    Ok(Answer::Found {
        private_key: private.len() == 1,
        public_key,
    })
}
