//! Acts that one administrator alone cannot do: they wait for another.

use std::fmt;

use serde::Deserialize;

use super::{ActOutcome, Permission};

/// An act that can be set to wait for a second administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardedAct {
    /// A CA is made.
    CreateAuthority,
    /// A CA's settings are changed.
    PutSettings,
    /// A CA gets a new certificate for its key.
    RenewAuthority,
    /// A CA gets a new key.
    RollOverAuthority,
    /// A prepared generation of a CA begins to issue.
    SwitchAuthority,
    /// A CA is resumed, retired or revoked; anybody may suspend one alone.
    PutState,
    /// A certificate that a foreign CA has made is taken in.
    ImportCertificate,
    /// A cross-certificate is taken in.
    ImportCrossCertificate,
    /// A CA whose key is elsewhere is taken in.
    AddExternal,
    /// A CA that is not ours is signed.
    CrossSign,
    /// A profile is made or changed.
    PutProfile,
    /// A profile is removed.
    DeleteProfile,
    /// An administrator is made or changed.
    PutAdministrator,
    /// An administrator is removed.
    DeleteAdministrator,
    /// A certificate shows an administrator from now on.
    AddAdministratorCertificate,
    /// A certificate shows nobody any more.
    RemoveAdministratorCertificate,
}

/// What became of an act that had to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingState {
    /// Nobody has decided.
    Waiting,
    /// Somebody else approved it.
    Approved,
    /// Somebody refused it, or who asked took it back.
    Refused,
    /// Nobody decided in time.
    Expired,
}

/// An act that waits, or waited.
#[derive(Debug, Clone)]
pub struct PendingAct {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub act: GuardedAct,
    /// To which CA, profile or administrator.
    pub object: String,
    /// The request as it was made, protobuf.
    pub content: Vec<u8>,
    /// Who asked, e.g. `administrator:alice`.
    pub requester: String,
    /// When, epoch milliseconds.
    pub created_at_ms: i64,
    /// Until when it can be approved, epoch milliseconds.
    pub expires_at_ms: i64,
    /// As stored: [`Self::state_at`] knows the time.
    pub decision: Option<Decision>,
    /// How it ended, once approved.
    pub outcome: ActOutcome,
    /// Why it was refused.
    pub detail: String,
}

/// Who decided, and how.
#[derive(Debug, Clone)]
pub struct Decision {
    /// It was approved, otherwise refused.
    pub approved: bool,
    /// Who, e.g. `administrator:bob`.
    pub by: String,
    /// When, epoch milliseconds.
    pub at_ms: i64,
}

impl GuardedAct {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::CreateAuthority,
        Self::PutSettings,
        Self::RenewAuthority,
        Self::RollOverAuthority,
        Self::SwitchAuthority,
        Self::PutState,
        Self::ImportCertificate,
        Self::ImportCrossCertificate,
        Self::AddExternal,
        Self::CrossSign,
        Self::PutProfile,
        Self::DeleteProfile,
        Self::PutAdministrator,
        Self::DeleteAdministrator,
        Self::AddAdministratorCertificate,
        Self::RemoveAdministratorCertificate,
    ];

    /// Its name, in the configuration and in what was done.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateAuthority => "create-authority",
            Self::PutSettings => "put-settings",
            Self::RenewAuthority => "renew-authority",
            Self::RollOverAuthority => "roll-over-authority",
            Self::SwitchAuthority => "switch-authority",
            Self::PutState => "put-state",
            Self::ImportCertificate => "import-certificate",
            Self::ImportCrossCertificate => "import-cross-certificate",
            Self::AddExternal => "add-external",
            Self::CrossSign => "cross-sign",
            Self::PutProfile => "put-profile",
            Self::DeleteProfile => "delete-profile",
            Self::PutAdministrator => "put-administrator",
            Self::DeleteAdministrator => "delete-administrator",
            Self::AddAdministratorCertificate => "add-administrator-certificate",
            Self::RemoveAdministratorCertificate => "remove-administrator-certificate",
        }
    }

    /// The act of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    /// What who does it, and who approves it, must be allowed.
    #[must_use]
    pub fn permission(self) -> Permission {
        match self {
            Self::PutProfile | Self::DeleteProfile => Permission::ManageProfiles,
            act if act.is_about_administrators() => Permission::ManageAdministrators,
            _ => Permission::ManageAuthorities,
        }
    }

    /// Who could make a second administrator alone would have four eyes: with any other act, these wait too.
    #[must_use]
    pub fn is_about_administrators(self) -> bool {
        matches!(
            self,
            Self::PutAdministrator
                | Self::DeleteAdministrator
                | Self::AddAdministratorCertificate
                | Self::RemoveAdministratorCertificate
        )
    }
}

impl fmt::Display for GuardedAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PendingState {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

impl PendingAct {
    /// What has become of it.
    #[must_use]
    pub fn state_at(&self, now_ms: i64) -> PendingState {
        match &self.decision {
            Some(decision) if decision.approved => PendingState::Approved,
            Some(_) => PendingState::Refused,
            None if now_ms >= self.expires_at_ms => PendingState::Expired,
            None => PendingState::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_configured_by_the_names_that_they_are_written_down_by() {
        for act in GuardedAct::ALL {
            let read: GuardedAct = serde_json::from_value(act.as_str().into()).unwrap();
            assert_eq!((read, GuardedAct::find(act.as_str())), (act, Some(act)));
        }
    }
}
