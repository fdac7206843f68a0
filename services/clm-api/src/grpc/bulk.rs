//! Acts on many certificates: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;

use super::{
    entered::Entered,
    inventory::{filter_text, requester},
    read::{duration_of, wrong},
    write,
};
use crate::{
    domain::{
        bulk::{BulkAct, BulkKind, BulkMaker, BulkWish},
        page::PageRequest,
    },
    flows::Flows,
};

const USUAL_WITHIN: time::Duration = time::Duration::hours(24);

pub(super) async fn revoke_in_bulk(
    flows: &Flows,
    entered: &Entered,
    message: proto::RevokeInBulkRequest,
) -> Result<proto::BulkAct, Status> {
    let act = BulkKind::Revoke {
        reason: message.reason,
    };
    begin(flows, entered, message.selection, act).await
}

pub(super) async fn renew_in_bulk(
    flows: &Flows,
    entered: &Entered,
    message: proto::RenewInBulkRequest,
) -> Result<proto::BulkAct, Status> {
    let within = duration_of(message.within).unwrap_or(USUAL_WITHIN);
    let act = BulkKind::Renew {
        within_seconds: within.whole_seconds(),
        explanation_url: Some(message.explanation_url).filter(|url| !url.is_empty()),
    };
    begin(flows, entered, message.selection, act).await
}

pub(super) async fn change_in_bulk(
    flows: &Flows,
    entered: &Entered,
    message: proto::ChangeInBulkRequest,
) -> Result<proto::BulkAct, Status> {
    let act = BulkKind::Change {
        owner: message.owner,
        set_tags: message.set_tags,
        remove_tags: message.remove_tags,
    };
    begin(flows, entered, message.selection, act).await
}

async fn begin(
    flows: &Flows,
    entered: &Entered,
    selection: Option<proto::BulkSelection>,
    act: BulkKind,
) -> Result<proto::BulkAct, Status> {
    let selection = selection.unwrap_or_default();
    let actor = entered.actor(&selection.actor)?;
    let maker = BulkMaker {
        requester: requester(&actor)?,
        actor: actor.name,
        address: actor.address,
        reach: entered.reach(),
    };
    // What is empty in a message is not said, as a filter without it has it.
    let filter = serde_json::json!(filter_text(selection.filter.unwrap_or_default()));
    let said = filter.as_object().into_iter().flatten();
    let said = said.filter(|(_, value)| value.as_str() != Some(""));
    let said: serde_json::Map<_, _> = said
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let wish = BulkWish {
        ids: selection.ids,
        filter: serde_json::from_value(said.into()).map_err(|error| wrong("filter", error))?,
        act,
    };
    let key = Some(selection.key.as_str()).filter(|key| !key.is_empty());
    if key.is_some_and(|key| key.len() > 128 || !key.bytes().all(|one| one.is_ascii_graphic())) {
        return Err(wrong("key", "must be 1 to 128 visible ASCII characters"));
    }
    flows
        .begin_bulk_act(wish, maker, key)
        .await
        .map(message_of)
        .map_err(status)
}

pub(super) async fn list_bulk_acts(
    flows: &Flows,
    entered: &Entered,
    message: proto::ListBulkActsRequest,
) -> Result<proto::ListBulkActsResponse, Status> {
    let page = PageRequest::read(message.page_size, &message.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let found = flows
        .list_bulk_acts(&entered.actor("")?, &entered.reach(), &page)
        .await
        .map_err(status)?;
    Ok(proto::ListBulkActsResponse {
        acts: found.rows.into_iter().map(message_of).collect(),
        next_page_token: found.next.unwrap_or_default(),
        total: found.total,
    })
}

pub(super) async fn show_bulk_act(
    flows: &Flows,
    entered: &Entered,
    message: proto::ShowBulkActRequest,
) -> Result<proto::BulkAct, Status> {
    let (act, failures) = flows
        .show_bulk_act(message.id, &entered.actor("")?, &entered.reach())
        .await
        .map_err(status)?;
    Ok(proto::BulkAct {
        failures: failures
            .into_iter()
            .map(|failure| proto::BulkFailure {
                certificate: failure.certificate,
                reason: failure.reason,
            })
            .collect(),
        ..message_of(act)
    })
}

pub(super) async fn cancel_bulk_act(
    flows: &Flows,
    entered: &Entered,
    message: proto::CancelBulkActRequest,
) -> Result<proto::BulkAct, Status> {
    let actor = entered.actor(&message.actor)?;
    flows
        .cancel_bulk_act(message.id, &actor, &entered.reach())
        .await
        .map(message_of)
        .map_err(status)
}

fn message_of(act: BulkAct) -> proto::BulkAct {
    proto::BulkAct {
        id: act.id,
        kind: act.wish.act.as_str().to_owned(),
        state: act.state.as_str().to_owned(),
        total: act.total,
        done: act.progress.done,
        unchanged: act.progress.unchanged,
        failed: act.progress.failed,
        created_by: act.maker.actor,
        created_at: Some(write::timestamp_ms(act.created_at_ms)),
        finished_at: act.finished_at_ms.map(write::timestamp_ms),
        failures: Vec::new(),
    }
}
