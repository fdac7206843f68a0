//! Clients and their access tokens. A token allows no more than the one who makes it may do; its text is shown once.

use std::collections::BTreeSet;

use ers_runtime::error::{Fault, Kind};
use time::Duration;
use zeroize::Zeroizing;

use super::{Act, Actor, Flows, SessionError, sessions::random_text};
use crate::{
    domain::{
        access::{Grants, Reach},
        access_token::{AccessToken, LONGEST, PREFIX, USUAL, digest_of},
        id::{PolicyName, RealmName},
        permission::Permission,
        policy::CLIENT_DEFAULTS,
        realm::{Client, LONGEST_DESCRIPTION},
    },
    store::{Changed, Inserted, StoreError},
};

/// Use is written down when the last was so long ago: not each call is a write.
const USE_NOTED_EVERY_MS: i64 = 60_000;
const LONGEST_NAME: usize = 64;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// For people.
    pub description: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// Only in this realm.
    pub realm: Option<RealmName>,
    /// How long it lives; absent: 90 days.
    pub validity: Option<Duration>,
}

/// What changes about a client; absent: stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientChange {
    /// For people.
    pub description: Option<String>,
    /// What it works under when it names no policy; nothing in it: nothing.
    pub default_policy: Option<Option<PolicyName>>,
    /// The version that is to be changed; absent: whichever is there.
    pub expected: Option<i64>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is none of that name.
    #[error("find client: there is no client {0}")]
    Unknown(String),
    /// There is one of that name.
    #[error("make client: there is a client {0} already")]
    Exists(String),
    /// Not a name.
    #[error("read name: 1 to {LONGEST_NAME} of a-z 0-9 -")]
    Name,
    /// It comes with the platform.
    #[error("change client: {0} comes with the platform")]
    Ready(String),
    /// No such realm, or one that is archived.
    #[error("make client: there is no realm {0} in use")]
    NoRealm(RealmName),
    /// No such policy in the realm.
    #[error("make client: the realm has no policy {0}")]
    NoPolicy(PolicyName),
    /// Too long, or with control characters.
    #[error("read description: at most {LONGEST_DESCRIPTION} characters, no control characters")]
    Description,
    /// Somebody else changed it.
    #[error("change client: {0} was changed meanwhile")]
    ChangedMeanwhile(String),
    /// A token that allows nothing.
    #[error("make token: at least one permission")]
    NoPermission,
    /// A token that allows more than the one who makes it may do.
    #[error("make token: nobody gives permissions that they do not have there")]
    Beyond,
    /// Too long a life.
    #[error("make token: more than nothing and at most {} days", LONGEST.whole_days())]
    Validity,
    /// No token of that id.
    #[error("take token back: there is no token {0}")]
    UnknownToken(String),
    /// It cannot be made.
    #[error("make token")]
    Random(#[from] SessionError),
    /// The database.
    #[error("client: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// The clients of realms within reach, by name.
    pub async fn list_clients(&self, reach: &Reach) -> Result<Vec<Client>, StoreError> {
        let mut all = self.store.list_clients().await?;
        all.retain(|client| reach.has_realm(&client.realm));
        all.sort_by(|one, other| one.identity.cmp(&other.identity));
        Ok(all)
    }

    /// A client of a realm within reach.
    pub async fn show_client(&self, name: &str, reach: &Reach) -> Result<Client, ClientError> {
        self.store
            .find_client(name)
            .await?
            .filter(|client| reach.has_realm(&client.realm))
            .ok_or_else(|| ClientError::Unknown(name.chars().take(LONGEST_NAME).collect()))
    }

    /// Makes a client.
    #[tracing::instrument(name = "clm.add_client", skip_all)]
    pub async fn add_client(&self, client: Client, actor: &Actor) -> Result<Client, ClientError> {
        let is_name = (1..=LONGEST_NAME).contains(&client.identity.len())
            && client
                .identity
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-');
        if !is_name {
            return Err(ClientError::Name);
        }
        if !super::is_text(&client.description, LONGEST_DESCRIPTION) {
            return Err(ClientError::Description);
        }
        self.store
            .find_realm(&client.realm)
            .await?
            .filter(|realm| realm.archived_at_ms.is_none())
            .ok_or_else(|| ClientError::NoRealm(client.realm.clone()))?;
        self.check_default_policy(&client)?;
        let act = Act {
            realm: Some(&client.realm),
            after: Some(told(&client)),
            ..Act::on("client.create", &client.identity)
        };
        self.note_act(actor, act).await?;
        match self
            .store
            .ensure_client(&client, self.clock.now_ms())
            .await?
        {
            Inserted::AlreadyThere => return Err(ClientError::Exists(client.identity)),
            Inserted::Yes => {}
        }
        self.store.count_policy_change().await?;
        self.policies.refresh(&self.store).await?;
        Ok(client)
    }

    /// Changes description or default policy of a client.
    #[tracing::instrument(name = "clm.change_client", skip_all)]
    pub async fn change_client(
        &self,
        name: &str,
        change: ClientChange,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<Client, ClientError> {
        let before = self.show_client(name, reach).await?;
        if change
            .expected
            .is_some_and(|version| version != before.version)
        {
            return Err(ClientError::ChangedMeanwhile(before.identity));
        }
        let after = Client {
            description: change.description.unwrap_or(before.description.clone()),
            default_policy: change
                .default_policy
                .unwrap_or(before.default_policy.clone()),
            version: before.version + 1,
            ..before.clone()
        };
        if !super::is_text(&after.description, LONGEST_DESCRIPTION) {
            return Err(ClientError::Description);
        }
        self.check_default_policy(&after)?;
        let act = Act {
            realm: Some(&after.realm),
            before: Some(told(&before)),
            after: Some(told(&after)),
            ..Act::on("client.change", name)
        };
        self.note_act(actor, act).await?;
        if self.store.change_client(&after).await? != Changed::Yes {
            return Err(ClientError::ChangedMeanwhile(after.identity));
        }
        self.store.count_policy_change().await?;
        self.policies.refresh(&self.store).await?;
        Ok(after)
    }

    fn check_default_policy(&self, client: &Client) -> Result<(), ClientError> {
        let Some(policy) = &client.default_policy else {
            return Ok(());
        };
        self.policies
            .find(policy)
            .filter(|found| found.definition.rules().realm == client.realm)
            .map(|_| ())
            .ok_or_else(|| ClientError::NoPolicy(policy.clone()))
    }

    /// Removes a client with its tokens and roles.
    #[tracing::instrument(name = "clm.remove_client", skip_all)]
    pub async fn remove_client(
        &self,
        name: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(), ClientError> {
        let client = self.show_client(name, reach).await?;
        if CLIENT_DEFAULTS.iter().any(|(ready, _)| *ready == name) {
            return Err(ClientError::Ready(name.to_owned()));
        }
        let act = Act {
            realm: Some(&client.realm),
            before: Some(told(&client)),
            ..Act::on("client.remove", name)
        };
        self.note_act(actor, act).await?;
        if !self.store.remove_client(name).await? {
            return Err(ClientError::Unknown(name.to_owned()));
        }
        self.store.count_policy_change().await?;
        self.policies.refresh(&self.store).await?;
        Ok(())
    }

    /// The tokens of a client, without their text.
    pub async fn list_tokens(
        &self,
        client: &str,
        reach: &Reach,
    ) -> Result<Vec<AccessToken>, ClientError> {
        let client = self.show_client(client, reach).await?;
        Ok(self.store.list_tokens(&client.identity).await?)
    }

    /// Makes a token; its text comes back this once.
    #[tracing::instrument(name = "clm.make_token", skip_all)]
    pub async fn make_token(
        &self,
        client: &Client,
        new: NewToken,
        held: &Grants,
        actor: &Actor,
    ) -> Result<(AccessToken, Zeroizing<String>), ClientError> {
        if new.permissions.is_empty() {
            return Err(ClientError::NoPermission);
        }
        if !super::is_text(&new.description, LONGEST_DESCRIPTION) {
            return Err(ClientError::Description);
        }
        let validity = new.validity.unwrap_or(USUAL);
        if validity <= Duration::ZERO || validity > LONGEST {
            return Err(ClientError::Validity);
        }
        let now_ms = self.clock.now_ms();
        let lasts_ms = i64::try_from(validity.whole_milliseconds()).unwrap_or(0);
        let token = AccessToken {
            id: uuid::Uuid::now_v7().to_string(),
            client: client.identity.clone(),
            description: new.description,
            permissions: new.permissions,
            realm: new.realm,
            created_at_ms: now_ms,
            created_by: actor.name.clone(),
            expires_at_ms: now_ms.saturating_add(lasts_ms),
            last_used_at_ms: None,
        };
        if !held.cover(&token.grant()) {
            return Err(ClientError::Beyond);
        }
        let text = Zeroizing::new(format!("{PREFIX}{}", random_text()?.as_str()));
        let after = serde_json::json!({
            "id": token.id,
            "permissions": token.permissions,
            "realm": token.realm,
            "expires_at_ms": token.expires_at_ms,
        });
        let act = Act {
            realm: Some(&client.realm),
            after: Some(after.to_string()),
            ..Act::on("token.create", &client.identity)
        };
        self.note_act(actor, act).await?;
        self.store.insert_token(&token, &digest_of(&text)).await?;
        Ok((token, text))
    }

    /// Takes a token back; it lets in nobody from then on.
    #[tracing::instrument(name = "clm.revoke_token", skip_all)]
    pub async fn revoke_token(
        &self,
        client: &str,
        id: &str,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(), ClientError> {
        let client = self.show_client(client, reach).await?;
        let detail: String = id.chars().take(64).collect();
        let act = Act {
            realm: Some(&client.realm),
            detail: detail.clone(),
            ..Act::on("token.revoke", &client.identity)
        };
        self.note_act(actor, act).await?;
        if self.store.remove_token(&client.identity, id).await? {
            Ok(())
        } else {
            Err(ClientError::UnknownToken(detail))
        }
    }

    /// The token of a text, if it is one and has not ended.
    pub async fn find_token(&self, text: &str) -> Result<Option<AccessToken>, StoreError> {
        let now_ms = self.clock.now_ms();
        let Some(token) = self
            .store
            .find_token(&digest_of(text))
            .await?
            .filter(|token| now_ms < token.expires_at_ms)
        else {
            return Ok(None);
        };
        let is_news = token
            .last_used_at_ms
            .is_none_or(|last| now_ms.saturating_sub(last) >= USE_NOTED_EVERY_MS);
        if is_news {
            self.store.use_token(&token.id, now_ms).await?;
        }
        Ok(Some(token))
    }
}

fn told(client: &Client) -> String {
    serde_json::json!({
        "realm": client.realm,
        "description": client.description,
        "default_policy": client.default_policy,
    })
    .to_string()
}

impl Fault for ClientError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) | Self::UnknownToken(_) | Self::NoRealm(_) | Self::NoPolicy(_) => {
                Kind::NotFound
            }
            Self::Exists(_) => Kind::AlreadyExists,
            Self::Name | Self::Description | Self::NoPermission | Self::Validity => {
                Kind::InvalidArgument
            }
            Self::Ready(_) | Self::ChangedMeanwhile(_) => Kind::FailedPrecondition,
            Self::Beyond => Kind::PermissionDenied,
            Self::Random(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown(_) | Self::Exists(_) | Self::Name | Self::Ready(_) => Some("name"),
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::UnknownToken(_) => Some("id"),
            Self::NoRealm(_) => Some("realm"),
            Self::NoPolicy(_) => Some("default_policy"),
            Self::Description => Some("description"),
            Self::NoPermission | Self::Beyond => Some("permissions"),
            Self::Validity => Some("validity"),
            Self::Random(_) | Self::Store(_) => None,
        }
    }
}
