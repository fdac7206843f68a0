//! Configuration: one YAML file per service, unknown keys refused, secrets from the environment or files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;

/// Why a configuration could not be had. Every message names the file, and the key where there is one.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read configuration {file}")]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key is unknown, missing, or has a value that is not allowed.
    #[error("{file}: {}{problem}", before(key))]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Path of the key, `a.b[0].c`; `.` for the whole file.
        key: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A secret is not where the configuration says.
    #[error("resolve secret {place}: {problem}")]
    Secret {
        /// `env:NAME` or `file:/path`.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a YAML file.
///
/// # Errors
/// [`ConfigError::Read`], or [`ConfigError::Invalid`] which names the key and what is allowed there.
pub fn load<T: DeserializeOwned>(file: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Read {
        file: file.to_owned(),
        source,
    })?;
    parse(&text, file)
}

/// Parses YAML; `file` is only for messages.
///
/// # Errors
/// [`ConfigError::Invalid`].
pub fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(serde_norway::Deserializer::from_str(text)).map_err(|error| {
        ConfigError::Invalid {
            file: file.to_owned(),
            key: error.path().to_string(),
            problem: without_path(&error.path().to_string(), &error.inner().to_string()),
        }
    })
}

/// The key as it stands before a problem; the whole file has none.
fn before(key: &str) -> String {
    match key {
        "." | "?" => String::new(),
        key => format!("{key}: "),
    }
}

/// The YAML reader names the key, or the one above it, in its own words; once is enough.
fn without_path(key: &str, problem: &str) -> String {
    match problem.split_once(": ") {
        Some((path, rest)) if key.starts_with(path) || path == "." => rest.to_owned(),
        _ => problem.to_owned(),
    }
}

/// A secret in a configuration: `env:NAME`, `file:/path` (one trailing line end is cut), or the secret itself.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret given directly.
    #[must_use]
    pub fn literal(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Fetches the secret.
    ///
    /// # Errors
    /// [`ConfigError::Secret`] when the variable or file is not there.
    pub fn resolve(&self) -> Result<SecretString, ConfigError> {
        if let Some(name) = self.0.strip_prefix("env:") {
            return std::env::var(name)
                .map(SecretString::from)
                .map_err(|error| ConfigError::Secret {
                    place: self.0.clone(),
                    problem: error.to_string(),
                });
        }
        if let Some(path) = self.0.strip_prefix("file:") {
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Secret {
                place: self.0.clone(),
                problem: error.to_string(),
            })?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            return Ok(SecretString::from(
                text.strip_suffix('\r').unwrap_or(text).to_owned(),
            ));
        }
        Ok(SecretString::from(self.0.clone()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        #[expect(dead_code, reason = "only parsed")]
        listen: std::net::SocketAddr,
        #[serde(default)]
        #[expect(dead_code, reason = "only parsed")]
        nested: Option<Nested>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nested {
        #[expect(dead_code, reason = "only parsed")]
        algorithm: Algorithm,
    }

    #[derive(Debug, Deserialize)]
    enum Algorithm {
        Rsa,
        Ecdsa,
    }

    #[test]
    fn an_unknown_key_is_named_with_what_is_allowed() {
        let error =
            parse::<Example>("listen: 127.0.0.1:1\nlisen: x\n", Path::new("a.yaml")).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("a.yaml: "), "{text}");
        assert!(
            text.contains("lisen") && text.contains("`listen`"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_value_is_told_by_file_key_and_allowed_values() {
        let yaml = "listen: 127.0.0.1:1\nnested:\n  algorithm: Dsa\n";
        let text = parse::<Example>(yaml, Path::new("a.yaml"))
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("nested.algorithm") && text.contains("Rsa") && text.contains("Ecdsa"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_key_is_named_once_and_the_whole_file_by_its_name_alone() {
        let yaml = "listen: 127.0.0.1:1\nnested:\n  algorithm: Dsa\n";
        let told = parse::<Example>(yaml, Path::new("a.yaml")).unwrap_err();
        let text = told.to_string();
        assert_eq!(text.matches("nested").count(), 1, "{text}");
        for broken in ["- a", "[", "nested: {}"] {
            let told = parse::<Example>(broken, Path::new("a.yaml")).unwrap_err();
            let text = told.to_string();
            assert!(
                !text.contains("?:") && !text.contains(" .:"),
                "{broken}: {text}"
            );
        }
    }

    #[test]
    fn a_secret_comes_from_a_file_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pin");
        std::fs::write(&path, "1234\n").unwrap();
        let secret = Secret(format!("file:{}", path.display()));
        assert_eq!(secret.resolve().unwrap().expose_secret(), "1234");
        assert!(Secret("env:ERS_SURELY_UNSET".into()).resolve().is_err());
        assert_eq!(format!("{:?}", Secret::literal("x")), "Secret");
    }
}
