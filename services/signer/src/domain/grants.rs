//! What each caller may do. The built-in grants are those of the architecture's table; a grant in the configuration
//! replaces the built-in one of the same caller.

use std::collections::BTreeMap;

use ers_signer_client::{Key, Purpose};
use serde::{Deserialize, Deserializer};

/// What one caller may do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Name of the caller, from its certificate.
    pub caller: String,
    /// Purposes that it may sign for.
    #[serde(default, deserialize_with = "purposes")]
    pub sign: Vec<Purpose>,
    /// Whether it may open content keys.
    #[serde(default)]
    pub decrypt: bool,
    /// Purposes of the keys that it may make; none: it may make no keys.
    #[serde(default, deserialize_with = "purposes")]
    pub create_keys: Vec<Purpose>,
    /// The keys that it may use and make, by beginnings of their labels; none: all keys.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Whether it may have keys made for clients, which leave the signer.
    #[serde(default)]
    pub make_client_keys: bool,
    /// Whether it may destroy keys that others made.
    #[serde(default)]
    pub destroy_any_key: bool,
    /// Whether it may attach and detach copies of keys, and lift quarantines.
    #[serde(default)]
    pub administer_keys: bool,
    /// Contexts that it may seal secrets for, by their beginnings.
    #[serde(default)]
    pub seal: Vec<String>,
    /// Contexts whose secrets it may unseal, by their beginnings.
    #[serde(default)]
    pub unseal: Vec<String>,
    /// Contexts whose keys and passwords it may have codes checked and computed with, by their beginnings.
    #[serde(default)]
    pub mac: Vec<String>,
    /// Whether it may read and verify the journal.
    #[serde(default)]
    pub read_journal: bool,
    /// Whether it may change the master password, the data key and the key of checkpoints.
    #[serde(default)]
    pub administer: bool,
}

/// A caller asked for more than it was granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{caller} has no grant to {act}")]
pub struct NotGranted {
    /// Who.
    pub caller: String,
    /// What.
    pub act: String,
}

/// All grants, by caller.
#[derive(Debug, Clone)]
pub struct Grants(BTreeMap<String, Grant>);

impl Grants {
    /// The built-in grants, with the configured ones in their places.
    pub fn new(configured: Vec<Grant>) -> Self {
        let grants = built_in().into_iter().chain(configured);
        Self(grants.map(|grant| (grant.caller.clone(), grant)).collect())
    }

    /// May this caller have this key sign for this purpose?
    ///
    /// # Errors
    /// When not.
    pub fn may_sign(&self, caller: &str, key: &Key, purpose: Purpose) -> Result<(), NotGranted> {
        let act = || format!("sign for {purpose} with key {} ({})", key.id, key.label);
        self.hold(caller, act, |grant| {
            grant.sign.contains(&purpose) && grant.covers(&key.label)
        })
    }

    /// May this caller open content keys with this key?
    ///
    /// # Errors
    /// When not.
    pub fn may_decrypt(&self, caller: &str, key: &Key) -> Result<(), NotGranted> {
        let act = || format!("decrypt with key {} ({})", key.id, key.label);
        self.hold(caller, act, |grant| {
            grant.decrypt && grant.covers(&key.label)
        })
    }

    /// May this caller make a key with this label, for these purposes?
    ///
    /// # Errors
    /// When not.
    pub fn may_create(
        &self,
        caller: &str,
        label: &str,
        purposes: &[Purpose],
    ) -> Result<(), NotGranted> {
        let act = || {
            let purposes: Vec<String> = purposes.iter().map(Purpose::to_string).collect();
            format!("make key {label} for {}", purposes.join(", "))
        };
        let covers = |grant: &Grant| {
            purposes
                .iter()
                .all(|purpose| grant.create_keys.contains(purpose))
        };
        self.hold(caller, act, |grant| {
            !purposes.is_empty() && covers(grant) && grant.covers(label)
        })
    }

    /// May this caller destroy this key?
    ///
    /// # Errors
    /// When not.
    pub fn may_destroy(&self, caller: &str, key: &Key) -> Result<(), NotGranted> {
        let act = || format!("destroy key {} ({})", key.id, key.label);
        self.hold(caller, act, |grant| {
            grant.destroy_any_key || key.creator == caller
        })
    }

    /// May this caller attach and detach copies of keys, and lift quarantines?
    ///
    /// # Errors
    /// When not.
    pub fn may_administer_keys(&self, caller: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || "administer keys".to_owned(),
            |grant| grant.administer_keys,
        )
    }

    /// May this caller have keys made for clients?
    ///
    /// # Errors
    /// When not.
    pub fn may_make_client_keys(&self, caller: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || "make a key for a client".to_owned(),
            |grant| grant.make_client_keys,
        )
    }

    /// Is this caller known? Then it may read of keys.
    ///
    /// # Errors
    /// When not.
    pub fn may_read_keys(&self, caller: &str) -> Result<(), NotGranted> {
        self.hold(caller, || "read keys".to_owned(), |_| true)
    }

    /// May this caller seal secrets for this context?
    ///
    /// # Errors
    /// When not.
    pub fn may_seal(&self, caller: &str, context: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || format!("seal for {context}"),
            |grant| begins(&grant.seal, context),
        )
    }

    /// May this caller unseal secrets of this context?
    ///
    /// # Errors
    /// When not.
    pub fn may_unseal(&self, caller: &str, context: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || format!("unseal for {context}"),
            |grant| begins(&grant.unseal, context),
        )
    }

    /// May this caller have codes checked with keys of this context?
    ///
    /// # Errors
    /// When not.
    pub fn may_verify_mac(&self, caller: &str, context: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || format!("check codes for {context}"),
            |grant| begins(&grant.mac, context),
        )
    }

    /// May this caller read the journal?
    ///
    /// # Errors
    /// When not.
    pub fn may_read_journal(&self, caller: &str) -> Result<(), NotGranted> {
        self.hold(
            caller,
            || "read the journal".to_owned(),
            |grant| grant.read_journal,
        )
    }

    /// May this caller change the signer's own secrets?
    ///
    /// # Errors
    /// When not.
    pub fn may_administer(&self, caller: &str, act: &str) -> Result<(), NotGranted> {
        self.hold(caller, || act.to_owned(), |grant| grant.administer)
    }

    fn hold(
        &self,
        caller: &str,
        act: impl FnOnce() -> String,
        allows: impl FnOnce(&Grant) -> bool,
    ) -> Result<(), NotGranted> {
        if self.0.get(caller).is_some_and(allows) {
            return Ok(());
        }
        Err(NotGranted {
            caller: caller.to_owned(),
            act: act(),
        })
    }
}

impl Grant {
    fn covers(&self, label: &str) -> bool {
        self.labels.is_empty() || begins(&self.labels, label)
    }
}

fn begins(beginnings: &[String], text: &str) -> bool {
    beginnings
        .iter()
        .any(|beginning| text.starts_with(beginning.as_str()))
}

fn purposes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Purpose>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    words
        .iter()
        .map(|word| word.parse().map_err(serde::de::Error::custom))
        .collect()
}

/// An edge that has keys made for its clients; those that a policy keeps it seals, and only CLM opens them again.
fn maker(name: &str) -> Grant {
    Grant {
        caller: name.to_owned(),
        make_client_keys: true,
        seal: vec!["clm/server-key/".to_owned()],
        ..Grant::default()
    }
}

fn built_in() -> Vec<Grant> {
    let named = |caller: &str| Grant {
        caller: caller.to_owned(),
        ..Grant::default()
    };
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|&text| text.to_owned())
            .collect::<Vec<_>>()
    };
    let edge = |caller: &str| Grant {
        sign: vec![Purpose::Cms],
        create_keys: vec![Purpose::Cms],
        labels: vec![format!("{caller}:")],
        seal: vec![format!("{caller}/")],
        unseal: vec![format!("{caller}/")],
        mac: vec![format!("{caller}/")],
        ..named(caller)
    };
    vec![
        Grant {
            sign: vec![
                Purpose::Certificate,
                Purpose::Crl,
                Purpose::CertificateRequest,
            ],
            create_keys: vec![
                Purpose::Certificate,
                Purpose::Crl,
                Purpose::Ocsp,
                Purpose::CertificateRequest,
            ],
            read_journal: true,
            ..named("cara-ws")
        },
        Grant {
            sign: vec![Purpose::Ocsp],
            ..named("rev-info")
        },
        Grant {
            sign: vec![Purpose::Token],
            create_keys: vec![Purpose::Token],
            labels: texts(&["clm:"]),
            // it makes external-account keys and hands them out once; using them is left to acme
            seal: texts(&["clm/", "acme/"]),
            unseal: texts(&["clm/"]),
            // those of certificates whose key the platform makes; it keeps them sealed
            make_client_keys: true,
            ..named("clm-api")
        },
        Grant {
            seal: texts(&["acme/"]),
            mac: texts(&["acme/"]),
            ..named("acme")
        },
        maker("est"),
        Grant {
            // what it makes for others it signs as CMS, with a key of its own
            sign: vec![Purpose::Cmp, Purpose::Cms],
            create_keys: vec![Purpose::Cmp, Purpose::Cms],
            labels: texts(&["cmp-signer:"]),
            // CLM seals the shared secrets of end entities; who protects messages with them never sees them
            mac: texts(&["clm/shared-secret"]),
            ..maker("cmp")
        },
        Grant {
            decrypt: true,
            create_keys: vec![Purpose::Cms, Purpose::Decryption],
            labels: texts(&["scep:", "scep-ra:"]),
            ..edge("scep")
        },
        Grant {
            destroy_any_key: true,
            administer_keys: true,
            read_journal: true,
            administer: true,
            ..named("administrator")
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_grants_are_those_of_the_architecture() {
        let grants = Grants::new(Vec::new());
        let ca = [Purpose::Certificate, Purpose::Crl];
        assert!(grants.may_create("cara-ws", "ca-1", &ca).is_ok());
        assert!(
            grants
                .may_create("cara-ws", "tls-1", &[Purpose::Tls])
                .is_err()
        );
        assert!(grants.may_create("acme", "ca-1", &ca).is_err());
        assert!(grants.may_create("cara-ws", "ca-1", &[]).is_err());
        assert!(grants.may_seal("clm-api", "acme/external-account").is_ok());
        assert!(
            grants
                .may_unseal("clm-api", "acme/external-account")
                .is_err()
        );
        assert!(
            grants
                .may_verify_mac("acme", "acme/external-account")
                .is_ok()
        );
        assert!(grants.may_verify_mac("acme", "scep/challenge").is_err());
        assert!(grants.may_read_journal("cara-ws").is_ok());
        assert!(grants.may_read_journal("rev-info").is_err());
        assert!(grants.may_administer("administrator", "act").is_ok());
        assert!(grants.may_administer("cara-ws", "act").is_err());
        assert!(grants.may_make_client_keys("est").is_ok());
        assert!(grants.may_make_client_keys("scep").is_err());
        for edge in ["est", "cmp"] {
            let context = "clm/server-key/default/mail";
            assert!(grants.may_seal(edge, context).is_ok());
            assert!(grants.may_unseal(edge, context).is_err());
            assert!(grants.may_seal(edge, "clm/shared-secret").is_err());
        }
        assert!(grants.may_create("est", "est:1", &[Purpose::Cms]).is_err());
        assert!(grants.may_read_keys("rev-info").is_ok());
        assert!(grants.may_administer_keys("administrator").is_ok());
        assert!(grants.may_administer_keys("cara-ws").is_err());
        assert!(grants.may_read_keys("stranger").is_err());
        assert!(
            grants
                .may_create("scep", "scep:ra", &[Purpose::Cms])
                .is_ok()
        );
        assert!(
            grants
                .may_create("scep", "scep-ra:1", &[Purpose::Cms, Purpose::Decryption])
                .is_ok()
        );
        assert!(
            grants
                .may_create("est", "est:ra", &[Purpose::Decryption])
                .is_err()
        );
        assert!(
            grants
                .may_create("scep", "cmp:ra", &[Purpose::Cms])
                .is_err()
        );
        let cmp_key = |purpose| grants.may_create("cmp", "cmp-signer:P-256", &[purpose]);
        assert!(cmp_key(Purpose::Cmp).is_ok());
        assert!(cmp_key(Purpose::Cms).is_ok());
        assert!(cmp_key(Purpose::Certificate).is_err());
        assert!(grants.may_verify_mac("cmp", "clm/shared-secret").is_ok());
        assert!(grants.may_unseal("cmp", "clm/shared-secret").is_err());
        assert!(grants.may_verify_mac("acme", "clm/shared-secret").is_err());
    }

    #[test]
    fn a_configured_grant_replaces_the_built_in_one() {
        let grants = Grants::new(vec![Grant {
            caller: "acme".to_owned(),
            ..Grant::default()
        }]);
        assert!(
            grants
                .may_verify_mac("acme", "acme/external-account")
                .is_err()
        );
        assert!(grants.may_read_journal("cara-ws").is_ok());
    }
}
