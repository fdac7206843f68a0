//! `ers role`: what there is to be allowed, and who may.

use ers_proto::clm::v1::{
    BindRoleRequest, ListRoleBindingsRequest, ListRolesRequest, PutRoleRequest, RemoveRoleRequest,
    Role as ToldRole, RoleBinding, UnbindRoleRequest,
};
use serde::Serialize;

use super::ACTOR;
use crate::{
    cli::{Global, Role, RoleGive},
    clm::{self, Clm},
    failure::{Failure, Outcome, answered},
    output::{self, Show, Told},
};

#[derive(Serialize)]
struct View {
    name: String,
    description: String,
    permissions: Vec<String>,
    ready: bool,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<View>);

#[derive(Serialize)]
struct BindingView {
    id: String,
    role: String,
    subject_kind: String,
    subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    realm: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    policy: String,
    created_at: String,
    created_by: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct BindingList(Vec<BindingView>);

pub async fn run(global: &Global, command: Role) -> Outcome<()> {
    let mut administration = Clm::open(global)?.administration();
    match command {
        Role::List(wanted) => {
            let listed = administration.list_roles(ListRolesRequest {}).await;
            let mut roles = listed.map_err(answered)?.into_inner().roles;
            roles.retain(|one| wanted.finds(&[&one.name, &one.description]));
            output::show(global.output, &List(roles.into_iter().map(view).collect()))
        }
        Role::Show { name } => {
            let listed = administration.list_roles(ListRolesRequest {}).await;
            let roles = listed.map_err(answered)?.into_inner().roles;
            let found = roles.into_iter().find(|role| role.name == name);
            let found = found.ok_or_else(|| Failure::new(format!("there is no role {name}")))?;
            output::show(global.output, &view(found))
        }
        Role::Permissions => {
            let told = clm::rest(global)?.ask("permissions", &[]).await?;
            output::show(global.output, &Told::one(told, &[("", "permissions")]))
        }
        Role::Put {
            name,
            permissions,
            description,
        } => {
            let request = PutRoleRequest {
                name,
                description,
                permissions,
                actor: ACTOR.into(),
            };
            let put = administration.put_role(request).await;
            output::show(global.output, &view(put.map_err(answered)?.into_inner()))
        }
        Role::Remove { name } => {
            let line = format!("role {name} removed");
            let request = RemoveRoleRequest {
                name,
                actor: ACTOR.into(),
            };
            let removed = administration.remove_role(request).await;
            removed.map_err(answered)?;
            output::line(&line)
        }
        Role::Bindings(wanted) => {
            let request = ListRoleBindingsRequest {};
            let listed = administration.list_role_bindings(request).await;
            let mut all = listed.map_err(answered)?.into_inner().role_bindings;
            all.retain(|one| wanted.finds(&one.realm, &[&one.role, &one.subject, &one.policy]));
            let all = all.into_iter().map(binding).collect();
            output::show(global.output, &BindingList(all))
        }
        Role::Give(options) => {
            let given = administration.bind_role(wish(options)).await;
            output::show(
                global.output,
                &binding(given.map_err(answered)?.into_inner()),
            )
        }
        Role::Take { id } => {
            let line = format!("binding {id} taken away");
            let request = UnbindRoleRequest {
                id,
                actor: ACTOR.into(),
            };
            let taken = administration.unbind_role(request).await;
            taken.map_err(answered)?;
            output::line(&line)
        }
    }
}

fn wish(options: RoleGive) -> BindRoleRequest {
    let (subject_kind, subject) = match (options.person, options.group, options.client) {
        (Some(person), _, _) => ("person", person),
        (None, Some(group), _) => ("group", group),
        (None, None, client) => ("client", client.unwrap_or_default()),
    };
    BindRoleRequest {
        role: options.role,
        subject_kind: subject_kind.to_owned(),
        subject,
        realm: options.realm,
        policy: options.policy,
        actor: ACTOR.into(),
    }
}

fn view(role: ToldRole) -> View {
    View {
        name: role.name,
        description: role.description,
        permissions: role.permissions,
        ready: role.ready,
    }
}

fn binding(binding: RoleBinding) -> BindingView {
    BindingView {
        id: binding.id,
        role: binding.role,
        subject_kind: binding.subject_kind,
        subject: binding.subject,
        realm: binding.realm,
        policy: binding.policy,
        created_at: output::time(binding.created_at.as_ref()),
        created_by: binding.created_by,
    }
}

fn place(binding: &BindingView) -> String {
    match (binding.realm.as_str(), binding.policy.as_str()) {
        ("", _) => "all realms".to_owned(),
        (realm, "") => realm.to_owned(),
        (realm, policy) => format!("{realm}, policy {policy}"),
    }
}

impl Show for View {
    fn text(&self) -> String {
        output::fields(&[
            ("name", self.name.clone()),
            ("description", self.description.clone()),
            ("permissions", self.permissions.join(" ")),
        ])
    }
}

impl Show for List {
    fn text(&self) -> String {
        output::table(
            ["name", "description", "permissions"],
            self.0.iter().map(|role| {
                [
                    role.name.clone(),
                    role.description.clone(),
                    role.permissions.join(" "),
                ]
            }),
        )
    }
}

impl Show for BindingView {
    fn text(&self) -> String {
        output::fields(&[
            ("id", self.id.clone()),
            ("role", self.role.clone()),
            (
                "given to",
                format!("{} {}", self.subject_kind, self.subject),
            ),
            ("in", place(self)),
        ])
    }
}

impl Show for BindingList {
    fn text(&self) -> String {
        output::table(
            ["id", "role", "given to", "in", "by"],
            self.0.iter().map(|binding| {
                [
                    binding.id.clone(),
                    binding.role.clone(),
                    format!("{} {}", binding.subject_kind, binding.subject),
                    place(binding),
                    binding.created_by.clone(),
                ]
            }),
        )
    }
}
