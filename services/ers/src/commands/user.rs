//! `ers user`: local accounts of people.

use std::path::Path;

use ers_pki::pem;
use ers_proto::clm::v1::{
    AddPersonRequest, ChangePersonRequest, ListPeopleRequest, Person, RemovePersonRequest,
    ResetSecondFactorRequest,
};
use serde::Serialize;

use super::{ACTOR, read_password, read_text};
use crate::{
    cli::{Global, User},
    clm::Clm,
    failure::{Attempt as _, Failure, Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct View {
    username: String,
    display_name: String,
    email: String,
    closed: bool,
    second_factor: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<String>,
    /// Only of one that was made with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    password: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<View>);

pub async fn run(global: &Global, command: User) -> Outcome<()> {
    let mut administration = Clm::open(global)?.administration();
    match command {
        User::List(wanted) => {
            let listed = administration.list_people(ListPeopleRequest {}).await;
            let mut people = listed.map_err(answered)?.into_inner().people;
            people.retain(|one| wanted.finds(&[&one.username, &one.display_name, &one.email]));
            output::show(global.output, &List(people.into_iter().map(view).collect()))
        }
        User::Show { username } => {
            let listed = administration.list_people(ListPeopleRequest {}).await;
            let people = listed.map_err(answered)?.into_inner().people;
            let found = people.into_iter().find(|one| one.username == username);
            let found =
                found.ok_or_else(|| Failure::new(format!("there is no user {username}")))?;
            output::show(global.output, &view(found))
        }
        User::Change {
            username,
            name,
            email,
        } => {
            let change_to = ChangePersonRequest {
                display_name: name,
                email,
                ..of(username)
            };
            change(global, change_to).await
        }
        User::Add {
            username,
            name,
            email,
            password_file,
        } => {
            let request = AddPersonRequest {
                username,
                password: String::new(),
                display_name: name,
                email,
                actor: ACTOR.into(),
            };
            add(global, request, password_file.as_deref()).await
        }
        User::Close { username } => set_closed(global, username, true).await,
        User::Open { username } => set_closed(global, username, false).await,
        User::SetCertificate {
            username,
            certificate,
        } => set_certificate(global, username, certificate.as_deref()).await,
        User::ResetSecondFactor { username } => {
            let line = format!("second factor of {username} taken away");
            let request = ResetSecondFactorRequest {
                username,
                actor: ACTOR.into(),
            };
            let reset = administration.reset_second_factor(request).await;
            reset.map_err(answered)?;
            output::line(&line)
        }
        User::Remove { username } => {
            let line = format!("user {username} removed");
            let request = RemovePersonRequest {
                username,
                actor: ACTOR.into(),
            };
            let removed = administration.remove_person(request).await;
            removed.map_err(answered)?;
            output::line(&line)
        }
    }
}

async fn add(
    global: &Global,
    mut request: AddPersonRequest,
    password_file: Option<&Path>,
) -> Outcome<()> {
    if let Some(file) = password_file {
        request.password = read_password(file)?.to_string();
    }
    let mut administration = Clm::open(global)?.administration();
    let added = administration.add_person(request).await;
    let added = added.map_err(answered)?.into_inner();
    let shown = View {
        password: added.password,
        ..view(added.person.unwrap_or_default())
    };
    output::show(global.output, &shown)
}

async fn set_closed(global: &Global, username: String, closed: bool) -> Outcome<()> {
    let request = ChangePersonRequest {
        closed: Some(closed),
        ..of(username)
    };
    change(global, request).await
}

async fn set_certificate(global: &Global, username: String, file: Option<&Path>) -> Outcome<()> {
    let der = match file {
        Some(file) => pem::decode(&read_text(file)?, &["CERTIFICATE"])
            .attempt(format!("read {}", file.display()))?,
        None => Vec::new(),
    };
    let request = ChangePersonRequest {
        certificate: Some(der),
        ..of(username)
    };
    change(global, request).await
}

fn of(username: String) -> ChangePersonRequest {
    ChangePersonRequest {
        username,
        actor: ACTOR.into(),
        ..Default::default()
    }
}

async fn change(global: &Global, request: ChangePersonRequest) -> Outcome<()> {
    let changed = Clm::open(global)?
        .administration()
        .change_person(request)
        .await;
    output::show(
        global.output,
        &view(changed.map_err(answered)?.into_inner()),
    )
}

fn view(person: Person) -> View {
    View {
        username: person.username,
        display_name: person.display_name,
        email: person.email,
        closed: person.closed,
        second_factor: person.second_factor,
        certificate: person.certificate,
        created_at: output::time(person.created_at.as_ref()),
        last_login_at: person
            .last_login_at
            .as_ref()
            .map(|at| output::time(Some(at))),
        password: String::new(),
    }
}

fn state(view: &View) -> String {
    if view.closed { "closed" } else { "open" }.to_owned()
}

fn word(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

impl Show for View {
    fn text(&self) -> String {
        let mut fields = vec![
            ("username", self.username.clone()),
            ("name", self.display_name.clone()),
            ("email", self.email.clone()),
            ("state", state(self)),
            ("second factor", word(self.second_factor)),
            ("certificate", self.certificate.clone()),
        ];
        if !self.password.is_empty() {
            fields.push(("password", self.password.clone()));
            fields.push(("", "shown this once".to_owned()));
        }
        output::fields(&fields)
    }
}

impl Show for List {
    fn text(&self) -> String {
        output::table(
            [
                "username",
                "name",
                "email",
                "state",
                "second factor",
                "last login",
            ],
            self.0.iter().map(|person| {
                [
                    person.username.clone(),
                    person.display_name.clone(),
                    person.email.clone(),
                    state(person),
                    word(person.second_factor),
                    person.last_login_at.clone().unwrap_or_default(),
                ]
            }),
        )
    }
}
