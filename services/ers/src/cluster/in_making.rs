//! Keys whose certificates are being made. A key is written down before its certificate is asked for, and the request's
//! id follows from it: a job that dies in between asks for the very same certificate again.

use ers_pki::key::{KeyAlgorithm, PrivateKey};

use super::{Secrets, secret::Secret};
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store::key_pem,
};

/// A key that is written down.
pub struct InMaking {
    /// The key.
    pub key: PrivateKey,
    /// The id of the request for its certificate.
    pub request_id: String,
}

/// The key in making for that, or a new one.
pub async fn key_for(secrets: &Secrets, state: &str, purpose: &str) -> Outcome<InMaking> {
    let mut secret = load(secrets, state).await?;
    let kept = secret
        .text(&entry(purpose))
        .map(|text| {
            ers_pki::pem::decode(text, &["PRIVATE KEY"])
                .attempt(format!("read key in making for {purpose}"))
                .and_then(|der| {
                    PrivateKey::from_pkcs8_der(&der)
                        .attempt(format!("read key in making for {purpose}"))
                })
        })
        .transpose()?;
    let key = match kept {
        Some(key) => key,
        None => {
            let key = PrivateKey::generate(KeyAlgorithm::P256)
                .attempt(format!("make key for {purpose}"))?;
            secret = secret.with(&entry(purpose), key_pem(&key)?.as_bytes());
            secrets.apply(&secret).await?;
            key
        }
    };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.public_key().spki_der());
    let digest: String = hex::encode(digest).chars().take(32).collect();
    Ok(InMaking {
        key,
        request_id: format!("{purpose}-{digest}"),
    })
}

/// Its certificate is kept where it belongs: the key is not needed here any more.
pub async fn made(secrets: &Secrets, state: &str, purpose: &str) -> Outcome<()> {
    let mut secret = load(secrets, state).await?;
    match secret.data.remove(&entry(purpose)) {
        Some(_) => secrets.apply(&secret).await,
        None => Ok(()),
    }
}

async fn load(secrets: &Secrets, state: &str) -> Outcome<Secret> {
    secrets.load(state).await?.ok_or_else(|| {
        Failure::new(format!("there is no secret {state}"))
            .or("`ers identity secrets` makes it, and runs first")
    })
}

fn entry(purpose: &str) -> String {
    format!("in-making.{purpose}.key")
}
