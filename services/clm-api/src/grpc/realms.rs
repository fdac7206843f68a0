//! Realms, roles and who has them: messages into domain types and back.

use std::collections::BTreeSet;

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;

use super::{
    entered::Entered,
    read::{optional, required, wrong},
    write,
};
use crate::{
    domain::{
        id::{RealmName, RoleName},
        permission::Permission,
        role::{Binding, Role, Subject},
    },
    flows::{Flows, NewBinding, RealmChange, RoleWish},
};

pub(super) async fn list_realms(
    flows: &Flows,
    entered: &Entered,
    _message: proto::ListRealmsRequest,
) -> Result<proto::ListRealmsResponse, Status> {
    let realms = flows.list_realms(&entered.reach()).await.map_err(status)?;
    Ok(proto::ListRealmsResponse {
        realms: realms.into_iter().map(write::realm).collect(),
    })
}

pub(super) async fn create_realm(
    flows: &Flows,
    entered: &Entered,
    message: proto::CreateRealmRequest,
) -> Result<proto::Realm, Status> {
    entered.demand_everywhere()?;
    let name: RealmName = required("name", &message.name)?;
    let actor = entered.actor(&message.actor)?;
    flows
        .create_realm(&name, &message.title, &message.description, &actor)
        .await
        .map(write::realm)
        .map_err(status)
}

pub(super) async fn change_realm(
    flows: &Flows,
    entered: &Entered,
    message: proto::ChangeRealmRequest,
) -> Result<proto::Realm, Status> {
    let name: RealmName = required("name", &message.name)?;
    entered.demand_realm(&name)?;
    let actor = entered.actor(&message.actor)?;
    let change = RealmChange {
        title: message.title,
        description: message.description,
        archived: message.archived,
        expected: None,
    };
    flows
        .change_realm(&name, &change, &actor)
        .await
        .map(write::realm)
        .map_err(status)
}

pub(super) async fn delete_realm(
    flows: &Flows,
    entered: &Entered,
    message: proto::DeleteRealmRequest,
) -> Result<proto::DeleteRealmResponse, Status> {
    entered.demand_everywhere()?;
    let name: RealmName = required("name", &message.name)?;
    let actor = entered.actor(&message.actor)?;
    flows.delete_realm(&name, &actor).await.map_err(status)?;
    Ok(proto::DeleteRealmResponse {})
}

pub(super) async fn list_roles(
    flows: &Flows,
    _entered: &Entered,
    _message: proto::ListRolesRequest,
) -> Result<proto::ListRolesResponse, Status> {
    let roles = flows.list_roles().await.map_err(status)?;
    Ok(proto::ListRolesResponse {
        roles: roles.into_iter().map(role).collect(),
    })
}

pub(super) async fn put_role(
    flows: &Flows,
    entered: &Entered,
    message: proto::PutRoleRequest,
) -> Result<proto::Role, Status> {
    entered.demand_everywhere()?;
    let actor = entered.actor(&message.actor)?;
    let permissions: BTreeSet<Permission> = message
        .permissions
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong("permissions", error))?;
    let wish = RoleWish {
        name: required("name", &message.name)?,
        description: message.description,
        permissions,
        expected: None,
    };
    flows
        .put_role(&wish, &entered.grants, &actor)
        .await
        .map(|(put, _)| role(put))
        .map_err(status)
}

pub(super) async fn remove_role(
    flows: &Flows,
    entered: &Entered,
    message: proto::RemoveRoleRequest,
) -> Result<proto::RemoveRoleResponse, Status> {
    entered.demand_everywhere()?;
    let name: RoleName = required("name", &message.name)?;
    let actor = entered.actor(&message.actor)?;
    flows.remove_role(&name, &actor).await.map_err(status)?;
    Ok(proto::RemoveRoleResponse {})
}

pub(super) async fn list_bindings(
    flows: &Flows,
    entered: &Entered,
    _message: proto::ListRoleBindingsRequest,
) -> Result<proto::ListRoleBindingsResponse, Status> {
    let all = flows
        .list_bindings(&entered.reach())
        .await
        .map_err(status)?;
    Ok(proto::ListRoleBindingsResponse {
        role_bindings: all.into_iter().map(binding).collect(),
    })
}

pub(super) async fn bind_role(
    flows: &Flows,
    entered: &Entered,
    message: proto::BindRoleRequest,
) -> Result<proto::RoleBinding, Status> {
    let actor = entered.actor(&message.actor)?;
    let new = NewBinding {
        role: required("role", &message.role)?,
        subject: Subject {
            kind: required("subject_kind", &message.subject_kind)?,
            name: required("subject", &message.subject)?,
        },
        realm: optional("realm", &message.realm)?,
        policy: optional("policy", &message.policy)?,
    };
    flows
        .bind_role(&new, &entered.grants, &actor)
        .await
        .map(binding)
        .map_err(status)
}

pub(super) async fn unbind_role(
    flows: &Flows,
    entered: &Entered,
    message: proto::UnbindRoleRequest,
) -> Result<proto::UnbindRoleResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    flows
        .unbind_role(&message.id, &entered.reach(), &actor)
        .await
        .map_err(status)?;
    Ok(proto::UnbindRoleResponse {})
}

fn role(role: Role) -> proto::Role {
    proto::Role {
        name: role.name.to_string(),
        description: role.description,
        permissions: role.permissions.iter().map(ToString::to_string).collect(),
        ready: role.ready,
        version: role.version,
    }
}

fn binding(binding: Binding) -> proto::RoleBinding {
    proto::RoleBinding {
        id: binding.id,
        role: binding.role.to_string(),
        subject_kind: binding.subject.kind.as_str().to_owned(),
        subject: binding.subject.name.to_string(),
        realm: binding
            .realm
            .map(|realm| realm.to_string())
            .unwrap_or_default(),
        policy: binding
            .policy
            .map(|policy| policy.to_string())
            .unwrap_or_default(),
        created_at: Some(write::timestamp_ms(binding.created_at_ms)),
        created_by: binding.created_by,
    }
}
