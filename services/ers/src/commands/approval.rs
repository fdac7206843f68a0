//! `ers approval`: acts that wait for a second administrator.

use ers_proto::cara::v1::{
    ApproveActRequest, ListPendingActsRequest, LoadPendingActRequest, PendingAct, RefuseActRequest,
};
use serde::Serialize;

use crate::{
    cli::{Approval, Global},
    failure::{Failure, Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct ApprovalView {
    id: String,
    act: String,
    object: String,
    requester: String,
    created_at: String,
    expires_at: String,
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    decided_by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    details: Vec<DetailView>,
}

#[derive(Serialize)]
struct DetailView {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct ApprovalList(Vec<ApprovalView>);

pub async fn run(global: &Global, command: Approval) -> Outcome<()> {
    let mut approvals = Remote::open(global)?.approvals();
    let shown = match command {
        Approval::List { all } => {
            let mut found = Vec::new();
            let mut page_token = String::new();
            loop {
                let request = ListPendingActsRequest {
                    waiting: !all,
                    page_token,
                    ..ListPendingActsRequest::default()
                };
                let page = approvals
                    .list(request)
                    .await
                    .map_err(answered)?
                    .into_inner();
                found.extend(page.acts.into_iter().map(view));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    return output::show(global.output, &ApprovalList(found));
                }
            }
        }
        Approval::Show { id } => approvals.load(LoadPendingActRequest { id }).await,
        Approval::Approve { id } => approvals.approve(ApproveActRequest { id }).await,
        Approval::Refuse { id, reason } => approvals.refuse(RefuseActRequest { id, reason }).await,
    };
    let shown = view(shown.map_err(answered)?.into_inner());
    let failed = (shown.outcome == "refused").then(|| shown.detail.clone());
    output::show(global.output, &shown)?;
    match failed {
        None => Ok(()),
        Some(why) => Err(Failure::new(format!("approved, and refused: {why}"))),
    }
}

fn view(act: PendingAct) -> ApprovalView {
    let details = act.details.into_iter().map(|detail| DetailView {
        name: detail.name,
        value: detail.value,
    });
    ApprovalView {
        id: act.id,
        act: act.act,
        object: act.object,
        requester: act.requester,
        created_at: output::time(act.created_at.as_ref()),
        expires_at: output::time(act.expires_at.as_ref()),
        state: act.state,
        decided_by: act.decided_by,
        outcome: act.outcome,
        detail: act.detail,
        details: details.collect(),
    }
}

impl Show for ApprovalList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|act| {
            [
                act.id.clone(),
                act.act.clone(),
                act.object.clone(),
                act.requester.clone(),
                act.state.clone(),
                act.expires_at.clone(),
            ]
        });
        output::table(["id", "act", "object", "asked by", "state", "until"], rows)
    }
}

impl Show for ApprovalView {
    fn text(&self) -> String {
        let mut lines = vec![
            format!(
                "{} {}, asked by {} at {}",
                self.act, self.object, self.requester, self.created_at
            ),
            match self.decided_by.as_str() {
                "" => format!("{} (until {})", self.state, self.expires_at),
                by => format!("{} by {by} {}", self.state, self.outcome)
                    .trim_end()
                    .to_owned(),
            },
        ];
        let details = self.details.iter();
        lines.extend(details.map(|detail| format!("  {}: {}", detail.name, detail.value)));
        if !self.detail.is_empty() {
            lines.push(self.detail.clone());
        }
        lines.join("\n")
    }
}
