//! What administrators do with requests and keys of accounts: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;

use super::{
    entered::Entered,
    read::{duration_of, optional, required, wrong},
    write,
};
use crate::{
    domain::page::PageRequest,
    flows::{Flows, NewExternalAccountKey},
};

pub(super) async fn list(
    flows: &Flows,
    entered: &Entered,
    message: proto::ListRequestsRequest,
) -> Result<proto::ListRequestsResponse, Status> {
    let page = PageRequest::read(message.page_size, &message.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let found = flows
        .list_requests(
            optional("state", &message.state)?,
            optional("requester", &message.requester)?.as_ref(),
            &entered.reach(),
            &page,
        )
        .await
        .map_err(status)?;
    Ok(proto::ListRequestsResponse {
        requests: found.rows.into_iter().map(write::request).collect(),
        next_page_token: found.next.unwrap_or_default(),
        total: found.total,
    })
}

pub(super) async fn decide(
    flows: &Flows,
    entered: &Entered,
    message: proto::DecideRequestRequest,
) -> Result<proto::Request, Status> {
    let actor = entered.actor(&message.actor)?;
    let id = required("id", &message.id)?;
    let decided = flows
        .decide_request(
            &id,
            message.approve,
            &message.comment,
            &entered.reach(),
            &actor,
        )
        .await
        .map_err(status)?;
    Ok(write::request(decided))
}

pub(super) async fn create_external_account_key(
    flows: &Flows,
    entered: &Entered,
    message: proto::CreateExternalAccountKeyRequest,
) -> Result<proto::CreatedExternalAccountKey, Status> {
    let policy = required("policy", &message.policy)?;
    flows
        .show_policy(&policy, &entered.reach())
        .map_err(status)?;
    let new = NewExternalAccountKey {
        policy,
        end_entity: optional("end_entity", &message.end_entity)?,
        validity: duration_of(message.validity),
    };
    let actor = entered.actor("")?;
    let created = flows
        .create_external_account_key(&new, &actor)
        .await
        .map_err(status)?;
    Ok(proto::CreatedExternalAccountKey {
        key_id: created.key_id.to_string(),
        mac_key: created.mac_key.to_string(),
    })
}
