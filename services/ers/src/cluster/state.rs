//! What a job that is run again must know of the one before it.
//!
//! Keys whose certificates are being made: a key is written down before its certificate is asked for, and the request's id
//! follows from it, so that a job which dies in between asks for the very same certificate again. And marks of what is
//! done once for each root: after that it belongs to the people.

use ers_pki::key::{KeyAlgorithm, PrivateKey};

use super::{
    Secrets,
    secret::{Secret, SecretKind},
};
use crate::{
    failure::{Attempt as _, Outcome},
    key_store::key_pem,
};

/// The Secret that holds it.
pub struct State<'a> {
    /// All Secrets.
    pub secrets: &'a Secrets,
    /// Its name.
    pub name: &'a str,
}

/// A key that is written down.
pub struct InMaking {
    /// The key.
    pub key: PrivateKey,
    /// The id of the request for its certificate.
    pub request_id: String,
}

impl State<'_> {
    /// The key in making for that, or a new one.
    pub async fn key_for(&self, purpose: &str) -> Outcome<InMaking> {
        let mut secret = self.load().await?;
        let key = match secret.text(&entry(purpose)) {
            Some(text) => read(text).attempt(format!("read key in making for {purpose}"))?,
            None => {
                let key = PrivateKey::generate(KeyAlgorithm::P256)
                    .attempt(format!("make key for {purpose}"))?;
                secret = secret.with(&entry(purpose), key_pem(&key)?.as_bytes());
                self.secrets.apply(&secret).await?;
                key
            }
        };
        let spki = key.public_key().spki_der();
        let digest = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, spki));
        let digest: String = digest.chars().take(32).collect();
        Ok(InMaking {
            request_id: format!("{purpose}-{digest}"),
            key,
        })
    }

    /// Its certificate is kept where it belongs: the key is not needed here any more.
    pub async fn made(&self, purpose: &str) -> Outcome<()> {
        let mut secret = self.load().await?;
        match secret.data.remove(&entry(purpose)) {
            Some(_) => self.secrets.apply(&secret).await,
            None => Ok(()),
        }
    }

    /// Whether that was done under this root (fingerprint).
    pub async fn is_marked(&self, act: &str, root: &[u8]) -> Outcome<bool> {
        Ok(self.load().await?.text(act) == Some(&hex::encode(root)))
    }

    /// It was.
    pub async fn mark(&self, act: &str, root: &[u8]) -> Outcome<()> {
        let secret = self.load().await?.with(act, hex::encode(root));
        self.secrets.apply(&secret).await
    }

    async fn load(&self) -> Outcome<Secret> {
        let there = self.secrets.load(self.name).await?;
        Ok(there.unwrap_or_else(|| Secret::new(self.name, SecretKind::Opaque)))
    }
}

fn entry(purpose: &str) -> String {
    format!("in-making.{purpose}.key")
}

fn read(text: &str) -> Result<PrivateKey, ers_pki::key::PrivateKeyError> {
    PrivateKey::from_pkcs8_pem(text)
}
