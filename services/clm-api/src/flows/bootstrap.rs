//! What must be there before the first request: realms, ready policies, clients, one administrator. What is there
//! already stays as it is, so this runs at every start.

use ers_runtime::error::{Fault, Kind};
use zeroize::Zeroizing;

use super::{Actor, Flows, PasswordError, passwords};
use crate::{
    domain::{
        account::Account,
        id::{InvalidId, IssuerName, RealmName, Username},
        policy::{CLIENT_DEFAULTS, PolicyDefinition, PolicyError, ready},
        realm::{self, Client, Realm},
    },
    store::{Inserted, NewPolicyVersion, StoreError},
};

const ADMINISTRATOR: &str = "administrator";
const BY: &str = "clm-api";

/// What a first start needs to know.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Name of the CA that the ready policies issue from.
    pub issuer: String,
    /// Name of the CA that the platform's own certificates come from; absent: the same.
    pub platform_issuer: Option<String>,
}

/// What a first start has to tell.
pub struct Bootstrapped {
    /// Login name of the first administrator.
    pub administrator: &'static str,
    /// The generated password, this once; absent: there was an account already.
    pub administrator_password: Option<Zeroizing<String>>,
}

/// Why it could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A name is not one.
    #[error("make CLM ready")]
    Name(#[from] InvalidId),
    /// A ready policy does not read.
    #[error("make CLM ready: policy {policy}")]
    Policy {
        /// Which.
        policy: &'static str,
        /// Why.
        #[source]
        source: PolicyError,
    },
    /// The password.
    #[error("make CLM ready: first administrator")]
    Password(#[from] PasswordError),
    /// The database.
    #[error("make CLM ready: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Makes what is not there yet.
    #[tracing::instrument(name = "clm.bootstrap", skip_all)]
    pub async fn bootstrap(&self, defaults: &Defaults) -> Result<Bootstrapped, BootstrapError> {
        self.make_realms().await?;
        self.make_policies(defaults).await?;
        self.make_clients().await?;
        self.store.count_policy_change().await?;
        self.policies.refresh(&self.store).await?;
        let administrator_password = self.make_administrator().await?;
        Ok(Bootstrapped {
            administrator: ADMINISTRATOR,
            administrator_password,
        })
    }

    async fn make_realms(&self) -> Result<(), BootstrapError> {
        for (name, description) in [
            (
                realm::SYSTEM,
                "The platform's own policies and certificates; not for daily work",
            ),
            (realm::DEFAULT, "Ready for daily work"),
        ] {
            let realm = Realm {
                name: name.parse()?,
                title: name.to_owned(),
                description: description.to_owned(),
                created_at: self.clock.now(),
                archived_at_ms: None,
                version: 1,
            };
            self.store.ensure_realm(&realm).await?;
        }
        Ok(())
    }

    async fn make_policies(&self, defaults: &Defaults) -> Result<(), BootstrapError> {
        let issuer: IssuerName = defaults.issuer.parse()?;
        let platform_issuer: IssuerName = match &defaults.platform_issuer {
            Some(name) => name.parse()?,
            None => issuer.clone(),
        };
        for policy in ready(&issuer, &platform_issuer) {
            let definition = PolicyDefinition::parse(&policy.definition).map_err(|source| {
                BootstrapError::Policy {
                    policy: policy.name,
                    source,
                }
            })?;
            if self.policies.find(definition.name()).is_some() {
                continue;
            }
            let new = NewPolicyVersion {
                definition: &definition,
                after: None,
                actor: BY,
            };
            // False: another process was faster.
            if self
                .store
                .add_policy_version(new, self.clock.now_ms())
                .await?
            {
                tracing::info!(policy = policy.name, issuer = %definition.rules().issuer, "ready policy made");
            }
        }
        Ok(())
    }

    async fn make_clients(&self) -> Result<(), BootstrapError> {
        let realm: RealmName = realm::DEFAULT.parse()?;
        for (identity, policy) in CLIENT_DEFAULTS {
            let client = Client {
                identity: identity.to_owned(),
                realm: realm.clone(),
                description: String::new(),
                default_policy: Some(policy.parse()?),
                version: 1,
            };
            self.store
                .ensure_client(&client, self.clock.now_ms())
                .await?;
        }
        Ok(())
    }

    async fn make_administrator(&self) -> Result<Option<Zeroizing<String>>, BootstrapError> {
        if self.store.has_administrators().await? {
            return Ok(None);
        }
        let username: Username = ADMINISTRATOR.parse()?;
        let password = passwords::generate()?;
        let hash = self.passwords.hash(&password).await?;
        match self
            .store
            .insert_account(&Account::new(username, hash, self.clock.now_ms()))
            .await?
        {
            Inserted::AlreadyThere => Ok(None),
            Inserted::Yes => {
                let actor = Actor::named(BY);
                self.note(
                    &actor,
                    "administrator.create",
                    ADMINISTRATOR,
                    "generated password".to_owned(),
                )
                .await?;
                self.keep_administrators().await?;
                Ok(Some(password))
            }
        }
    }
}

impl Fault for BootstrapError {
    fn kind(&self) -> Kind {
        match self {
            Self::Name(_) => Kind::InvalidArgument,
            Self::Policy { .. } => Kind::Internal,
            Self::Password(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
