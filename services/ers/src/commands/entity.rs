//! `ers entity`: devices, people and services that certificates are for.

use std::collections::BTreeMap;

use ers_proto::clm::v1::{
    AddEndEntityRequest, ChangeEndEntityRequest, EndEntity, ListEndEntitiesRequest,
    RemoveEndEntityRequest, SetEndEntityPasswordRequest, SetEndEntitySecretRequest,
    ShowEndEntityRequest, StringList, StringMap,
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{ACTOR, read_password};
use crate::{
    cli::{Entity, EntityName, EntitySecret, Global},
    clm::Clm,
    failure::{Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct View {
    name: String,
    realm: String,
    state: String,
    contact: String,
    owners: Vec<String>,
    metadata: BTreeMap<String, String>,
    registration_authority: bool,
    has_password: bool,
    has_secret: bool,
    created_at: String,
}

#[derive(Serialize)]
struct Page {
    end_entities: Vec<View>,
    next_page: Option<String>,
    total: u64,
}

#[derive(Serialize)]
struct Secret {
    name: String,
    what: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    made: String,
}

pub async fn run(global: &Global, command: Entity) -> Outcome<()> {
    let mut administration = Clm::open(global)?.administration();
    match command {
        Entity::Add {
            which,
            contact,
            owners,
            metadata,
            registration_authority,
        } => {
            let request = AddEndEntityRequest {
                realm: which.realm,
                name: which.name,
                contact,
                registration_authority,
                owners,
                metadata: metadata.into_iter().collect(),
                actor: ACTOR.into(),
            };
            let added = administration.add_end_entity(request).await;
            output::show(global.output, &view(added.map_err(answered)?.into_inner()))
        }
        Entity::List { which, limit, page } => {
            let request = ListEndEntitiesRequest {
                realm: which.realm,
                state: which.state,
                owner: which.owner,
                search: which.search,
                page_size: limit,
                page_token: page,
            };
            let listed = administration.list_end_entities(request).await;
            let listed = listed.map_err(answered)?.into_inner();
            let page = Page {
                end_entities: listed.end_entities.into_iter().map(view).collect(),
                next_page: Some(listed.next_page_token).filter(|token| !token.is_empty()),
                total: listed.total,
            };
            output::show(global.output, &page)
        }
        Entity::Show(which) => {
            let request = ShowEndEntityRequest {
                realm: which.realm,
                name: which.name,
            };
            let shown = administration.show_end_entity(request).await;
            output::show(global.output, &view(shown.map_err(answered)?.into_inner()))
        }
        Entity::Change(options) => {
            let request = ChangeEndEntityRequest {
                owners: owners(options.owners),
                metadata: metadata(options.metadata, options.no_metadata),
                contact: options.contact,
                registration_authority: options.registration_authority,
                ..of(options.which, "")
            };
            change(global, request).await
        }
        Entity::Suspend(which) => change(global, of(which, "suspended")).await,
        Entity::Resume(which) => change(global, of(which, "active")).await,
        Entity::SetPassword(options) => set_password(global, options).await,
        Entity::SetSecret(options) => set_secret(global, options).await,
        Entity::Remove(which) => {
            let line = format!("end entity {} removed", which.name);
            let request = RemoveEndEntityRequest {
                realm: which.realm,
                name: which.name,
                actor: ACTOR.into(),
            };
            let removed = administration.remove_end_entity(request).await;
            removed.map_err(answered)?;
            output::line(&line)
        }
    }
}

/// In the place of those before; nobody was named: as it is.
fn owners(mut named: Vec<String>) -> Option<StringList> {
    if named.is_empty() {
        return None;
    }
    named.retain(|owner| !owner.is_empty());
    Some(StringList { values: named })
}

fn metadata(given: Vec<(String, String)>, none: bool) -> Option<StringMap> {
    if given.is_empty() && !none {
        return None;
    }
    let values = given.into_iter().collect();
    Some(StringMap { values })
}

fn of(which: EntityName, state: &str) -> ChangeEndEntityRequest {
    ChangeEndEntityRequest {
        realm: which.realm,
        name: which.name,
        state: state.to_owned(),
        actor: ACTOR.into(),
        ..Default::default()
    }
}

async fn change(global: &Global, request: ChangeEndEntityRequest) -> Outcome<()> {
    let changed = Clm::open(global)?
        .administration()
        .change_end_entity(request)
        .await;
    output::show(
        global.output,
        &view(changed.map_err(answered)?.into_inner()),
    )
}

async fn set_password(global: &Global, options: EntitySecret) -> Outcome<()> {
    let chosen = chosen(&options)?;
    let request = SetEndEntityPasswordRequest {
        realm: options.which.realm,
        name: options.which.name.clone(),
        password: chosen.to_string(),
        none: options.none,
        actor: ACTOR.into(),
    };
    let answer = Clm::open(global)?
        .administration()
        .set_end_entity_password(request)
        .await;
    let shown = Secret {
        name: options.which.name,
        what: "password",
        made: answer.map_err(answered)?.into_inner().made,
    };
    output::show(global.output, &shown)
}

async fn set_secret(global: &Global, options: EntitySecret) -> Outcome<()> {
    let chosen = chosen(&options)?;
    let request = SetEndEntitySecretRequest {
        realm: options.which.realm,
        name: options.which.name.clone(),
        secret: chosen.to_string(),
        none: options.none,
        actor: ACTOR.into(),
    };
    let answer = Clm::open(global)?
        .administration()
        .set_end_entity_secret(request)
        .await;
    let shown = Secret {
        name: options.which.name,
        what: "secret",
        made: answer.map_err(answered)?.into_inner().made,
    };
    output::show(global.output, &shown)
}

fn chosen(options: &EntitySecret) -> Outcome<Zeroizing<String>> {
    match &options.file {
        Some(file) => read_password(file),
        None => Ok(Zeroizing::default()),
    }
}

fn view(entity: EndEntity) -> View {
    View {
        name: entity.name,
        realm: entity.realm,
        state: entity.state,
        contact: entity.contact,
        owners: entity.owners,
        metadata: entity.metadata.into_iter().collect(),
        registration_authority: entity.registration_authority,
        has_password: entity.has_password,
        has_secret: entity.has_secret,
        created_at: output::time(entity.created_at.as_ref()),
    }
}

fn word(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

impl Show for View {
    fn text(&self) -> String {
        let metadata = self.metadata.iter();
        let metadata: Vec<String> = metadata
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        output::fields(&[
            ("name", self.name.clone()),
            ("realm", self.realm.clone()),
            ("state", self.state.clone()),
            ("contact", self.contact.clone()),
            ("owners", self.owners.join("\n")),
            ("metadata", metadata.join("\n")),
            ("registration authority", word(self.registration_authority)),
            ("password", word(self.has_password)),
            ("shared secret", word(self.has_secret)),
            ("made", self.created_at.clone()),
        ])
    }
}

impl Show for Page {
    fn text(&self) -> String {
        let rows = self.end_entities.iter().map(|entity| {
            [
                entity.name.clone(),
                entity.realm.clone(),
                entity.state.clone(),
                word(entity.has_password),
                word(entity.has_secret),
                word(entity.registration_authority),
            ]
        });
        let mut text = output::table(
            [
                "name",
                "realm",
                "state",
                "password",
                "secret",
                "registration authority",
            ],
            rows,
        );
        if let Some(page) = &self.next_page {
            text.push_str(&format!("\n{} in all; more: --page {page}", self.total));
        }
        text
    }
}

impl Show for Secret {
    fn text(&self) -> String {
        if self.made.is_empty() {
            return format!("{} of {} set", self.what, self.name);
        }
        output::fields(&[
            ("name", self.name.clone()),
            (self.what, self.made.clone()),
            ("", "shown this once".into()),
        ])
    }
}
