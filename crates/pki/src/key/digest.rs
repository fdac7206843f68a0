//! The digest of a message that nobody holds whole: made piece by piece, then signed or verified in its place.

use std::fmt;

use aws_lc_rs::digest::{Algorithm, Context, Digest, SHA256, SHA384, SHA512};

use super::SignatureAlgorithm;

/// The digest of a message, by the hash function of a signature algorithm.
#[derive(Clone, Copy)]
pub struct MessageDigest(pub(super) Digest);

impl MessageDigest {
    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Whether it was made by the hash function of that algorithm.
    pub(super) fn is_of(&self, algorithm: SignatureAlgorithm) -> bool {
        hash_of(algorithm).is_some_and(|hash| hash == self.0.algorithm())
    }
}

fn hash_of(algorithm: SignatureAlgorithm) -> Option<&'static Algorithm> {
    match algorithm {
        SignatureAlgorithm::Sha256WithRsa
        | SignatureAlgorithm::Sha256WithRsaPss
        | SignatureAlgorithm::Sha256WithEcdsa => Some(&SHA256),
        SignatureAlgorithm::Sha384WithRsa
        | SignatureAlgorithm::Sha384WithRsaPss
        | SignatureAlgorithm::Sha384WithEcdsa => Some(&SHA384),
        SignatureAlgorithm::Sha512WithRsa
        | SignatureAlgorithm::Sha512WithRsaPss
        | SignatureAlgorithm::Sha512WithEcdsa => Some(&SHA512),
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => None,
    }
}

impl fmt::Debug for MessageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageDigest(..)")
    }
}

/// Reads a message piece by piece.
#[derive(Clone)]
pub struct Digesting(Context);

impl Digesting {
    /// For an algorithm that signs digests; none for those that must have the message (Ed25519, Ed448: RFC 8032 reads
    /// it twice).
    pub fn new(algorithm: SignatureAlgorithm) -> Option<Self> {
        hash_of(algorithm).map(|hash| Self(Context::new(hash)))
    }

    /// Reads the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> MessageDigest {
        MessageDigest(self.0.finish())
    }
}

impl fmt::Debug for Digesting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digesting(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyAlgorithm, PrivateKey};
    use super::*;

    #[test]
    fn a_signature_over_a_digest_is_one_over_the_message() {
        let message = [7; 1000];
        for kind in [
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::RsaPss2048,
            KeyAlgorithm::P256,
            KeyAlgorithm::P521,
            KeyAlgorithm::BrainpoolP384r1,
        ] {
            let key = PrivateKey::generate(kind).unwrap();
            for algorithm in SignatureAlgorithm::ALL {
                if !key.public_key().accepts(algorithm) {
                    continue;
                }
                let digest = |message: &[u8]| {
                    let mut digesting = Digesting::new(algorithm).unwrap();
                    message.chunks(33).for_each(|piece| digesting.update(piece));
                    digesting.finish()
                };
                let signature = key.sign_digest(algorithm, &digest(&message)).unwrap();
                let public = key.public_key();
                public.verify(algorithm, &message, &signature).unwrap();
                public
                    .verify_digest(algorithm, &digest(&message), &signature)
                    .unwrap();
                assert!(
                    public
                        .verify_digest(algorithm, &digest(&[8; 1000]), &signature)
                        .is_err()
                );
                let usual = key.sign(algorithm, &message).unwrap();
                public
                    .verify_digest(algorithm, &digest(&message), &usual)
                    .unwrap();
            }
        }
        assert!(Digesting::new(SignatureAlgorithm::Ed25519).is_none());
        let digest = Digesting::new(SignatureAlgorithm::Sha256WithRsa)
            .unwrap()
            .finish();
        for kind in [KeyAlgorithm::Ed25519, KeyAlgorithm::Ed448] {
            let key = PrivateKey::generate(kind).unwrap();
            let algorithm = SignatureAlgorithm::default_for(kind);
            assert!(key.sign_digest(algorithm, &digest).is_err());
            assert!(
                key.public_key()
                    .verify_digest(algorithm, &digest, &[0; 64])
                    .is_err()
            );
        }
        // a digest of another hash function than the algorithm's
        let key = PrivateKey::generate(KeyAlgorithm::P384).unwrap();
        let own = SignatureAlgorithm::Sha384WithEcdsa;
        assert!(key.sign_digest(own, &digest).is_err());
    }
}
