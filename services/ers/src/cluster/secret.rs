//! A Secret (core/v1) and its form in the API.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::{Attempt as _, Outcome};

/// What a Secret holds. Its values are never shown.
#[derive(Clone, Default)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// `Opaque` or `kubernetes.io/tls`.
    pub kind: SecretKind,
    /// Its values.
    pub data: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

/// What a Secret is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecretKind {
    /// Anything.
    #[default]
    Opaque,
    /// `tls.crt` and `tls.key`.
    Tls,
}

impl SecretKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "Opaque",
            Self::Tls => "kubernetes.io/tls",
        }
    }
}

impl Secret {
    /// An empty one.
    pub fn new(name: &str, kind: SecretKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            data: BTreeMap::new(),
        }
    }

    /// With a value more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        let value = Zeroizing::new(value.as_ref().to_vec());
        self.data.insert(key.to_owned(), value);
        self
    }

    /// A value that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        std::str::from_utf8(self.data.get(key)?).ok()
    }

    /// What `apply` sends.
    pub(super) fn to_json(&self, labels: &BTreeMap<String, String>) -> Zeroizing<String> {
        let data: BTreeMap<_, _> = self
            .data
            .iter()
            .map(|(key, value)| (key, BASE64_STANDARD.encode(value.as_slice())))
            .collect();
        let whole = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": self.name, "labels": labels },
            "type": self.kind.as_str(),
            "data": data,
        });
        Zeroizing::new(whole.to_string())
    }

    /// What the API sends.
    pub(super) fn from_json(name: &str, text: &[u8]) -> Outcome<Self> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default, rename = "type")]
            kind: String,
            #[serde(default)]
            data: BTreeMap<String, String>,
        }
        let wire: Wire = serde_json::from_slice(text).attempt(format!("read secret {name}"))?;
        let mut secret = Self::new(
            name,
            if wire.kind == SecretKind::Tls.as_str() {
                SecretKind::Tls
            } else {
                SecretKind::Opaque
            },
        );
        for (key, value) in wire.data {
            let value = BASE64_STANDARD
                .decode(value)
                .attempt(format!("read key {key} of secret {name}"))?;
            secret.data.insert(key, Zeroizing::new(value));
        }
        Ok(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("keys", &self.data.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        let labels = BTreeMap::from([("app".to_owned(), "ers".to_owned())]);
        let secret = Secret::new("a", SecretKind::Tls)
            .with("tls.crt", "c")
            .with("tls.key", [0, 255]);
        let text = secret.to_json(&labels);
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(whole["type"], "kubernetes.io/tls");
        assert_eq!(whole["data"]["tls.key"], "AP8=");
        assert_eq!(whole["metadata"]["labels"]["app"], "ers");
        let read = Secret::from_json("a", text.as_bytes()).unwrap();
        assert_eq!(
            (read.kind, &read.data),
            (SecretKind::Tls, &secret.data),
            "what was written"
        );
    }

    #[test]
    fn values_are_not_shown() {
        let secret = Secret::new("a", SecretKind::Opaque).with("password", "geheim");
        let shown = format!("{secret:?}");
        assert!(shown.contains("password") && !shown.contains("geheim"));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in ["", "7", r#"{"data": {"a": "%"}}"#] {
            let failed = Secret::from_json("a", text.as_bytes());
            assert!(failed.is_err(), "{text}");
        }
    }
}
