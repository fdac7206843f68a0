//! What somebody may do and where: grants from roles and tokens, and how far each permission reaches.

use std::collections::BTreeSet;

use super::{
    id::{PolicyName, RealmName},
    permission::Permission,
};

/// Permissions, for a part of what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What is allowed.
    pub permissions: BTreeSet<Permission>,
    /// Only in this realm.
    pub realm: Option<RealmName>,
    /// Only for this policy of the realm.
    pub policy: Option<PolicyName>,
}

/// All that somebody may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants(Vec<Grant>);

/// A part of what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The realm.
    pub realm: RealmName,
    /// One policy of it; absent: the whole realm.
    pub policy: Option<PolicyName>,
}

/// How far a permission reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All realms.
    Everywhere,
    /// These places and no others.
    Only(Vec<Place>),
}

impl Grants {
    /// Of grants.
    pub fn of(grants: Vec<Grant>) -> Self {
        Self(grants)
    }

    /// All permissions everywhere.
    pub fn everything() -> Self {
        Self(vec![Grant {
            permissions: Permission::ALL.iter().copied().collect(),
            realm: None,
            policy: None,
        }])
    }

    /// Each of them.
    pub fn each(&self) -> &[Grant] {
        &self.0
    }

    /// Whether the permission is there for anything at all.
    pub fn holds(&self, permission: Permission) -> bool {
        self.0
            .iter()
            .any(|grant| grant.permissions.contains(&permission))
    }

    /// How far a permission reaches.
    pub fn reach(&self, permission: Permission) -> Reach {
        let mut places = Vec::new();
        for grant in &self.0 {
            if !grant.permissions.contains(&permission) {
                continue;
            }
            let Some(realm) = &grant.realm else {
                return Reach::Everywhere;
            };
            places.push(Place {
                realm: realm.clone(),
                policy: grant.policy.clone(),
            });
        }
        Reach::Only(places)
    }

    /// Whether all of a grant is held already: nobody gives what they do not have.
    pub fn cover(&self, wanted: &Grant) -> bool {
        wanted.permissions.iter().all(|permission| {
            let reach = self.reach(*permission);
            match (&wanted.realm, &wanted.policy) {
                (None, _) => reach == Reach::Everywhere,
                (Some(realm), None) => reach.has_realm(realm),
                (Some(realm), Some(policy)) => reach.has(realm.as_str(), policy.as_str()),
            }
        })
    }
}

impl Reach {
    /// Whether a whole realm is within it.
    pub fn has_realm(&self, realm: &RealmName) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Only(places) => places
                .iter()
                .any(|place| place.realm == *realm && place.policy.is_none()),
        }
    }

    /// Whether any part of a realm is within it.
    pub fn touches(&self, realm: &RealmName) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Only(places) => places.iter().any(|place| place.realm == *realm),
        }
    }

    /// Whether what belongs to a policy of a realm is within it.
    pub fn has(&self, realm: &str, policy: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Only(places) => places.iter().any(|place| {
                place.realm.as_str() == realm
                    && place
                        .policy
                        .as_ref()
                        .is_none_or(|one| one.as_str() == policy)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(permission: Permission, realm: Option<&str>, policy: Option<&str>) -> Grant {
        Grant {
            permissions: [permission].into(),
            realm: realm.map(|name| name.parse().unwrap()),
            policy: policy.map(|name| name.parse().unwrap()),
        }
    }

    #[test]
    fn a_permission_reaches_as_far_as_its_grants_together() {
        let grants = Grants::of(vec![
            grant(Permission::PolicyRead, Some("a"), None),
            grant(Permission::CertificateRead, Some("a"), Some("web")),
            grant(Permission::CertificateRead, Some("b"), None),
            grant(Permission::AuditRead, None, None),
        ]);
        let reach = grants.reach(Permission::CertificateRead);
        assert!(reach.has("a", "web") && !reach.has("a", "mail") && reach.has("b", "mail"));
        assert!(!reach.has_realm(&"a".parse().unwrap()) && reach.touches(&"a".parse().unwrap()));
        assert!(!reach.touches(&"c".parse().unwrap()));
        assert_eq!(grants.reach(Permission::AuditRead), Reach::Everywhere);
        assert_eq!(grants.reach(Permission::RoleRead), Reach::Only(vec![]));
        assert!(!grants.holds(Permission::RoleRead));
    }

    #[test]
    fn nobody_gives_what_they_do_not_have() {
        let held = Grants::of(vec![grant(Permission::PolicyRead, Some("a"), None)]);
        assert!(held.cover(&grant(Permission::PolicyRead, Some("a"), None)));
        assert!(held.cover(&grant(Permission::PolicyRead, Some("a"), Some("web"))));
        assert!(!held.cover(&grant(Permission::PolicyRead, Some("b"), None)));
        assert!(!held.cover(&grant(Permission::PolicyRead, None, None)));
        assert!(!held.cover(&grant(Permission::PolicyManage, Some("a"), None)));
        assert!(Grants::everything().cover(&grant(Permission::RoleManage, None, None)));
    }
}
