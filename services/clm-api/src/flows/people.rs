//! Local accounts made, changed and removed. The last who administers everything can be neither closed nor removed.

use ers_pki::certificate::Certificate;
use ers_runtime::error::{Fault, Kind};
use zeroize::Zeroizing;

use super::{Act, Actor, Flows, PasswordError, passwords};
use crate::{
    domain::{
        account::{Account, WeakPassword, check_password},
        id::Username,
        role::{ADMINISTRATOR, Subject, SubjectKind},
    },
    store::{Changed, Inserted, StoreError, Unbound},
};

const LONGEST_NAME: usize = 255;

/// A local account to be made.
pub struct NewAccount {
    /// Login name.
    pub username: Username,
    /// Absent: one is made.
    pub password: Option<Zeroizing<String>>,
    /// Name for people.
    pub display_name: String,
    /// Mail address.
    pub email: String,
}

/// What changes; absent: stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountChange {
    /// Name for people.
    pub display_name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Nobody logs in with it; sessions end.
    pub closed: Option<bool>,
    /// The client certificate that logs in, DER; nothing in it: none any more.
    pub certificate: Option<Vec<u8>>,
    /// The version that is to be changed; absent: whichever is there.
    pub expected: Option<i64>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is none of that name.
    #[error("find account: there is no account {0}")]
    Unknown(Username),
    /// There is one of that name.
    #[error("make account: there is an account {0} already")]
    Exists(Username),
    /// The password will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// It cannot be hashed.
    #[error("make account: password")]
    Password(#[from] PasswordError),
    /// Too long, or with control characters.
    #[error("read {0}: at most {LONGEST_NAME} characters, no control characters")]
    Text(&'static str),
    /// Not a certificate.
    #[error("read certificate: not one")]
    Certificate,
    /// It is somebody else's.
    #[error("change account: the certificate belongs to {0}")]
    CertificateTaken(Username),
    /// Somebody else changed it.
    #[error("change account: {0} was changed meanwhile")]
    ChangedMeanwhile(Username),
    /// Nobody would administer any more.
    #[error("change account: somebody must be administrator of all realms")]
    LastAdministrator,
    /// The database.
    #[error("account: database")]
    Store(#[from] StoreError),
}

impl Flows {
    /// All local accounts.
    pub async fn list_people(&self) -> Result<Vec<Account>, StoreError> {
        self.store.list_accounts().await
    }

    /// A local account.
    pub async fn show_person(&self, username: &Username) -> Result<Account, AccountError> {
        self.store
            .find_account(username)
            .await?
            .ok_or_else(|| AccountError::Unknown(username.clone()))
    }

    /// Makes a local account; it may do nothing until it is given a role. A password that was made comes back.
    #[tracing::instrument(name = "clm.add_person", skip_all)]
    pub async fn add_person(
        &self,
        new: NewAccount,
        actor: &Actor,
    ) -> Result<(Account, Option<Zeroizing<String>>), AccountError> {
        let (password, made) = match new.password {
            Some(password) => {
                check_password(&new.username, &password)?;
                (password, false)
            }
            None => (passwords::generate()?, true),
        };
        let hash = self.passwords.hash(&password).await?;
        let account = Account {
            display_name: new.display_name,
            email: new.email,
            ..Account::new(new.username, hash, self.clock.now_ms())
        };
        check(&account)?;
        let act = Act {
            after: Some(told(&account)),
            ..Act::on("person.create", account.username.as_str())
        };
        self.note_act(actor, act).await?;
        match self.store.insert_account(&account).await? {
            Inserted::Yes => Ok((account, made.then_some(password))),
            Inserted::AlreadyThere => Err(AccountError::Exists(account.username)),
        }
    }

    /// Changes a local account.
    #[tracing::instrument(name = "clm.change_person", skip_all)]
    pub async fn change_person(
        &self,
        username: &Username,
        change: &AccountChange,
        actor: &Actor,
    ) -> Result<Account, AccountError> {
        let before = self.show_person(username).await?;
        if change
            .expected
            .is_some_and(|version| version != before.version)
        {
            return Err(AccountError::ChangedMeanwhile(username.clone()));
        }
        let mut after = before.clone();
        after.version += 1;
        if let Some(name) = &change.display_name {
            after.display_name.clone_from(name);
        }
        if let Some(email) = &change.email {
            after.email.clone_from(email);
        }
        if let Some(closed) = change.closed {
            after.closed = closed;
        }
        if let Some(der) = &change.certificate {
            after.certificate = self.read_certificate(username, der).await?;
        }
        check(&after)?;
        if after.closed && !before.closed && self.is_last_administrator(username.as_str()).await? {
            return Err(AccountError::LastAdministrator);
        }
        let act = Act {
            before: Some(told(&before)),
            after: Some(told(&after)),
            ..Act::on("person.change", username.as_str())
        };
        self.note_act(actor, act).await?;
        let changed = self
            .store
            .change_account(&after, self.clock.now_ms())
            .await?;
        if changed != Changed::Yes {
            return Err(AccountError::ChangedMeanwhile(username.clone()));
        }
        if after.closed {
            self.sessions.end_all_of(username.as_str(), None).await;
        }
        Ok(after)
    }

    /// Removes a local account with all that it may do.
    #[tracing::instrument(name = "clm.remove_person", skip_all)]
    pub async fn remove_person(
        &self,
        username: &Username,
        actor: &Actor,
    ) -> Result<(), AccountError> {
        let before = self.show_person(username).await?;
        if self.is_last_administrator(username.as_str()).await? {
            return Err(AccountError::LastAdministrator);
        }
        let act = Act {
            before: Some(told(&before)),
            ..Act::on("person.remove", username.as_str())
        };
        self.note_act(actor, act).await?;
        if let Some(subject) = subject(username)
            && self.store.remove_bindings_of(&subject).await? == Unbound::LastAdministrator
        {
            return Err(AccountError::LastAdministrator);
        }
        self.store.remove_account(username).await?;
        self.sessions.end_all_of(username.as_str(), None).await;
        Ok(())
    }

    async fn read_certificate(
        &self,
        username: &Username,
        der: &[u8],
    ) -> Result<Option<String>, AccountError> {
        if der.is_empty() {
            return Ok(None);
        }
        let certificate = Certificate::from_der(der).map_err(|_| AccountError::Certificate)?;
        let fingerprint = hex::encode(certificate.fingerprint());
        let owner = self
            .store
            .find_account_by_certificate(&fingerprint)
            .await?
            .filter(|account| account.username != *username);
        match owner {
            Some(account) => Err(AccountError::CertificateTaken(account.username)),
            None => Ok(Some(fingerprint)),
        }
    }

    /// Whether nobody else who can log in administers everything.
    pub(super) async fn is_last_administrator(&self, person: &str) -> Result<bool, StoreError> {
        let accounts = self.store.list_accounts().await?;
        let bindings = self.store.list_bindings().await?;
        let mut others = bindings.iter().filter(|binding| {
            binding.role.as_str() == ADMINISTRATOR
                && binding.realm.is_none()
                && binding.subject.kind == SubjectKind::Person
        });
        let mut administers = false;
        let has_other = others.any(|binding| {
            let name = binding.subject.name.as_str();
            administers |= name == person;
            // Whoever is no local account is the OpenID provider's to close.
            name != person
                && accounts
                    .iter()
                    .find(|account| account.username.as_str() == name)
                    .is_none_or(|account| !account.closed)
        });
        Ok(!has_other && administers)
    }
}

fn subject(username: &Username) -> Option<Subject> {
    Some(Subject {
        kind: SubjectKind::Person,
        name: username.as_str().parse().ok()?,
    })
}

fn check(account: &Account) -> Result<(), AccountError> {
    if !super::is_text(&account.display_name, LONGEST_NAME) {
        return Err(AccountError::Text("display_name"));
    }
    if !super::is_text(&account.email, LONGEST_NAME) {
        return Err(AccountError::Text("email"));
    }
    Ok(())
}

fn told(account: &Account) -> String {
    serde_json::json!({
        "display_name": account.display_name,
        "email": account.email,
        "closed": account.closed,
        "certificate": account.certificate,
    })
    .to_string()
}

impl Fault for AccountError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) => Kind::NotFound,
            Self::Exists(_) => Kind::AlreadyExists,
            Self::Weak(_) | Self::Text(_) | Self::Certificate => Kind::InvalidArgument,
            Self::CertificateTaken(_) | Self::LastAdministrator | Self::ChangedMeanwhile(_) => {
                Kind::FailedPrecondition
            }
            Self::Password(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::ChangedMeanwhile(_) => Some("version"),
            Self::Unknown(_) | Self::Exists(_) => Some("username"),
            Self::Weak(_) => Some("password"),
            Self::Text(field) => Some(field),
            Self::Certificate | Self::CertificateTaken(_) => Some("certificate"),
            Self::LastAdministrator | Self::Password(_) | Self::Store(_) => None,
        }
    }
}
