//! What administrators do with policies: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;

use super::{
    entered::Entered,
    read::{optional, required},
    write,
};
use crate::flows::{Flows, PolicyWish};

pub(super) async fn list(
    flows: &Flows,
    entered: &Entered,
    message: proto::ListPoliciesRequest,
) -> Result<proto::ListPoliciesResponse, Status> {
    let realm = optional("realm", &message.realm)?;
    let policies = flows.list_policies(realm.as_ref(), &entered.reach());
    let policies = policies
        .iter()
        .map(|policy| write::policy(policy))
        .collect();
    Ok(proto::ListPoliciesResponse { policies })
}

pub(super) async fn show(
    flows: &Flows,
    entered: &Entered,
    message: proto::ShowPolicyRequest,
) -> Result<proto::Policy, Status> {
    let name = required("name", &message.name)?;
    let policy = flows.show_policy(&name, &entered.reach()).map_err(status)?;
    Ok(write::policy(&policy))
}

pub(super) async fn apply(
    flows: &Flows,
    entered: &Entered,
    message: proto::ApplyPolicyRequest,
) -> Result<proto::ApplyPolicyResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    let wish = PolicyWish {
        reach: entered.reach(),
        expected: None,
    };
    let applied = flows
        .apply_policy(&message.definition, &wish, &actor)
        .await
        .map_err(status)?;
    Ok(proto::ApplyPolicyResponse {
        policy: Some(write::policy(&applied.policy)),
        changed: applied.changed,
        created: applied.created,
    })
}
