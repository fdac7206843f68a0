//! `ers request`: requests for certificates that wait for a person.

use ers_proto::clm::v1::{DecideRequestRequest, ListRequestsRequest, Request as Told};
use serde::Serialize;

use super::{ACTOR, key_file};
use crate::{
    cli::{Global, Request},
    clm::{self, Clm},
    failure::{Outcome, answered},
    output::{self, Show},
    rest::segment,
};

#[derive(Serialize)]
struct View {
    id: String,
    state: String,
    policy: String,
    requester: String,
    subject: String,
    names: Vec<String>,
    created_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    decided_by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Serialize)]
struct Page {
    requests: Vec<View>,
    next_page: Option<String>,
    total: u64,
}

pub async fn run(global: &Global, command: Request) -> Outcome<()> {
    match command {
        Request::List {
            state,
            mine,
            limit,
            page,
        } => {
            let request = ListRequestsRequest {
                state,
                requester: if mine { ACTOR.into() } else { String::new() },
                page_size: limit,
                page_token: page,
            };
            let listed = Clm::open(global)?
                .administration()
                .list_requests(request)
                .await;
            let listed = listed.map_err(answered)?.into_inner();
            let page = Page {
                requests: listed.requests.into_iter().map(view).collect(),
                next_page: Some(listed.next_page_token).filter(|token| !token.is_empty()),
                total: listed.total,
            };
            output::show(global.output, &page)
        }
        Request::Key {
            id,
            out,
            password_file,
        } => {
            let path = format!("requests/{}/key", segment(&id));
            key_file::fetch(&clm::rest(global)?, &path, &out, &password_file).await
        }
        Request::Approve { id, comment } => decide(global, id, true, comment).await,
        Request::Decline { id, comment } => decide(global, id, false, comment).await,
    }
}

async fn decide(global: &Global, id: String, approve: bool, comment: String) -> Outcome<()> {
    let decision = DecideRequestRequest {
        id,
        approve,
        actor: ACTOR.into(),
        comment,
    };
    let decided = Clm::open(global)?
        .administration()
        .decide_request(decision)
        .await;
    output::show(
        global.output,
        &view(decided.map_err(answered)?.into_inner()),
    )
}

fn view(request: Told) -> View {
    View {
        id: request.id,
        state: request.state,
        policy: request.policy,
        requester: request.requester,
        subject: request.subject,
        names: request.subject_alternative_names,
        created_at: output::time(request.created_at.as_ref()),
        decided_by: request.decided_by,
        detail: request.detail,
    }
}

impl Show for View {
    fn text(&self) -> String {
        output::fields(&[
            ("id", self.id.clone()),
            ("state", self.state.clone()),
            ("policy", self.policy.clone()),
            ("requester", self.requester.clone()),
            ("subject", self.subject.clone()),
            ("names", self.names.join("\n")),
            ("made", self.created_at.clone()),
            ("decided by", self.decided_by.clone()),
            ("detail", self.detail.clone()),
        ])
    }
}

impl Show for Page {
    fn text(&self) -> String {
        let rows = self.requests.iter().map(|request| {
            [
                request.id.clone(),
                request.state.clone(),
                request.policy.clone(),
                request.requester.clone(),
                request.names.join(" "),
                request.created_at.clone(),
            ]
        });
        let mut text = output::table(
            ["id", "state", "policy", "requester", "names", "made"],
            rows,
        );
        if let Some(page) = &self.next_page {
            text.push_str(&format!("\n{} in all; more: --page {page}", self.total));
        }
        text
    }
}
