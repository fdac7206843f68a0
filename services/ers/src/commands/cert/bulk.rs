//! `ers cert bulk`: acts on many certificates, which go on by themselves; here one waits for their end.

use ers_proto::clm::v1::{
    BulkAct, BulkSelection, CancelBulkActRequest, ChangeInBulkRequest, ListBulkActsRequest,
    RenewInBulkRequest, RevokeInBulkRequest, ShowBulkActRequest,
};
use serde::Serialize;

use crate::{
    cli::{CertBulk, Global, Selected},
    clm::Clm,
    commands::{ACTOR, duration},
    failure::{Failure, Outcome, answered},
    output::{self, Show},
};

const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

#[derive(Serialize)]
struct View {
    id: i64,
    kind: String,
    state: String,
    total: u64,
    done: u64,
    unchanged: u64,
    failed: u64,
    created_by: String,
    created_at: String,
    failures: Vec<Failed>,
}

#[derive(Serialize)]
struct Failed {
    certificate: String,
    reason: String,
}

#[derive(Serialize)]
struct List(Vec<View>);

pub(super) async fn run(global: &Global, remote: &Clm, command: CertBulk) -> Outcome<()> {
    let mut administration = remote.administration();
    let (begun, waits) = match command {
        CertBulk::Revoke { which, reason } => {
            let (selection, waits) = selection(which);
            let request = RevokeInBulkRequest { selection, reason };
            (administration.revoke_in_bulk(request).await, waits)
        }
        CertBulk::Renew {
            which,
            within,
            explanation_url,
        } => {
            let (selection, waits) = selection(which);
            let request = RenewInBulkRequest {
                selection,
                within: within.as_deref().map(duration).transpose()?,
                explanation_url,
            };
            (administration.renew_in_bulk(request).await, waits)
        }
        CertBulk::Change {
            which,
            set_owner,
            set_tag,
            remove_tag,
        } => {
            let (selection, waits) = selection(which);
            let request = ChangeInBulkRequest {
                selection,
                owner: set_owner,
                set_tags: set_tag,
                remove_tags: remove_tag,
            };
            (administration.change_in_bulk(request).await, waits)
        }
        CertBulk::List => {
            let listed = administration
                .list_bulk_acts(ListBulkActsRequest::default())
                .await
                .map_err(answered)?
                .into_inner();
            let acts = listed.acts.into_iter().map(view).collect();
            return output::show(global.output, &List(acts));
        }
        CertBulk::Show { id } => (
            administration
                .show_bulk_act(ShowBulkActRequest { id })
                .await,
            false,
        ),
        CertBulk::Cancel { id } => {
            let actor = ACTOR.to_owned();
            let request = CancelBulkActRequest { id, actor };
            (administration.cancel_bulk_act(request).await, false)
        }
    };
    let mut act = begun.map_err(answered)?.into_inner();
    while waits && act.state == "running" {
        tokio::time::sleep(LOOK).await;
        let request = ShowBulkActRequest { id: act.id };
        act = administration
            .show_bulk_act(request)
            .await
            .map_err(answered)?
            .into_inner();
        output::progress(&format!(
            "{} of {}",
            act.done + act.unchanged + act.failed,
            act.total
        ));
    }
    let failed = act.failed;
    output::show(global.output, &view(act))?;
    if waits && failed > 0 {
        return Err(Failure::new(format!("{failed} could not be done")));
    }
    Ok(())
}

fn selection(which: Selected) -> (Option<BulkSelection>, bool) {
    let selection = BulkSelection {
        ids: which.ids,
        filter: Some(super::inventory::filter(which.filter)),
        key: which.key,
        actor: ACTOR.to_owned(),
    };
    (Some(selection), !which.no_wait)
}

fn view(told: BulkAct) -> View {
    View {
        id: told.id,
        kind: told.kind,
        state: told.state,
        total: told.total,
        done: told.done,
        unchanged: told.unchanged,
        failed: told.failed,
        created_by: told.created_by,
        created_at: output::time(told.created_at.as_ref()),
        failures: told
            .failures
            .into_iter()
            .map(|one| Failed {
                certificate: one.certificate,
                reason: one.reason,
            })
            .collect(),
    }
}

impl Show for View {
    fn text(&self) -> String {
        let failures: Vec<String> = self
            .failures
            .iter()
            .map(|one| format!("{}: {}", one.certificate, one.reason))
            .collect();
        output::fields(&[
            ("act", self.id.to_string()),
            ("kind", self.kind.clone()),
            ("state", self.state.clone()),
            ("certificates", self.total.to_string()),
            ("done", self.done.to_string()),
            ("unchanged", self.unchanged.to_string()),
            ("failed", self.failed.to_string()),
            ("failures", failures.join("\n")),
        ])
    }
}

impl Show for List {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|one| {
            [
                one.id.to_string(),
                one.created_at.clone(),
                one.created_by.clone(),
                one.kind.clone(),
                one.state.clone(),
                format!("{} of {}", one.done + one.unchanged, one.total),
                one.failed.to_string(),
            ]
        });
        output::table(["act", "at", "by", "kind", "state", "done", "failed"], rows)
    }
}
