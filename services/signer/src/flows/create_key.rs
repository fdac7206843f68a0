//! Making a key; asked for again, the same key comes back.

use std::sync::Arc;

use ers_pki::key::{KeyAlgorithm, UnknownKeyAlgorithm};
use ers_pki::name::Name;
use ers_runtime::clock;
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId, KeyLimits, Purpose};

use crate::backend::TokenError;
use crate::domain::{self, InvalidField, NotGranted};
use crate::state::State;
use crate::store::{StoreError, StoredKey};

/// What is asked for, as it came.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) request_id: String,
    pub(crate) label: String,
    pub(crate) key_algorithm: String,
    pub(crate) purposes: Vec<i32>,
    pub(crate) token: String,
    pub(crate) limits: KeyLimits,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateKeyError {
    #[error("create key")]
    Field(#[source] InvalidField),
    #[error("create key")]
    Algorithm(#[source] UnknownKeyAlgorithm),
    #[error("create key: {0} keys cannot sign")]
    CannotSign(KeyAlgorithm),
    #[error("create key: purpose {0} is unknown")]
    Purpose(i32),
    #[error("create key: no purpose given")]
    NoPurpose,
    #[error("create key: the issuer name is no Name in DER")]
    IssuerName,
    #[error("create key: there is no token {0}")]
    NoToken(String),
    #[error("create key")]
    NotGranted(#[source] NotGranted),
    #[error(
        "create key: label {0} is taken by a key with another algorithm, purposes, token, limits or creator"
    )]
    Taken(String),
    #[error("create key")]
    Store(#[source] StoreError),
    #[error(transparent)]
    Token(TokenError),
}

/// Makes a key, or finds the one that was made for the same ask before.
#[tracing::instrument(
    name = "signer.create_key", skip_all,
    fields(request_id = ask.request_id, label = ask.label, requester = caller)
)]
pub(crate) async fn run(state: &State, caller: &str, ask: Ask) -> Result<Key, CreateKeyError> {
    // 1. What is asked for, and may it be
    let wanted = check(state, caller, ask).inspect_err(|error| {
        let error = ers_runtime::error::chain(error);
        tracing::warn!(target: "audit", requester = caller, error, "key refused");
    })?;
    // 2. It may be there
    if let Some(found) = state
        .keys
        .find_by_label(&wanted.label)
        .await
        .map_err(CreateKeyError::Store)?
    {
        return wanted.same_as(found.key);
    }
    // 3. Made in the token, then written down. A crash in between leaves a key pair in the token that nobody knows.
    let token = state
        .tokens
        .get(&wanted.token)
        .ok_or_else(|| CreateKeyError::NoToken(wanted.token.clone()))?;
    let id = KeyId::new(uuid::Uuid::new_v4().to_string());
    let place = token.reserve().map_err(CreateKeyError::Token)?;
    let made = token
        .generate(place, &id, &wanted.label, wanted.algorithm)
        .await
        .map_err(CreateKeyError::Token)?;
    let key = Key {
        id: id.clone(),
        label: wanted.label.clone(),
        algorithm: wanted.algorithm,
        purposes: wanted.purposes.clone(),
        token: wanted.token.clone(),
        limits: wanted.limits.clone(),
        public_key: made.public_key,
        creator: caller.to_owned(),
        // as it reads back from the database
        created_at: clock::from_ms(state.clock.now_ms()),
    };
    let stored = Arc::new(StoredKey {
        key,
        material: made.material,
    });
    let written = state.keys.insert(&stored).await;
    if !matches!(written, Ok(true)) {
        destroy_again(&**token, &stored).await;
    }
    // 4. Somebody else may have been faster
    if !written.map_err(CreateKeyError::Store)? {
        let found = state
            .keys
            .find_by_label(&wanted.label)
            .await
            .map_err(CreateKeyError::Store)?;
        return found.map_or_else(
            || Err(CreateKeyError::Taken(wanted.label.clone())),
            |found| wanted.same_as(found.key),
        );
    }
    tracing::info!(
        target: "audit",
        key_id = %id, label = wanted.label, algorithm = %wanted.algorithm, token = wanted.token, requester = caller,
        "key made"
    );
    state.known_keys.insert(id, Arc::clone(&stored)).await;
    Ok(stored.key.clone())
}

/// What is wanted, parsed.
struct Wanted {
    caller: String,
    label: String,
    algorithm: KeyAlgorithm,
    purposes: Vec<Purpose>,
    token: String,
    limits: KeyLimits,
}

fn check(state: &State, caller: &str, ask: Ask) -> Result<Wanted, CreateKeyError> {
    domain::check_request_id(&ask.request_id).map_err(CreateKeyError::Field)?;
    domain::check_label(&ask.label).map_err(CreateKeyError::Field)?;
    let algorithm: KeyAlgorithm = ask
        .key_algorithm
        .parse()
        .map_err(CreateKeyError::Algorithm)?;
    if !algorithm.can_sign() {
        return Err(CreateKeyError::CannotSign(algorithm));
    }
    let mut purposes = Vec::new();
    for number in ask.purposes {
        let purpose = Purpose::from_wire(number).ok_or(CreateKeyError::Purpose(number))?;
        if !purposes.contains(&purpose) {
            purposes.push(purpose);
        }
    }
    if purposes.is_empty() {
        return Err(CreateKeyError::NoPurpose);
    }
    purposes.sort_by_key(|purpose| purpose.to_wire());
    if ask
        .limits
        .issuer_name
        .as_deref()
        .is_some_and(|name| Name::from_der(name).is_err())
    {
        return Err(CreateKeyError::IssuerName);
    }
    let token = if ask.token.is_empty() {
        state.default_token.clone()
    } else {
        ask.token
    };
    if !state.tokens.contains_key(&token) {
        return Err(CreateKeyError::NoToken(token));
    }
    state
        .grants
        .may_create(caller, &ask.label, &purposes)
        .map_err(CreateKeyError::NotGranted)?;
    // fractions of a second would not survive the database
    let limits = KeyLimits {
        longest_validity: ask
            .limits
            .longest_validity
            .map(|validity| std::time::Duration::from_secs(validity.as_secs())),
        ..ask.limits
    };
    Ok(Wanted {
        caller: caller.to_owned(),
        label: ask.label,
        algorithm,
        purposes,
        token,
        limits,
    })
}

impl Wanted {
    fn same_as(&self, key: Key) -> Result<Key, CreateKeyError> {
        let same = key.algorithm == self.algorithm
            && key.purposes == self.purposes
            && key.token == self.token
            && key.limits == self.limits
            && key.creator == self.caller;
        if same {
            Ok(key)
        } else {
            Err(CreateKeyError::Taken(self.label.clone()))
        }
    }
}

async fn destroy_again(token: &dyn crate::backend::Token, stored: &StoredKey) {
    let destroyed = match token.reserve() {
        Ok(place) => token.destroy(place, stored).await,
        Err(error) => Err(error),
    };
    if let Err(error) = destroyed {
        let error = ers_runtime::error::chain(&error);
        tracing::warn!(
            token = stored.key.token,
            error,
            "a key pair that was not written down stays in the token"
        );
    }
}

impl Fault for CreateKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_)
            | Self::Algorithm(_)
            | Self::CannotSign(_)
            | Self::Purpose(_)
            | Self::NoPurpose
            | Self::IssuerName
            | Self::NoToken(_) => Kind::InvalidArgument,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Taken(_) => Kind::AlreadyExists,
            Self::Store(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Algorithm(_) | Self::CannotSign(_) => Some("key_algorithm"),
            Self::Purpose(_) | Self::NoPurpose => Some("purposes"),
            Self::IssuerName => Some("limits.issuer_name"),
            Self::NoToken(_) => Some("token"),
            Self::Taken(_) => Some("label"),
            Self::NotGranted(_) | Self::Store(_) | Self::Token(_) => None,
        }
    }
}
