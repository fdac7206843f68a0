//! Making a key; asked for again, the same key comes back.

use std::sync::Arc;

use ers_pki::key::{KeyAlgorithm, UnknownKeyAlgorithm};
use ers_pki::name::Name;
use ers_proto::signer::v1 as wire;
use ers_runtime::clock;
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::{Key, KeyId, KeyLimits, Purpose, SignerError};

use crate::backend::{NewPair, Token, TokenError};
use crate::domain::{self, InvalidField, NotGranted};
use crate::flows::read_keys::tell;
use crate::state::State;
use crate::store::{KeyInMaking, StoreError, StoredKey};

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
    #[error("create key: {0} keys cannot decrypt")]
    CannotDecrypt(KeyAlgorithm),
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
    #[error("create key: it cannot be described")]
    Described(#[source] SignerError),
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
        return wanted.same_as(tell(state, &found));
    }
    // 3. Begun, made in the token, written down. After a crash in between, what was begun is finished.
    let token = state
        .tokens
        .get(&wanted.token)
        .ok_or_else(|| CreateKeyError::NoToken(wanted.token.clone()))?;
    let id = KeyId::new(uuid::Uuid::new_v4().to_string());
    let place = token.reserve().map_err(CreateKeyError::Token)?;
    let chosen = token.choose_material().map_err(CreateKeyError::Token)?;
    let described = wanted.describe(&id, state.clock.now_ms());
    begin(state, &id, chosen.as_deref(), &described).await?;
    let made = token
        .generate(
            place,
            &id,
            NewPair {
                label: &wanted.label,
                algorithm: wanted.algorithm,
                decrypts: wanted.purposes.contains(&Purpose::Decryption),
            },
            chosen,
        )
        .await;
    if matches!(
        made,
        Err(TokenError::TimedOut { .. } | TokenError::Unsupported { .. })
    ) {
        // nothing was made for sure
        end(state, &id).await;
    }
    let made = made.map_err(CreateKeyError::Token)?;
    let key = Key::try_from(wire::Key {
        public_key: made.public_key.spki_der().to_vec(),
        ..described
    });
    let stored = Arc::new(StoredKey {
        key: key.map_err(CreateKeyError::Described)?,
        material: made.material,
        replicas: Vec::new(),
    });
    let written = state.keys.insert(&stored).await;
    match written {
        Ok(true) => end(state, &id).await,
        Ok(false) => destroy_again(state, &**token, &stored).await,
        // whether the row is there is unknown: the pair stays begun
        Err(_) => {}
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
            |found| wanted.same_as(tell(state, &found)),
        );
    }
    tracing::info!(
        target: "audit",
        key_id = %id, label = wanted.label, algorithm = %wanted.algorithm, token = wanted.token, requester = caller,
        "key made"
    );
    state.known_keys.insert(id, Arc::clone(&stored)).await;
    Ok(tell(state, &stored))
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
    let is_for_encryption = algorithm.is_rsa() && !algorithm.is_rsa_pss();
    if purposes.contains(&Purpose::Decryption) && !is_for_encryption {
        return Err(CreateKeyError::CannotDecrypt(algorithm));
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
    /// The key but for its public half, as it reads back from the database.
    fn describe(&self, id: &KeyId, now_ms: i64) -> wire::Key {
        let created_at = clock::from_ms(now_ms);
        wire::Key {
            id: id.to_string(),
            label: self.label.clone(),
            key_algorithm: self.algorithm.to_string(),
            purposes: self
                .purposes
                .iter()
                .map(|purpose| purpose.to_wire())
                .collect(),
            token: self.token.clone(),
            limits: Some(self.limits.clone().into()),
            creator: self.caller.clone(),
            created_at: Some(prost_types::Timestamp {
                seconds: created_at.unix_timestamp(),
                nanos: i32::try_from(created_at.nanosecond()).unwrap_or_default(),
            }),
            ..wire::Key::default()
        }
    }

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

/// Notes that a pair is going to be in the token, where a pair can be left behind.
async fn begin(
    state: &State,
    id: &KeyId,
    material: Option<&[u8]>,
    described: &wire::Key,
) -> Result<(), CreateKeyError> {
    let Some(material) = material else {
        return Ok(());
    };
    let begun = KeyInMaking {
        id: id.clone(),
        token: described.token.clone(),
        material: material.to_vec(),
        chain: state.chain.clone(),
        described: described.clone(),
        created_at_ms: state.clock.now_ms(),
    };
    let written = state.keys.making().insert(&begun).await;
    written.map_err(CreateKeyError::Store)
}

/// Nothing is left to be finished. A row that stays is found and deleted later.
async fn end(state: &State, id: &KeyId) {
    if let Err(error) = state.keys.making().delete(id).await {
        let error = ers_runtime::error::chain(&error);
        tracing::warn!(key_id = %id, error, "finished key stays noted as begun");
    }
}

/// The label went to another key while this one was made.
async fn destroy_again(state: &State, token: &dyn Token, stored: &StoredKey) {
    let destroyed = match token.reserve() {
        Ok(place) => token.destroy(place, &stored.key.id, &stored.material).await,
        Err(error) => Err(error),
    };
    match destroyed {
        Ok(()) => end(state, &stored.key.id).await,
        Err(error) => {
            let error = ers_runtime::error::chain(&error);
            tracing::warn!(
                token = stored.key.token,
                error,
                "a key pair that lost its label stays in the token for now"
            );
        }
    }
}

impl Fault for CreateKeyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Field(_)
            | Self::Algorithm(_)
            | Self::CannotSign(_)
            | Self::CannotDecrypt(_)
            | Self::Purpose(_)
            | Self::NoPurpose
            | Self::IssuerName
            | Self::NoToken(_) => Kind::InvalidArgument,
            Self::NotGranted(_) => Kind::PermissionDenied,
            Self::Taken(_) => Kind::AlreadyExists,
            Self::Described(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
            Self::Token(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(error) => Some(error.field),
            Self::Algorithm(_) | Self::CannotSign(_) | Self::CannotDecrypt(_) => {
                Some("key_algorithm")
            }
            Self::Purpose(_) | Self::NoPurpose => Some("purposes"),
            Self::IssuerName => Some("limits.issuer_name"),
            Self::NoToken(_) => Some("token"),
            Self::Taken(_) => Some("label"),
            Self::NotGranted(_) | Self::Described(_) | Self::Store(_) | Self::Token(_) => None,
        }
    }
}
