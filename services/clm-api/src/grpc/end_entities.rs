//! What administrators do with end entities, challenges and renewals: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;
use zeroize::Zeroizing;

use super::{
    entered::Entered,
    read::{duration_of, optional, required, wrong},
    write,
};
use crate::{
    domain::{
        end_entity::{EndEntity, EndEntityChange, EndEntityFilter},
        id::{CertificateId, EndEntityName, RealmName},
        page::PageRequest,
    },
    flows::{Flows, NewChallenge, NewEndEntity, RenewNow, Secret, usual_realm},
};

const MOST_IDS: usize = 10_000;

pub(super) async fn add(
    flows: &Flows,
    entered: &Entered,
    message: proto::AddEndEntityRequest,
) -> Result<proto::EndEntity, Status> {
    let actor = entered.actor(&message.actor)?;
    let new = NewEndEntity {
        realm: realm(&message.realm)?,
        name: required("name", &message.name)?,
        contact: message.contact,
        registration_authority: message.registration_authority,
        owners: message.owners,
        metadata: message.metadata.into_iter().collect(),
    };
    entered.demand_realm(&new.realm)?;
    flows
        .add_end_entity(&new, &actor)
        .await
        .map(told)
        .map_err(status)
}

pub(super) async fn list(
    flows: &Flows,
    entered: &Entered,
    message: proto::ListEndEntitiesRequest,
) -> Result<proto::ListEndEntitiesResponse, Status> {
    let page = PageRequest::read(message.page_size, &message.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let filter = EndEntityFilter {
        realm: optional("realm", &message.realm)?,
        active: is_active(&message.state)?,
        owner: EndEntityFilter::wanted(message.owner).map_err(|error| wrong("owner", error))?,
        search: EndEntityFilter::wanted(message.search).map_err(|error| wrong("search", error))?,
    };
    let found = flows
        .list_end_entities(&filter, &entered.reach(), &page)
        .await
        .map_err(status)?;
    Ok(proto::ListEndEntitiesResponse {
        end_entities: found.rows.into_iter().map(told).collect(),
        next_page_token: found.next.unwrap_or_default(),
        total: found.total,
    })
}

pub(super) async fn show(
    flows: &Flows,
    entered: &Entered,
    message: proto::ShowEndEntityRequest,
) -> Result<proto::EndEntity, Status> {
    let (realm, name) = named(&message.realm, &message.name)?;
    entered.demand_realm(&realm)?;
    flows
        .show_end_entity(&realm, &name)
        .await
        .map(told)
        .map_err(status)
}

pub(super) async fn change(
    flows: &Flows,
    entered: &Entered,
    message: proto::ChangeEndEntityRequest,
) -> Result<proto::EndEntity, Status> {
    let actor = entered.actor(&message.actor)?;
    let (realm, name) = named(&message.realm, &message.name)?;
    entered.demand_realm(&realm)?;
    let change = EndEntityChange {
        active: is_active(&message.state)?,
        contact: message.contact,
        registration_authority: message.registration_authority,
        owners: message.owners.map(|owners| owners.values),
        metadata: message
            .metadata
            .map(|metadata| metadata.values.into_iter().collect()),
    };
    flows
        .change_end_entity(&realm, &name, &change, None, &actor)
        .await
        .map(told)
        .map_err(status)
}

pub(super) async fn set_password(
    flows: &Flows,
    entered: &Entered,
    message: proto::SetEndEntityPasswordRequest,
) -> Result<proto::SetEndEntityPasswordResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    let (realm, name) = named(&message.realm, &message.name)?;
    entered.demand_realm(&realm)?;
    let secret = secret("password", message.password, message.none)?;
    let made = flows
        .set_end_entity_password(&realm, &name, secret, &actor)
        .await
        .map_err(status)?;
    Ok(proto::SetEndEntityPasswordResponse { made: shown(made) })
}

pub(super) async fn set_secret(
    flows: &Flows,
    entered: &Entered,
    message: proto::SetEndEntitySecretRequest,
) -> Result<proto::SetEndEntitySecretResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    let (realm, name) = named(&message.realm, &message.name)?;
    entered.demand_realm(&realm)?;
    let secret = secret("secret", message.secret, message.none)?;
    let made = flows
        .set_end_entity_secret(&realm, &name, secret, &actor)
        .await
        .map_err(status)?;
    Ok(proto::SetEndEntitySecretResponse { made: shown(made) })
}

pub(super) async fn remove(
    flows: &Flows,
    entered: &Entered,
    message: proto::RemoveEndEntityRequest,
) -> Result<proto::RemoveEndEntityResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    let (realm, name) = named(&message.realm, &message.name)?;
    entered.demand_realm(&realm)?;
    flows
        .remove_end_entity(&realm, &name, None, &actor)
        .await
        .map_err(status)?;
    Ok(proto::RemoveEndEntityResponse {})
}

pub(super) async fn create_challenge(
    flows: &Flows,
    entered: &Entered,
    message: proto::CreateChallengeRequest,
) -> Result<proto::CreatedChallenge, Status> {
    let actor = entered.actor(&message.actor)?;
    let names = message
        .subject_alternative_names
        .iter()
        .map(|name| {
            name.parse()
                .map_err(|error: ers_pki::general_name::GeneralNameError| {
                    wrong("subject_alternative_names", error)
                })
        })
        .collect::<Result<_, _>>()?;
    let new = NewChallenge {
        policy: required("policy", &message.policy)?,
        end_entity: optional("end_entity", &message.end_entity)?,
        common_name: Some(message.common_name).filter(|name| !name.is_empty()),
        names,
        validity: duration_of(message.validity),
    };
    flows
        .show_policy(&new.policy, &entered.reach())
        .map_err(status)?;
    let (challenge, expires_at_ms) = flows.create_challenge(new, &actor).await.map_err(status)?;
    Ok(proto::CreatedChallenge {
        challenge: challenge.to_string(),
        expires_at: Some(write::timestamp_ms(expires_at_ms)),
    })
}

pub(super) async fn renew_now(
    flows: &Flows,
    entered: &Entered,
    message: proto::RenewNowRequest,
) -> Result<proto::RenewNowResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    if message.ids.len() > MOST_IDS {
        return Err(wrong("ids", format!("at most {MOST_IDS}")));
    }
    let ids = message
        .ids
        .iter()
        .map(|id| CertificateId::from_typed(id).map_err(|error| wrong("ids", error)))
        .collect::<Result<_, _>>()?;
    let asked = RenewNow {
        ids,
        search: message.search,
        realm: optional("realm", &message.realm)?,
        policy: optional("policy", &message.policy)?,
        issuer: optional("issuer", &message.issuer)?,
        explanation_url: Some(message.explanation_url).filter(|url| !url.is_empty()),
        within: duration_of(message.within),
    };
    let certificates = flows
        .renew_now(&asked, &entered.reach(), &actor)
        .await
        .map_err(status)?;
    Ok(proto::RenewNowResponse { certificates })
}

fn realm(text: &str) -> Result<RealmName, Status> {
    required("realm", if text.is_empty() { usual_realm() } else { text })
}

fn named(realm_text: &str, name: &str) -> Result<(RealmName, EndEntityName), Status> {
    Ok((realm(realm_text)?, required("name", name)?))
}

fn secret(field: &str, chosen: String, none: bool) -> Result<Secret, Status> {
    match (chosen.is_empty(), none) {
        (true, true) => Ok(Secret::None),
        (true, false) => Ok(Secret::Made),
        (false, false) => Ok(Secret::Chosen(Zeroizing::new(chosen))),
        (false, true) => Err(wrong(field, "either one, or none")),
    }
}

fn shown(made: Option<Zeroizing<String>>) -> String {
    made.map(|made| made.to_string()).unwrap_or_default()
}

fn is_active(state: &str) -> Result<Option<bool>, Status> {
    match state {
        "" => Ok(None),
        "active" => Ok(Some(true)),
        "suspended" => Ok(Some(false)),
        _ => Err(wrong("state", "must be active or suspended")),
    }
}

fn told(entity: EndEntity) -> proto::EndEntity {
    proto::EndEntity {
        realm: entity.realm.to_string(),
        name: entity.name.to_string(),
        state: entity.state().to_owned(),
        contact: entity.contact,
        registration_authority: entity.registration_authority,
        has_password: entity.password_hash.is_some(),
        has_secret: entity.sealed_secret.is_some(),
        created_at: Some(write::timestamp_ms(entity.created_at_ms)),
        owners: entity.owners,
        metadata: entity.metadata.into_iter().collect(),
    }
}
