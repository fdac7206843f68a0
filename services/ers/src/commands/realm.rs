//! `ers realm`: what separates policies, end entities, requests and certificates.

use ers_proto::clm::v1::{
    ChangeRealmRequest, CreateRealmRequest, DeleteRealmRequest, ListRealmsRequest, Realm as Told,
};
use serde::Serialize;

use super::ACTOR;
use crate::{
    cli::{Global, Realm},
    clm::Clm,
    failure::{Failure, Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct View {
    name: String,
    title: String,
    description: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<View>);

pub async fn run(global: &Global, command: Realm) -> Outcome<()> {
    let mut administration = Clm::open(global)?.administration();
    match command {
        Realm::List(wanted) => {
            let listed = administration.list_realms(ListRealmsRequest {}).await;
            let mut realms = listed.map_err(answered)?.into_inner().realms;
            realms.retain(|one| wanted.finds(&[&one.name, &one.title, &one.description]));
            output::show(global.output, &List(realms.into_iter().map(view).collect()))
        }
        Realm::Show { name } => {
            let listed = administration.list_realms(ListRealmsRequest {}).await;
            let realms = listed.map_err(answered)?.into_inner().realms;
            let found = realms.into_iter().find(|realm| realm.name == name);
            let found = found.ok_or_else(|| Failure::new(format!("there is no realm {name}")))?;
            output::show(global.output, &view(found))
        }
        Realm::Create {
            name,
            title,
            description,
        } => {
            let request = CreateRealmRequest {
                name,
                title,
                description,
                actor: ACTOR.into(),
            };
            let made = administration.create_realm(request).await;
            output::show(global.output, &view(made.map_err(answered)?.into_inner()))
        }
        Realm::Rename {
            name,
            title,
            description,
        } => {
            let request = ChangeRealmRequest {
                title,
                description,
                ..change(name)
            };
            send(global, request).await
        }
        Realm::Archive { name } => {
            let request = ChangeRealmRequest {
                archived: Some(true),
                ..change(name)
            };
            send(global, request).await
        }
        Realm::Restore { name } => {
            let request = ChangeRealmRequest {
                archived: Some(false),
                ..change(name)
            };
            send(global, request).await
        }
        Realm::Delete { name } => {
            let line = format!("realm {name} deleted");
            let request = DeleteRealmRequest {
                name,
                actor: ACTOR.into(),
            };
            let deleted = administration.delete_realm(request).await;
            deleted.map_err(answered)?;
            output::line(&line)
        }
    }
}

fn change(name: String) -> ChangeRealmRequest {
    ChangeRealmRequest {
        name,
        actor: ACTOR.into(),
        ..Default::default()
    }
}

async fn send(global: &Global, request: ChangeRealmRequest) -> Outcome<()> {
    let changed = Clm::open(global)?
        .administration()
        .change_realm(request)
        .await;
    output::show(
        global.output,
        &view(changed.map_err(answered)?.into_inner()),
    )
}

fn view(realm: Told) -> View {
    View {
        name: realm.name,
        title: realm.title,
        description: realm.description,
        created_at: output::time(realm.created_at.as_ref()),
        archived_at: realm.archived_at.as_ref().map(|at| output::time(Some(at))),
    }
}

fn state(realm: &View) -> String {
    match &realm.archived_at {
        Some(at) => format!("archived {at}"),
        None => "in use".to_owned(),
    }
}

impl Show for View {
    fn text(&self) -> String {
        output::fields(&[
            ("name", self.name.clone()),
            ("title", self.title.clone()),
            ("description", self.description.clone()),
            ("state", state(self)),
            ("made", self.created_at.clone()),
        ])
    }
}

impl Show for List {
    fn text(&self) -> String {
        output::table(
            ["name", "title", "state", "description"],
            self.0.iter().map(|realm| {
                [
                    realm.name.clone(),
                    realm.title.clone(),
                    state(realm),
                    realm.description.clone(),
                ]
            }),
        )
    }
}
