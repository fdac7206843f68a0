//! The signer's configuration.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ers_runtime::config::Secret;
use ers_runtime::db::DatabaseConfig;
use serde::{Deserialize, Serialize};

use crate::domain::Grant;
use crate::journal::JournalSettings;

pub use self::pkcs11::{
    EcPoint, EdwardsCurve, GenerationConfig, Hashing, Login, MechanismConfig, Pkcs11Config,
    TemplateAttribute,
};

/// How many calls may wait when the configuration says nothing.
pub const DEFAULT_QUEUE_LENGTH: usize = 1024;

/// The signer's configuration. All of it:
///
/// ```yaml
/// listen: 0.0.0.0:9443
/// database: { url: "env:ERS_SIGNER_DATABASE_URL", max_connections: 8 }
/// master_password: "file:/run/secrets/master-password"
/// default_token: hsm
/// tokens:
///   - name: software
///     software: {}
///   - name: hsm
///     pkcs11:
///       library: /usr/lib/softhsm/libsofthsm2.so
///       slot: { label: ers }
///       pin: "file:/run/secrets/hsm-pin"
///       sessions: 4
///       timeout_s: 10
/// grants:
///   - caller: my-service
///     sign: [token]
///     create_keys: [token]
///     labels: ["my:"]
/// journal: { chain: main, checkpoint_entries: 1000, checkpoint_interval_s: 10 }
/// queue_length: 1024
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC is served; none where another process embeds the signer.
    #[serde(default)]
    pub listen: Option<String>,
    /// The database of keys and journal.
    pub database: DatabaseConfig,
    /// What the data key is sealed with, and by it all software keys and sealed secrets.
    pub master_password: Secret,
    /// Where keys are made when the caller names no token; absent: the first token.
    #[serde(default)]
    pub default_token: Option<String>,
    /// Where keys live; absent: in the database, sealed.
    #[serde(default = "software_only")]
    pub tokens: Vec<TokenConfig>,
    /// Grants that replace the built-in ones of the same caller, or add a caller.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// The journal.
    #[serde(default)]
    pub journal: JournalConfig,
    /// How many calls may wait, for each token and for the journal.
    #[serde(default = "queue_length")]
    pub queue_length: usize,
}

/// A place where keys live: `software` or `pkcs11`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Its name, which stands in the row of each of its keys: it must not change.
    pub name: String,
    /// Keys in the database, sealed under the master password.
    #[serde(default)]
    pub software: Option<SoftwareConfig>,
    /// Keys behind a PKCS #11 library.
    #[serde(default)]
    pub pkcs11: Option<Pkcs11Config>,
}

/// Nothing to configure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftwareConfig {}

/// Which slot: all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotConfig {
    /// Label of the token.
    #[serde(default)]
    pub label: Option<String>,
    /// Serial number of the token.
    #[serde(default)]
    pub serial: Option<String>,
    /// Number of the slot, as the library gives it.
    #[serde(default)]
    pub number: Option<u64>,
    /// Its place among the slots with a token, from 0.
    #[serde(default)]
    pub index: Option<usize>,
}

/// How the journal is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// The chain that this process writes; every replica has its own.
    pub chain: String,
    /// A signed checkpoint after so many entries.
    pub checkpoint_entries: u64,
    /// A signed checkpoint after so long, when there are new entries.
    pub checkpoint_interval_s: u64,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No token.
    #[error("read configuration: tokens is empty; leave it away to keep keys in the database")]
    NoToken,
    /// Two tokens of one name.
    #[error("read configuration: two tokens are named {token}")]
    TwoTokens {
        /// The name.
        token: String,
    },
    /// Neither or both kinds.
    #[error("read configuration: token {token} needs one of software, pkcs11")]
    Kind {
        /// The token.
        token: String,
    },
    /// The default token does not exist.
    #[error("read configuration: default_token is {token}, but there is no token of that name")]
    DefaultToken {
        /// The name.
        token: String,
    },
    /// A name that would not fit the database, or says nothing.
    #[error("read configuration: {key} must have 1 to 128 characters")]
    Name {
        /// The key.
        key: &'static str,
    },
    /// A key of a token's contradicts another, or is out of bounds.
    #[error("read configuration: {key} of token {token} {why}")]
    Pkcs11 {
        /// The token.
        token: String,
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The PIN is not where it should be.
    #[error("read PIN of token {token}")]
    Pin {
        /// The token.
        token: String,
        /// Why.
        #[source]
        source: ers_runtime::config::ConfigError,
    },
    /// The library is not where it should be.
    #[error("find library {library} of token {token}: there is no such file")]
    Library {
        /// The token.
        token: String,
        /// The file.
        library: PathBuf,
    },
    /// No threads.
    #[error("start threads of token {token}")]
    Threads {
        /// The token.
        token: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Config {
    /// Holds the parts against each other.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut names = BTreeSet::new();
        for token in &self.tokens {
            if !(1..=128).contains(&token.name.len()) {
                return Err(ConfigError::Name { key: "tokens.name" });
            }
            if !names.insert(token.name.as_str()) {
                return Err(ConfigError::TwoTokens {
                    token: token.name.clone(),
                });
            }
            if token.software.is_some() == token.pkcs11.is_some() {
                return Err(ConfigError::Kind {
                    token: token.name.clone(),
                });
            }
            if let Some(pkcs11) = &token.pkcs11 {
                pkcs11.check(&token.name)?;
            }
        }
        if !(1..=128).contains(&self.journal.chain.len()) {
            return Err(ConfigError::Name {
                key: "journal.chain",
            });
        }
        let default = self.default_token()?;
        names
            .contains(default)
            .then_some(())
            .ok_or_else(|| ConfigError::DefaultToken {
                token: default.to_owned(),
            })
    }

    /// Where keys are made when the caller names no token.
    ///
    /// # Errors
    /// When there is none.
    pub fn default_token(&self) -> Result<&str, ConfigError> {
        let first = || self.tokens.first().map(|token| token.name.as_str());
        self.default_token
            .as_deref()
            .or_else(first)
            .ok_or(ConfigError::NoToken)
    }

    pub(crate) fn journal_settings(&self) -> JournalSettings {
        JournalSettings {
            chain: self.journal.chain.clone(),
            checkpoint_entries: self.journal.checkpoint_entries.max(1),
            checkpoint_interval: Duration::from_secs(self.journal.checkpoint_interval_s.max(1)),
            queue_length: self.queue_length.max(1),
        }
    }
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            chain: "main".to_owned(),
            checkpoint_entries: 1000,
            checkpoint_interval_s: 10,
        }
    }
}

impl fmt::Display for SlotConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.map(|number| number.to_string());
        let index = self.index.map(|index| index.to_string());
        let parts = [
            ("label", &self.label),
            ("serial", &self.serial),
            ("number", &number),
            ("index", &index),
        ];
        let mut wanted = parts
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
        match wanted.next() {
            None => f.write_str("any label")?,
            Some((name, value)) => write!(f, "{name} {value}")?,
        }
        wanted.try_for_each(|(name, value)| write!(f, ", {name} {value}"))
    }
}

fn software_only() -> Vec<TokenConfig> {
    vec![TokenConfig {
        name: "software".to_owned(),
        software: Some(SoftwareConfig {}),
        pkcs11: None,
    }]
}

fn queue_length() -> usize {
    DEFAULT_QUEUE_LENGTH
}

mod pkcs11;
#[cfg(test)]
mod tests;
