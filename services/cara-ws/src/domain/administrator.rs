//! People who administer CARA: roles, and what each role may do.

use std::{collections::BTreeSet, fmt, str::FromStr};

use ers_pki::certificate::Certificate;

use super::AuthorityName;

const MAX_NAME: usize = 64;

/// What administrators do, as roles that are given to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Makes and changes CAs, profiles and administrators.
    CaAdministrator,
    /// Registration authority: issues and revokes.
    Ra,
    /// Reads everything, the trail of acts too; changes nothing.
    Auditor,
    /// Keeps it running: looks at states, publishes CRLs.
    Operator,
}

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// See CAs, their settings, chains and CRLs.
    ReadAuthorities,
    /// Make CAs, renew them, change their state and settings.
    ManageAuthorities,
    /// See profiles.
    ReadProfiles,
    /// Put and remove profiles.
    ManageProfiles,
    /// Search and read certificates.
    ReadCertificates,
    /// Have certificates issued.
    IssueCertificates,
    /// Revoke, hold and release.
    RevokeCertificates,
    /// Publish a CRL now.
    PublishCrls,
    /// See administrators.
    ReadAdministrators,
    /// Make and remove administrators, and their certificates.
    ManageAdministrators,
    /// See what was done by whom.
    ReadActs,
    /// See what waits for a second administrator.
    ReadApprovals,
    /// Be the second administrator.
    ApproveActs,
}

/// A text that names no role.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is no role: ca-administrator, ra, auditor, operator")]
pub struct UnknownRole(String);

/// A text that cannot be an administrator's name.
#[derive(Debug, thiserror::Error)]
#[error("an administrator's name is 1 to {MAX_NAME} of A-Z a-z 0-9 . _ @ -")]
pub struct InvalidAdministratorName;

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [
        Self::CaAdministrator,
        Self::Ra,
        Self::Auditor,
        Self::Operator,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CaAdministrator => "ca-administrator",
            Self::Ra => "ra",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Whether the role may do that.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::CaAdministrator => matches!(
                permission,
                P::ReadAuthorities
                    | P::ManageAuthorities
                    | P::ReadProfiles
                    | P::ManageProfiles
                    | P::ReadCertificates
                    | P::PublishCrls
                    | P::ReadAdministrators
                    | P::ManageAdministrators
                    | P::ReadApprovals
                    | P::ApproveActs
            ),
            Self::Ra => matches!(
                permission,
                P::ReadAuthorities
                    | P::ReadProfiles
                    | P::ReadCertificates
                    | P::IssueCertificates
                    | P::RevokeCertificates
            ),
            Self::Auditor => matches!(
                permission,
                P::ReadAuthorities
                    | P::ReadProfiles
                    | P::ReadCertificates
                    | P::ReadAdministrators
                    | P::ReadActs
                    | P::ReadApprovals
            ),
            Self::Operator => matches!(
                permission,
                P::ReadAuthorities | P::ReadProfiles | P::PublishCrls
            ),
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 13] = [
        Self::ReadAuthorities,
        Self::ManageAuthorities,
        Self::ReadProfiles,
        Self::ManageProfiles,
        Self::ReadCertificates,
        Self::IssueCertificates,
        Self::RevokeCertificates,
        Self::PublishCrls,
        Self::ReadAdministrators,
        Self::ManageAdministrators,
        Self::ReadActs,
        Self::ReadApprovals,
        Self::ApproveActs,
    ];

    /// Its name, as the OpenAPI document says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadAuthorities => "read-authorities",
            Self::ManageAuthorities => "manage-authorities",
            Self::ReadProfiles => "read-profiles",
            Self::ManageProfiles => "manage-profiles",
            Self::ReadCertificates => "read-certificates",
            Self::IssueCertificates => "issue-certificates",
            Self::RevokeCertificates => "revoke-certificates",
            Self::PublishCrls => "publish-crls",
            Self::ReadAdministrators => "read-administrators",
            Self::ManageAdministrators => "manage-administrators",
            Self::ReadActs => "read-acts",
            Self::ReadApprovals => "read-approvals",
            Self::ApproveActs => "approve-acts",
        }
    }
}

/// Name of an administrator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdministratorName(String);

impl AdministratorName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AdministratorName {
    type Err = InvalidAdministratorName;

    fn from_str(text: &str) -> Result<Self, InvalidAdministratorName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(allowed) {
            return Err(InvalidAdministratorName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AdministratorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An administrator.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Who.
    pub name: AdministratorName,
    /// What they may do; never empty.
    pub roles: BTreeSet<Role>,
    /// With which CAs; empty: all.
    pub authorities: BTreeSet<AuthorityName>,
    /// May do nothing for now.
    pub disabled: bool,
    /// Since when, epoch milliseconds.
    pub created_at_ms: i64,
}

impl Administrator {
    /// Whether any of the roles may do that.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        !self.disabled && self.roles.iter().any(|role| role.may(permission))
    }

    /// Whether that CA is theirs.
    #[must_use]
    pub fn administers(&self, authority: &AuthorityName) -> bool {
        self.authorities.is_empty() || self.authorities.contains(authority)
    }

    /// Whether they may do everything that concerns administrators, with all CAs.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.may(Permission::ManageAdministrators) && self.authorities.is_empty()
    }
}

/// A certificate that shows who an administrator is.
#[derive(Debug, Clone)]
pub struct AdministratorCertificate {
    /// Whom it shows.
    pub administrator: AdministratorName,
    /// The certificate.
    pub certificate: Certificate,
    /// Since when, epoch milliseconds.
    pub added_at_ms: i64,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActOutcome {
    /// It began, and nobody knows how it ended.
    Begun,
    /// It was done.
    Done,
    /// It was refused, or failed.
    Refused,
}

impl ActOutcome {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// What an administrator did.
#[derive(Debug, Clone)]
pub struct Act {
    /// Counts up.
    pub number: i64,
    /// When, epoch milliseconds.
    pub at_ms: i64,
    /// Who.
    pub administrator: String,
    /// From where.
    pub address: Option<String>,
    /// What, e.g. `create-authority`.
    pub act: String,
    /// To what.
    pub object: String,
    /// How it ended.
    pub outcome: ActOutcome,
    /// Why it was refused.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_issues_makes_no_cas_and_who_makes_cas_issues_not() {
        assert!(Role::Ra.may(Permission::IssueCertificates));
        assert!(!Role::Ra.may(Permission::ManageAuthorities));
        assert!(Role::CaAdministrator.may(Permission::ManageAuthorities));
        assert!(!Role::CaAdministrator.may(Permission::IssueCertificates));
    }

    #[test]
    fn an_auditor_changes_nothing_and_alone_reads_the_acts() {
        use Permission as P;
        for changing in [
            P::ManageAuthorities,
            P::ManageProfiles,
            P::IssueCertificates,
            P::RevokeCertificates,
            P::PublishCrls,
            P::ManageAdministrators,
            P::ApproveActs,
        ] {
            assert!(!Role::Auditor.may(changing), "{}", changing.as_str());
        }
        let readers: Vec<_> = Role::ALL
            .into_iter()
            .filter(|role| role.may(P::ReadActs))
            .collect();
        assert_eq!(readers, [Role::Auditor]);
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
        }
        assert!("root".parse::<Role>().is_err());
    }
}
