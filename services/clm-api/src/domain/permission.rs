//! What a role may allow: acts on kinds of things, `<resource>:<act>`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// No such permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read permission: there is no permission \"{0}\"")]
pub struct UnknownPermission(String);

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// An act on a kind of thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As in roles and in the API's description.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

permissions! {
    /// See realms.
    RealmRead = "realm:read",
    /// Make, rename, archive and delete realms.
    RealmManage = "realm:manage",
    /// See policies.
    PolicyRead = "policy:read",
    /// Make and change policies.
    PolicyManage = "policy:manage",
    /// See end entities.
    EndEntityRead = "end-entity:read",
    /// Make, change and remove end entities, their credentials and challenges.
    EndEntityManage = "end-entity:manage",
    /// See requests.
    RequestRead = "request:read",
    /// Ask for certificates.
    RequestCreate = "request:create",
    /// Approve and decline.
    RequestDecide = "request:decide",
    /// See certificates.
    CertificateRead = "certificate:read",
    /// Revoke.
    CertificateRevoke = "certificate:revoke",
    /// Have clients told to renew.
    CertificateRenew = "certificate:renew",
    /// Tags, owners and notes of certificates.
    CertificateManage = "certificate:manage",
    /// See who wants which kept key back.
    RecoveryRead = "recovery:read",
    /// Ask for a kept key, and fetch it once others have said yes.
    RecoveryCreate = "recovery:create",
    /// Say yes or no to somebody who wants a kept key back.
    RecoveryDecide = "recovery:decide",
    /// See clients and their tokens, never the tokens' text.
    ClientRead = "client:read",
    /// Make and remove clients, and tokens for them.
    ClientManage = "client:manage",
    /// Read the trail of acts.
    AuditRead = "audit:read",
    /// See roles and who has them.
    RoleRead = "role:read",
    /// Make roles, and give them to people, groups and clients.
    RoleManage = "role:manage",
    /// See people.
    PersonRead = "person:read",
    /// Make, close and remove local accounts.
    PersonManage = "person:manage",
    /// See notification rules and what was sent.
    NotificationRead = "notification:read",
    /// Make and change notification rules.
    NotificationManage = "notification:manage",
    /// See the state of the platform.
    SystemRead = "system:read",
    /// Change settings of the platform.
    SystemManage = "system:manage",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.as_str() == text)
            .ok_or_else(|| UnknownPermission(text.chars().take(64).collect()))
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_reads_back_and_others_do_not() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
            let (resource, act) = permission.as_str().split_once(':').unwrap();
            assert!(!resource.is_empty() && !act.is_empty());
        }
        assert!("realm:*".parse::<Permission>().is_err());
    }
}
