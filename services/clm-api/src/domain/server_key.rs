//! Private keys that are made here for those who ask: sealed while they are kept, delivered in PKCS#12.

use std::fmt;

use ers_pki::key::KeyAlgorithm;

use super::id::{PolicyName, RealmName, RequestId, Requester};

/// How long who asked for a key may fetch it, after the first time.
pub const DELIVERED_FOR_MS: i64 = 24 * 3_600_000;
/// A key that nobody fetched is forgotten after so long, unless it is kept or its request waits.
pub const UNFETCHED_FOR_MS: i64 = 30 * 24 * 3_600_000;
/// Shortest password of a PKCS#12 file, in characters.
pub const SHORTEST_PASSWORD: usize = 12;
/// Longest.
pub const LONGEST_PASSWORD: usize = 128;

/// A key that was made here.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// The request that it was made for.
    pub request_id: RequestId,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// PKCS#8, sealed by the signer with [`context`].
    pub sealed: Vec<u8>,
    /// What kind of key it is.
    pub algorithm: KeyAlgorithm,
    /// Realm of the policy.
    pub realm: RealmName,
    /// The policy that allowed it.
    pub policy: PolicyName,
    /// Who asked for it.
    pub requester: Requester,
    /// Whether it stays for recovery.
    pub kept: bool,
    /// How many others say yes before it is released.
    pub approvals: u32,
    /// When it was made.
    pub created_at_ms: i64,
    /// Until when who asked for it may fetch it; absent: they have not yet.
    pub delivered_until_ms: Option<i64>,
}

/// Not even the sealed key.
impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey")
            .field("request_id", &self.request_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// What keys of a policy are sealed for: one of another realm or policy does not open.
pub fn context(realm: &RealmName, policy: &PolicyName) -> String {
    format!("clm/server-key/{realm}/{policy}")
}

/// Whether a PKCS#12 file may be protected with it.
pub fn is_password(text: &str) -> bool {
    (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
}

/// Keys that the signer makes for others; larger ones take too long.
pub fn is_makeable(algorithm: KeyAlgorithm) -> bool {
    !matches!(
        algorithm,
        KeyAlgorithm::Rsa6144
            | KeyAlgorithm::Rsa8192
            | KeyAlgorithm::RsaPss6144
            | KeyAlgorithm::RsaPss8192
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_a_shortest_and_a_longest() {
        assert!(is_password("twelve signs"));
        for wrong in ["eleven sign", "with a\nline break", &"x".repeat(129)] {
            assert!(!is_password(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn contexts_are_of_one_realm_and_policy() {
        let of =
            |realm: &str, policy: &str| context(&realm.parse().unwrap(), &policy.parse().unwrap());
        assert_eq!(of("default", "mail"), "clm/server-key/default/mail");
        assert_ne!(of("a", "mail"), of("b", "mail"));
        // The signer takes 256 octets.
        assert!(of(&"r".repeat(64), &"p".repeat(64)).len() <= 256);
    }
}
