//! `Administration`: what administrators do, from the command line.

use std::sync::Arc;

use ers_proto::clm::v1::{self as proto, administration_server::Administration as Service};
use ers_runtime::{
    error::status,
    grpc::{Caller, caller},
};
use tonic::{Request, Response, Status};

use super::{
    end_entities,
    read::{duration_of, optional, required, wrong},
    write,
};
use crate::{
    domain::{
        id::CertificateId,
        inventory::Filter,
        page::{InvalidPage, PageRequest},
    },
    flows::{Actor, Flows, NewExternalAccountKey},
};

const LONGEST_ACTOR: usize = 255;

pub(super) struct Administration {
    flows: Arc<Flows>,
}

impl Administration {
    pub(super) fn new(flows: Arc<Flows>) -> Self {
        Self { flows }
    }
}

#[tonic::async_trait]
impl Service for Administration {
    async fn list_realms(
        &self,
        request: Request<proto::ListRealmsRequest>,
    ) -> Result<Response<proto::ListRealmsResponse>, Status> {
        administrator(&request)?;
        let realms = self.flows.list_realms().await.map_err(status)?;
        Ok(Response::new(proto::ListRealmsResponse {
            realms: realms.into_iter().map(write::realm).collect(),
        }))
    }

    async fn list_policies(
        &self,
        request: Request<proto::ListPoliciesRequest>,
    ) -> Result<Response<proto::ListPoliciesResponse>, Status> {
        administrator(&request)?;
        let realm = optional("realm", &request.get_ref().realm)?;
        let policies = self.flows.list_policies(realm.as_ref());
        let policies = policies
            .iter()
            .map(|policy| write::policy(policy))
            .collect();
        Ok(Response::new(proto::ListPoliciesResponse { policies }))
    }

    async fn show_policy(
        &self,
        request: Request<proto::ShowPolicyRequest>,
    ) -> Result<Response<proto::Policy>, Status> {
        administrator(&request)?;
        let name = required("name", &request.get_ref().name)?;
        let policy = self.flows.show_policy(&name).map_err(status)?;
        Ok(Response::new(write::policy(&policy)))
    }

    async fn apply_policy(
        &self,
        request: Request<proto::ApplyPolicyRequest>,
    ) -> Result<Response<proto::ApplyPolicyResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let applied = self
            .flows
            .apply_policy(&message.definition, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::ApplyPolicyResponse {
            policy: Some(write::policy(&applied.policy)),
            changed: applied.changed,
            created: applied.created,
        }))
    }

    async fn list_certificates(
        &self,
        request: Request<proto::ListCertificatesRequest>,
    ) -> Result<Response<proto::ListCertificatesResponse>, Status> {
        administrator(&request)?;
        let message = request.into_inner();
        let page =
            PageRequest::read(message.page_size, &message.page_token).map_err(page_status)?;
        let filter = Filter {
            realm: optional("realm", &message.realm)?,
            search: Some(message.search).filter(|text| !text.is_empty()),
            state: optional("state", &message.state)?,
            expires_within: duration_of(message.expires_within),
        };
        let found = self
            .flows
            .list_certificates(&filter, &page)
            .await
            .map_err(status)?;
        let now_ms = self.flows.clock.now_ms();
        Ok(Response::new(proto::ListCertificatesResponse {
            certificates: found
                .rows
                .into_iter()
                .map(|entry| write::certificate(entry.certificate, now_ms))
                .collect(),
            next_page_token: found.next.unwrap_or_default(),
            total: found.total,
        }))
    }

    async fn show_certificate(
        &self,
        request: Request<proto::ShowCertificateRequest>,
    ) -> Result<Response<proto::InventoryCertificate>, Status> {
        administrator(&request)?;
        let id =
            CertificateId::from_typed(&request.get_ref().id).map_err(|error| wrong("id", error))?;
        let mut shown = self.flows.show_certificate(&id).await.map_err(status)?;
        let der = std::mem::take(&mut shown.entry.certificate.der);
        let chain = shown.chain.to_vec();
        let told = write::certificate(shown.entry.certificate, self.flows.clock.now_ms());
        Ok(Response::new(proto::InventoryCertificate {
            der,
            chain,
            ..told
        }))
    }

    async fn list_requests(
        &self,
        request: Request<proto::ListRequestsRequest>,
    ) -> Result<Response<proto::ListRequestsResponse>, Status> {
        administrator(&request)?;
        let message = request.into_inner();
        let page =
            PageRequest::read(message.page_size, &message.page_token).map_err(page_status)?;
        let found = self
            .flows
            .list_requests(optional("state", &message.state)?, &page)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::ListRequestsResponse {
            requests: found.rows.into_iter().map(write::request).collect(),
            next_page_token: found.next.unwrap_or_default(),
            total: found.total,
        }))
    }

    async fn decide_request(
        &self,
        request: Request<proto::DecideRequestRequest>,
    ) -> Result<Response<proto::Request>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let id = required("id", &message.id)?;
        let decided = self
            .flows
            .decide_request(&id, message.approve, &message.comment, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(write::request(decided)))
    }

    async fn create_external_account_key(
        &self,
        request: Request<proto::CreateExternalAccountKeyRequest>,
    ) -> Result<Response<proto::CreatedExternalAccountKey>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let new = NewExternalAccountKey {
            policy: required("policy", &message.policy)?,
            end_entity: optional("end_entity", &message.end_entity)?,
            validity: duration_of(message.validity),
        };
        let actor = Actor::named(caller.name());
        let created = self
            .flows
            .create_external_account_key(&new, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::CreatedExternalAccountKey {
            key_id: created.key_id.to_string(),
            mac_key: created.mac_key.to_string(),
        }))
    }

    async fn set_administrator_password(
        &self,
        request: Request<proto::SetAdministratorPasswordRequest>,
    ) -> Result<Response<proto::SetAdministratorPasswordResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let username = required("username", &message.username)?;
        let password = zeroize::Zeroizing::new(message.password);
        let actor = Actor::named(caller.name());
        self.flows
            .set_password(&username, &password, &actor)
            .await
            .map_err(status)?;
        Ok(Response::new(proto::SetAdministratorPasswordResponse {}))
    }

    async fn add_end_entity(
        &self,
        request: Request<proto::AddEndEntityRequest>,
    ) -> Result<Response<proto::EndEntity>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::add(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn list_end_entities(
        &self,
        request: Request<proto::ListEndEntitiesRequest>,
    ) -> Result<Response<proto::ListEndEntitiesResponse>, Status> {
        administrator(&request)?;
        let told = end_entities::list(&self.flows, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn show_end_entity(
        &self,
        request: Request<proto::ShowEndEntityRequest>,
    ) -> Result<Response<proto::EndEntity>, Status> {
        administrator(&request)?;
        let told = end_entities::show(&self.flows, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn change_end_entity(
        &self,
        request: Request<proto::ChangeEndEntityRequest>,
    ) -> Result<Response<proto::EndEntity>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::change(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn set_end_entity_password(
        &self,
        request: Request<proto::SetEndEntityPasswordRequest>,
    ) -> Result<Response<proto::SetEndEntityPasswordResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::set_password(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn set_end_entity_secret(
        &self,
        request: Request<proto::SetEndEntitySecretRequest>,
    ) -> Result<Response<proto::SetEndEntitySecretResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::set_secret(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn remove_end_entity(
        &self,
        request: Request<proto::RemoveEndEntityRequest>,
    ) -> Result<Response<proto::RemoveEndEntityResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::remove(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn create_challenge(
        &self,
        request: Request<proto::CreateChallengeRequest>,
    ) -> Result<Response<proto::CreatedChallenge>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::create_challenge(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn renew_now(
        &self,
        request: Request<proto::RenewNowRequest>,
    ) -> Result<Response<proto::RenewNowResponse>, Status> {
        let caller = administrator(&request)?;
        let message = request.into_inner();
        let actor = actor_of(&caller, &message.actor)?;
        let told = end_entities::renew_now(&self.flows, message, &actor).await?;
        Ok(Response::new(told))
    }
}

pub(super) fn administrator<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = caller(request)?;
    caller.require(&["administrator"])?;
    Ok(caller)
}

/// Who acts: the person that the command line names, else the calling identity.
pub(super) fn actor_of(caller: &Caller, named: &str) -> Result<Actor, Status> {
    if named.chars().count() > LONGEST_ACTOR || named.chars().any(char::is_control) {
        return Err(wrong(
            "actor",
            format!("at most {LONGEST_ACTOR} characters without control characters"),
        ));
    }
    Ok(Actor::named(if named.is_empty() {
        caller.name()
    } else {
        named
    }))
}

fn page_status(error: InvalidPage) -> Status {
    wrong(error.field(), error)
}
