//! Local accounts, and the chain of acts: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;
use zeroize::Zeroizing;

use super::{entered::Entered, read::required, write};
use crate::{
    domain::{account::Account, id::Username},
    flows::{AccountChange, Flows, NewAccount},
};

pub(super) async fn set_password(
    flows: &Flows,
    entered: &Entered,
    message: proto::SetAdministratorPasswordRequest,
) -> Result<proto::SetAdministratorPasswordResponse, Status> {
    let username = required("username", &message.username)?;
    demand_above(flows, entered, &username).await?;
    let password = zeroize::Zeroizing::new(message.password);
    let actor = entered.actor("")?;
    flows
        .set_password(&username, &password, &actor)
        .await
        .map_err(status)?;
    Ok(proto::SetAdministratorPasswordResponse {})
}

pub(super) async fn list(
    flows: &Flows,
    _entered: &Entered,
    _message: proto::ListPeopleRequest,
) -> Result<proto::ListPeopleResponse, Status> {
    let people = flows.list_people().await.map_err(status)?;
    Ok(proto::ListPeopleResponse {
        people: people.into_iter().map(told).collect(),
    })
}

pub(super) async fn add(
    flows: &Flows,
    entered: &Entered,
    message: proto::AddPersonRequest,
) -> Result<proto::AddPersonResponse, Status> {
    entered.demand_everywhere()?;
    let actor = entered.actor(&message.actor)?;
    let new = NewAccount {
        username: required("username", &message.username)?,
        password: Some(Zeroizing::new(message.password)).filter(|text| !text.is_empty()),
        display_name: message.display_name,
        email: message.email,
    };
    let (account, made) = flows.add_person(new, &actor).await.map_err(status)?;
    Ok(proto::AddPersonResponse {
        person: Some(told(account)),
        password: made
            .map(|password| password.to_string())
            .unwrap_or_default(),
    })
}

pub(super) async fn change(
    flows: &Flows,
    entered: &Entered,
    message: proto::ChangePersonRequest,
) -> Result<proto::Person, Status> {
    let username: Username = required("username", &message.username)?;
    demand_above(flows, entered, &username).await?;
    let actor = entered.actor(&message.actor)?;
    let change = AccountChange {
        display_name: message.display_name,
        email: message.email,
        closed: message.closed,
        certificate: message.certificate,
        expected: None,
    };
    flows
        .change_person(&username, &change, &actor)
        .await
        .map(told)
        .map_err(status)
}

pub(super) async fn remove(
    flows: &Flows,
    entered: &Entered,
    message: proto::RemovePersonRequest,
) -> Result<proto::RemovePersonResponse, Status> {
    let username: Username = required("username", &message.username)?;
    demand_above(flows, entered, &username).await?;
    let actor = entered.actor(&message.actor)?;
    flows
        .remove_person(&username, &actor)
        .await
        .map_err(status)?;
    Ok(proto::RemovePersonResponse {})
}

pub(super) async fn reset_second_factor(
    flows: &Flows,
    entered: &Entered,
    message: proto::ResetSecondFactorRequest,
) -> Result<proto::ResetSecondFactorResponse, Status> {
    let username: Username = required("username", &message.username)?;
    demand_above(flows, entered, &username).await?;
    let actor = entered.actor(&message.actor)?;
    flows
        .reset_second_factor(&username, &actor)
        .await
        .map_err(status)?;
    Ok(proto::ResetSecondFactorResponse {})
}

pub(super) async fn verify_trail(
    flows: &Flows,
    entered: &Entered,
    _message: proto::VerifyTrailRequest,
) -> Result<proto::VerifyTrailResponse, Status> {
    entered.demand_everywhere()?;
    let report = flows.verify_trail().await.map_err(status)?;
    Ok(proto::VerifyTrailResponse {
        events: report.events,
        unchained: report.unchained,
        sequence: report.head.sequence,
        digest: report.head.digest,
        broken_at: report.broken_at.unwrap_or_default(),
    })
}

/// Who takes over an account has what it may do: nobody does that to one that may do more than they.
pub(super) async fn demand_above(
    flows: &Flows,
    entered: &Entered,
    username: &Username,
) -> Result<(), Status> {
    entered.demand_everywhere()?;
    let person = required("username", username.as_str())?;
    let theirs = flows.grants_of_person(&person, &[]).await.map_err(status)?;
    if theirs
        .each()
        .iter()
        .all(|grant| entered.grants.cover(grant))
    {
        return Ok(());
    }
    Err(Status::permission_denied(
        "that account may do more than you may",
    ))
}

fn told(account: Account) -> proto::Person {
    proto::Person {
        username: account.username.to_string(),
        display_name: account.display_name,
        email: account.email,
        closed: account.closed,
        second_factor: account.totp_confirmed,
        certificate: account.certificate.unwrap_or_default(),
        created_at: Some(write::timestamp_ms(account.created_at_ms)),
        last_login_at: account.last_login_at_ms.map(write::timestamp_ms),
    }
}
