//! Roles: named sets of permissions; and bindings, which give a role to somebody, everywhere or for a part.

use std::{collections::BTreeSet, str::FromStr};

use super::{
    access::Grant,
    id::{PolicyName, RealmName, RoleName, SubjectName},
    permission::Permission as P,
};

/// The role that may do everything; there is always somebody who has it.
pub const ADMINISTRATOR: &str = "administrator";
/// Most characters of a description.
pub const LONGEST_DESCRIPTION: usize = 1000;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// For people.
    pub description: String,
    /// What it allows.
    pub permissions: BTreeSet<P>,
    /// It comes with the platform and cannot be changed.
    pub ready: bool,
    /// Counted up by each change; 0 of those that come with the platform.
    pub version: i64,
}

/// What a role is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A person, by name.
    Person,
    /// A group of the OpenID provider, as in its claim.
    Group,
    /// A client: automation with a token, or a service by its mutual-TLS identity.
    Client,
}

/// No such kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read subject_kind: must be one of person, group, client")]
pub struct UnknownSubjectKind;

/// Whom a role is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name.
    pub name: SubjectName,
}

/// A role given to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its id.
    pub id: String,
    /// The role.
    pub role: RoleName,
    /// Who has it.
    pub subject: Subject,
    /// Only in this realm.
    pub realm: Option<RealmName>,
    /// Only for this policy of the realm.
    pub policy: Option<PolicyName>,
    /// When it was given.
    pub created_at_ms: i64,
    /// By whom.
    pub created_by: String,
}

impl SubjectKind {
    const ALL: [Self; 3] = [Self::Person, Self::Group, Self::Client];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
            Self::Client => "client",
        }
    }
}

impl FromStr for SubjectKind {
    type Err = UnknownSubjectKind;

    fn from_str(text: &str) -> Result<Self, UnknownSubjectKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownSubjectKind)
    }
}

impl Role {
    /// What it gives, everywhere or in a part.
    pub fn grant(&self, realm: Option<RealmName>, policy: Option<PolicyName>) -> Grant {
        Grant {
            permissions: self.permissions.clone(),
            realm,
            policy,
        }
    }

    /// A role that comes with the platform.
    pub fn find_ready(name: &RoleName) -> Option<Self> {
        ready().into_iter().find(|role| role.name == *name)
    }
}

/// The roles that come with the platform. They live in the program: a release that knows more permissions gives them to
/// who should have them.
pub fn ready() -> Vec<Role> {
    let reading: Vec<P> = P::ALL
        .iter()
        .copied()
        .filter(|permission| permission.as_str().ends_with(":read"))
        .collect();
    let all: [(&str, &str, Vec<P>); 6] = [
        (
            ADMINISTRATOR,
            "Everything; somebody always has it",
            P::ALL.to_vec(),
        ),
        (
            "realm-administrator",
            "Policies, end entities, clients, requests, certificates and roles; for one realm or all",
            of_realms(),
        ),
        (
            "approver",
            "Decides over requests, and over keys that are wanted back",
            vec![
                P::RealmRead,
                P::PolicyRead,
                P::EndEntityRead,
                P::RequestRead,
                P::RequestDecide,
                P::CertificateRead,
                P::RecoveryRead,
                P::RecoveryDecide,
            ],
        ),
        (
            "requester",
            "Asks for certificates",
            vec![
                P::RealmRead,
                P::PolicyRead,
                P::RequestRead,
                P::RequestCreate,
                P::CertificateRead,
            ],
        ),
        ("auditor", "Sees everything, changes nothing", reading),
        (
            "operator",
            "Keeps certificates running: renews and revokes, manages end entities and notifications",
            vec![
                P::RealmRead,
                P::PolicyRead,
                P::EndEntityRead,
                P::EndEntityManage,
                P::RequestRead,
                P::RequestCreate,
                P::CertificateRead,
                P::CertificateRevoke,
                P::CertificateRenew,
                P::CertificateManage,
                P::NotificationRead,
                P::NotificationManage,
                P::SystemRead,
            ],
        ),
    ];
    all.into_iter()
        .filter_map(|(name, description, permissions)| {
            Some(Role {
                name: name.parse().ok()?,
                description: description.to_owned(),
                permissions: permissions.into_iter().collect(),
                ready: true,
                version: 0,
            })
        })
        .collect()
}

/// What there is to do in a realm.
fn of_realms() -> Vec<P> {
    let of_platform = [
        P::RealmManage,
        P::PersonManage,
        P::SystemRead,
        P::SystemManage,
    ];
    P::ALL
        .iter()
        .copied()
        .filter(|permission| !of_platform.contains(permission))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_may_do_everything_and_the_auditor_changes_nothing() {
        let find = |name: &str| Role::find_ready(&name.parse().unwrap()).unwrap();
        assert_eq!(find(ADMINISTRATOR).permissions.len(), P::ALL.len());
        assert!(
            find("auditor")
                .permissions
                .iter()
                .all(|permission| permission.as_str().ends_with(":read"))
        );
        assert_eq!(ready().len(), 6);
        assert!(
            !find("realm-administrator")
                .permissions
                .contains(&P::RealmManage)
        );
    }
}
