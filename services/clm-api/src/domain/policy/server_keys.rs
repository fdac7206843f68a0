//! What a policy says of keys that are made here: whether at all, which, and whether they stay for recovery.

use ers_pki::key::KeyAlgorithm;
use serde::Deserialize;

use crate::domain::server_key::is_makeable;

const MOST_APPROVALS: u32 = 2;

/// Whether the platform makes the key, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerKeyRules {
    /// Who asks may have the key made here.
    pub allowed: bool,
    /// Which keys, the usual one first; empty: those of `key_algorithms`.
    pub algorithms: Vec<KeyAlgorithm>,
    /// Keys stay here, sealed, and can be recovered.
    pub kept: bool,
    /// How many others say yes before a key is released.
    pub approvals: u32,
}

impl Default for ServerKeyRules {
    fn default() -> Self {
        Self {
            allowed: false,
            algorithms: Vec::new(),
            kept: false,
            approvals: MOST_APPROVALS,
        }
    }
}

impl ServerKeyRules {
    /// The keys that are made under a policy that certifies these.
    pub fn makeable(&self, certified: &[KeyAlgorithm]) -> Vec<KeyAlgorithm> {
        let wanted = match self.algorithms.as_slice() {
            [] => certified,
            wanted => wanted,
        };
        wanted
            .iter()
            .copied()
            .filter(|one| is_makeable(*one))
            .collect()
    }

    /// What is wrong with it, and at which key.
    pub(super) fn check(&self, certified: &[KeyAlgorithm]) -> Result<(), (&'static str, String)> {
        if !(1..=MOST_APPROVALS).contains(&self.approvals) {
            return Err(("server_keys.approvals", "1 or 2".to_owned()));
        }
        if self.kept && !self.allowed {
            return Err((
                "server_keys.kept",
                "only of keys that are made here".to_owned(),
            ));
        }
        let key = "server_keys.algorithms";
        for one in &self.algorithms {
            if !certified.contains(one) {
                return Err((key, format!("{one} is not among key_algorithms")));
            }
            if !is_makeable(*one) {
                return Err((key, format!("{one} is too large to be made here")));
            }
        }
        if self.allowed && self.makeable(certified).is_empty() {
            return Err((key, "at least one that can be made here".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFIED: [KeyAlgorithm; 3] = [
        KeyAlgorithm::Rsa3072,
        KeyAlgorithm::P256,
        KeyAlgorithm::Rsa8192,
    ];

    fn rules(text: &str) -> ServerKeyRules {
        serde_norway::from_str(text).unwrap()
    }

    #[test]
    fn unless_it_is_said_no_keys_are_made_and_two_release_one() {
        let usual = ServerKeyRules::default();
        assert!(!usual.allowed && !usual.kept && usual.approvals == 2);
        assert_eq!(usual.check(&CERTIFIED), Ok(()));
    }

    #[test]
    fn keys_are_those_of_the_policy_that_can_be_made() {
        let all = rules("{allowed: true}");
        assert_eq!(
            all.makeable(&CERTIFIED),
            [KeyAlgorithm::Rsa3072, KeyAlgorithm::P256]
        );
        let one = rules("{allowed: true, algorithms: [P-256]}");
        assert_eq!(one.makeable(&CERTIFIED), [KeyAlgorithm::P256]);
    }

    #[test]
    fn rules_that_cannot_be_kept_are_told_by_their_key() {
        for (text, key) in [
            ("{approvals: 0}", "server_keys.approvals"),
            ("{approvals: 3}", "server_keys.approvals"),
            ("{kept: true}", "server_keys.kept"),
            (
                "{allowed: true, algorithms: [P-384]}",
                "server_keys.algorithms",
            ),
            (
                "{allowed: true, algorithms: [RSA-8192]}",
                "server_keys.algorithms",
            ),
        ] {
            assert_eq!(rules(text).check(&CERTIFIED).unwrap_err().0, key, "{text}");
        }
        let none = rules("{allowed: true}").check(&[KeyAlgorithm::Rsa8192]);
        assert_eq!(none.unwrap_err().0, "server_keys.algorithms");
    }
}
