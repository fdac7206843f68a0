//! `ers user`: local accounts of people.

use ers_pki::pem;
use ers_proto::clm::v1::{
    AddPersonRequest, ChangePersonRequest, ListPeopleRequest, Person, RemovePersonRequest,
    ResetSecondFactorRequest,
};
use serde::Serialize;

use super::{ACTOR, read_password, read_text};
use crate::{
    cli::{Global, User},
    failure::{Attempt as _, Outcome, answered},
    output::{self, Show},
    remote::Remote,
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
    let mut administration = Remote::open(global)?.administration();
    match command {
        User::List => {
            let listed = administration.list_people(ListPeopleRequest {}).await;
            let people = listed.map_err(answered)?.into_inner().people;
            output::show(global.output, &List(people.into_iter().map(view).collect()))
        }
        User::Add {
            username,
            name,
            email,
            password_file,
        } => {
            let password = match &password_file {
                Some(file) => read_password(file)?.to_string(),
                None => String::new(),
            };
            let request = AddPersonRequest {
                username,
                password,
                display_name: name,
                email,
                actor: ACTOR.into(),
            };
            let added = administration.add_person(request).await;
            let added = added.map_err(answered)?.into_inner();
            let shown = View {
                password: added.password,
                ..view(added.person.unwrap_or_default())
            };
            output::show(global.output, &shown)
        }
        User::Close { username } => change(global, username, Some(true), None).await,
        User::Open { username } => change(global, username, Some(false), None).await,
        User::SetCertificate {
            username,
            certificate,
        } => {
            let der = match &certificate {
                Some(file) => pem::decode(&read_text(file)?, &["CERTIFICATE"])
                    .attempt(format!("read {}", file.display()))?,
                None => Vec::new(),
            };
            change(global, username, None, Some(der)).await
        }
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

async fn change(
    global: &Global,
    username: String,
    closed: Option<bool>,
    certificate: Option<Vec<u8>>,
) -> Outcome<()> {
    let request = ChangePersonRequest {
        username,
        closed,
        certificate,
        actor: ACTOR.into(),
        ..Default::default()
    };
    let changed = Remote::open(global)?
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
