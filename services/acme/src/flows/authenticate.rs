//! Who sent a request: RFC 8555 §6.2–§6.5. Every POST passes here before anything else is believed of it.

use serde::de::{DeserializeOwned, Error as _};

use crate::domain::account::{Account, AccountState};
use crate::domain::directory::Directory;
use crate::domain::jwk::{Algorithm, Jwk, JwkError, VerifyError};
use crate::domain::jws::{Jws, JwsError, Signatory};
use crate::domain::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::server::Server;

/// A POST as it came.
#[derive(Debug, Clone, Copy)]
pub struct Posted<'a> {
    /// The directory that it came through.
    pub directory: &'a Directory,
    /// Its URL as clients see it.
    pub url: &'a str,
    /// Its body.
    pub body: &'a [u8],
}

/// Who signed.
#[derive(Debug, Clone)]
pub enum Sender {
    /// An account in good standing.
    Account(Account),
    /// The holder of a key.
    Key(Jwk),
}

/// The payload of a request whose signature was verified.
#[derive(Debug, Clone)]
pub struct Payload(Jws);

impl Payload {
    /// Its content.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        object(self.0.payload())
            .map_err(|error| Problem::malformed(format!("read payload: {error}")))
    }

    /// Whether the request was a POST-as-GET: RFC 8555 §6.3.
    pub fn is_empty(&self) -> bool {
        self.0.payload().is_empty()
    }

    /// A problem unless the request was a POST-as-GET.
    pub fn must_be_empty(&self) -> Result<(), Problem> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Problem::malformed(
            "this resource is fetched by POST-as-GET, with an empty payload",
        ))
    }
}

/// Reads a JSON object. By itself serde takes an array of an object's values too, which RFC 8555 does not know.
fn object<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    if json.trim_ascii_start().first() == Some(&b'[') {
        return Err(serde_json::Error::custom(
            "an object is wanted, not an array",
        ));
    }
    serde_json::from_slice(json)
}

/// A request that must be signed by an account (`kid`).
pub async fn by_account(
    server: &Server,
    posted: Posted<'_>,
) -> Result<(Account, Payload), Failure> {
    match by_either(server, posted).await? {
        (Sender::Account(account), payload) => Ok((account, payload)),
        (Sender::Key(_), _) => {
            Err(Problem::malformed("this request must name its account by kid").into())
        }
    }
}

/// A request that must carry its key (`jwk`).
pub async fn by_key(server: &Server, posted: Posted<'_>) -> Result<(Jwk, Payload), Failure> {
    match by_either(server, posted).await? {
        (Sender::Key(key), payload) => Ok((key, payload)),
        (Sender::Account(_), _) => {
            Err(Problem::malformed("this request must carry its key as jwk").into())
        }
    }
}

/// A request that may be signed either way.
#[tracing::instrument(name = "acme.authenticate", level = "debug", skip_all)]
pub async fn by_either(server: &Server, posted: Posted<'_>) -> Result<(Sender, Payload), Failure> {
    let jws = Jws::parse(posted.body).map_err(Problem::from)?;
    let algorithm = jws.algorithm().map_err(Problem::from)?;
    if jws.header().url != posted.url {
        return Err(Problem::unauthorized(
            "the url in the protected header is not that of the request",
        )
        .into());
    }
    let nonce = jws
        .header()
        .nonce
        .as_deref()
        .ok_or_else(|| bad_nonce("the nonce is missing"))?;
    if !server.shared.spend_nonce(nonce).await? {
        return Err(bad_nonce("the nonce was used before, or is too old").into());
    }
    let sender = match &jws.header().signatory {
        Signatory::Key(key) => Sender::Key(key.clone()),
        Signatory::Id(url) => Sender::Account(load_account(server, posted.directory, url).await?),
    };
    let key = match &sender {
        Sender::Key(key) => key,
        Sender::Account(account) => &account.key,
    };
    jws.verify(algorithm, key).map_err(Problem::from)?;
    // told only to who holds the key
    if let Sender::Account(account) = &sender {
        in_good_standing(account)?;
    }
    Ok((sender, Payload(jws)))
}

/// RFC 8555 §7.3.6: a deactivated account can do nothing more.
pub fn in_good_standing(account: &Account) -> Result<(), Problem> {
    if account.state == AccountState::Valid {
        return Ok(());
    }
    Err(
        Problem::unauthorized(format!("the account is {}", account.state.as_str()))
            .with_status(401),
    )
}

async fn load_account(
    server: &Server,
    directory: &Directory,
    url: &str,
) -> Result<Account, Failure> {
    let unknown = || {
        Problem::new(
            ProblemKind::AccountDoesNotExist,
            "kid names no account of this directory",
        )
    };
    let id = server
        .urls
        .find_account_id(directory, url)
        .ok_or_else(unknown)?;
    match server.store.find_account(&id).await? {
        Some(account) if account.directory == *directory => Ok(account),
        _ => Err(unknown().into()),
    }
}

fn bad_nonce(why: &str) -> Problem {
    Problem::new(ProblemKind::BadNonce, why)
}

impl From<JwsError> for Problem {
    fn from(error: JwsError) -> Self {
        match &error {
            JwsError::Algorithm(_) => bad_algorithm(error.to_string()),
            JwsError::Key(JwkError::Unsupported | JwkError::Weak(_)) => {
                Self::new(ProblemKind::BadPublicKey, error.to_string())
            }
            JwsError::Envelope(_)
            | JwsError::Header(_)
            | JwsError::Base64(_)
            | JwsError::Key(JwkError::Malformed(_)) => Self::malformed(error.to_string()),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::WrongAlgorithm => bad_algorithm(error.to_string()),
            VerifyError::WrongSignature => Self::malformed(error.to_string()),
        }
    }
}

fn bad_algorithm(detail: String) -> Problem {
    Problem::new(ProblemKind::BadSignatureAlgorithm, detail)
        .with_algorithms(Algorithm::ALL.iter().map(|(name, _)| *name))
}
