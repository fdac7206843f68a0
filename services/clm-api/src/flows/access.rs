//! Who may do what: the grants of a person with their groups, or of a client, from the roles that they have.

use std::collections::HashMap;

use super::Flows;
use crate::{
    domain::{
        access::Grants,
        id::{RoleName, SubjectName},
        role::{ADMINISTRATOR, Binding, Role, Subject, SubjectKind, ready},
    },
    store::StoreError,
};

/// The platform's own identity, which the command line on its machine shows. It may do everything.
const PLATFORM: &str = "administrator";
/// Who gives the first roles.
const BY: &str = "clm-api";

impl Flows {
    /// What a person may do, by themselves and as member of groups. Read anew each time: who lost a role has lost it.
    #[tracing::instrument(name = "clm.grants_of_person", skip_all)]
    pub async fn grants_of_person(
        &self,
        person: &SubjectName,
        groups: &[SubjectName],
    ) -> Result<Grants, StoreError> {
        let mut subjects = vec![Subject {
            kind: SubjectKind::Person,
            name: person.clone(),
        }];
        subjects.extend(groups.iter().map(|group| Subject {
            kind: SubjectKind::Group,
            name: group.clone(),
        }));
        self.grants_of(&subjects).await
    }

    /// What a service may do, known by its mutual-TLS identity.
    #[tracing::instrument(name = "clm.grants_of_service", skip_all)]
    pub async fn grants_of_service(&self, identity: &str) -> Result<Grants, StoreError> {
        if identity == PLATFORM {
            return Ok(Grants::everything());
        }
        let Ok(name) = identity.parse() else {
            return Ok(Grants::default());
        };
        self.grants_of(&[Subject {
            kind: SubjectKind::Client,
            name,
        }])
        .await
    }

    async fn grants_of(&self, subjects: &[Subject]) -> Result<Grants, StoreError> {
        let bindings = self.store.bindings_of(subjects).await?;
        let mut roles: HashMap<RoleName, Role> = ready()
            .into_iter()
            .map(|role| (role.name.clone(), role))
            .collect();
        if bindings
            .iter()
            .any(|binding| !roles.contains_key(&binding.role))
        {
            for role in self.store.list_roles().await? {
                roles.entry(role.name.clone()).or_insert(role);
            }
        }
        let grants = bindings
            .into_iter()
            .filter_map(|binding| {
                let role = roles.get(&binding.role)?;
                Some(role.grant(binding.realm, binding.policy))
            })
            .collect();
        Ok(Grants::of(grants))
    }

    /// Somebody administers: where nobody does, as after the first start or the release before, all local accounts do.
    pub(crate) async fn keep_administrators(&self) -> Result<(), StoreError> {
        if self.store.has_bound_administrator().await? {
            return Ok(());
        }
        let Ok(role) = ADMINISTRATOR.parse::<RoleName>() else {
            return Ok(());
        };
        for account in self.store.list_accounts().await? {
            let Ok(name) = account.username.as_str().parse() else {
                continue;
            };
            let binding = Binding {
                id: uuid::Uuid::now_v7().to_string(),
                role: role.clone(),
                subject: Subject {
                    kind: SubjectKind::Person,
                    name,
                },
                realm: None,
                policy: None,
                created_at_ms: self.clock.now_ms(),
                created_by: BY.to_owned(),
            };
            self.store.insert_binding(&binding).await?;
        }
        Ok(())
    }
}
