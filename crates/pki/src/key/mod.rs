//! Keys: which algorithms there are, public keys that have been checked, private keys in software.

mod algorithm;
mod blocklist;
mod digest;
mod kind;
mod pair;
mod private;
mod pss;
mod public;
mod signature;
mod weak;

pub use algorithm::{KeyAlgorithm, UnknownKeyAlgorithm};
pub use blocklist::{WeakKeys, WeakKeysError};
pub use digest::{Digesting, MessageDigest};
pub use private::{PrivateKey, PrivateKeyError};
pub use public::{BadSignature, KeyError, PublicKey};
pub use signature::{SignatureAlgorithm, UnknownSignatureAlgorithm};
