//! `Administration`: what administrators do, from the command line.

use std::sync::Arc;

use ers_proto::clm::v1::{self as proto, administration_server::Administration as Service};
use ers_runtime::{
    error::status,
    grpc::{Caller, caller},
};
use tonic::{Request, Response, Status};

use super::{
    bulk, end_entities, inventory, operations, people,
    read::{duration_of, optional, required, wrong},
    realms, write,
};
use crate::{
    domain::{
        access::{Grants, Reach},
        id::{CertificateId, RealmName},
        page::{InvalidPage, PageRequest},
        permission::Permission,
    },
    flows::{Actor, Flows, NewExternalAccountKey, PolicyWish},
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
        let entered = self.enter(&request, "ListRealms").await?;
        let realms = self
            .flows
            .list_realms(&entered.reach())
            .await
            .map_err(status)?;
        Ok(Response::new(proto::ListRealmsResponse {
            realms: realms.into_iter().map(write::realm).collect(),
        }))
    }

    async fn list_policies(
        &self,
        request: Request<proto::ListPoliciesRequest>,
    ) -> Result<Response<proto::ListPoliciesResponse>, Status> {
        let entered = self.enter(&request, "ListPolicies").await?;
        let realm = optional("realm", &request.get_ref().realm)?;
        let policies = self.flows.list_policies(realm.as_ref(), &entered.reach());
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
        let entered = self.enter(&request, "ShowPolicy").await?;
        let name = required("name", &request.get_ref().name)?;
        let policy = self
            .flows
            .show_policy(&name, &entered.reach())
            .map_err(status)?;
        Ok(Response::new(write::policy(&policy)))
    }

    async fn apply_policy(
        &self,
        request: Request<proto::ApplyPolicyRequest>,
    ) -> Result<Response<proto::ApplyPolicyResponse>, Status> {
        let entered = self.enter(&request, "ApplyPolicy").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let wish = PolicyWish {
            reach: entered.reach(),
            expected: None,
        };
        let applied = self
            .flows
            .apply_policy(&message.definition, &wish, &actor)
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
        let entered = self.enter(&request, "ListCertificates").await?;
        let message = request.into_inner();
        let page =
            PageRequest::read(message.page_size, &message.page_token).map_err(page_status)?;
        let filter = inventory::filter_of_list(&message)?;
        let found = self
            .flows
            .list_certificates(&filter, &entered.reach(), &page)
            .await
            .map_err(status)?;
        let now_ms = self.flows.clock.now_ms();
        Ok(Response::new(proto::ListCertificatesResponse {
            certificates: found
                .rows
                .into_iter()
                .map(|entry| write::certificate(entry, now_ms))
                .collect(),
            next_page_token: found.next.unwrap_or_default(),
            total: found.total,
        }))
    }

    async fn show_certificate(
        &self,
        request: Request<proto::ShowCertificateRequest>,
    ) -> Result<Response<proto::InventoryCertificate>, Status> {
        let entered = self.enter(&request, "ShowCertificate").await?;
        let id =
            CertificateId::from_typed(&request.get_ref().id).map_err(|error| wrong("id", error))?;
        let mut shown = self
            .flows
            .show_certificate(&id, &entered.reach())
            .await
            .map_err(status)?;
        let der = std::mem::take(&mut shown.entry.certificate.der);
        let chain = shown.chain.to_vec();
        let told = write::certificate(shown.entry, self.flows.clock.now_ms());
        Ok(Response::new(proto::InventoryCertificate {
            der,
            chain,
            ..told
        }))
    }

    async fn change_certificate(
        &self,
        request: Request<proto::ChangeCertificateRequest>,
    ) -> Result<Response<proto::InventoryCertificate>, Status> {
        let entered = self.enter(&request, "ChangeCertificate").await?;
        inventory::change_certificate(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn show_history(
        &self,
        request: Request<proto::ShowHistoryRequest>,
    ) -> Result<Response<proto::History>, Status> {
        let entered = self.enter(&request, "ShowHistory").await?;
        inventory::show_history(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn import_certificates(
        &self,
        request: Request<proto::ImportCertificatesRequest>,
    ) -> Result<Response<proto::ImportCertificatesResponse>, Status> {
        let entered = self.enter(&request, "ImportCertificates").await?;
        inventory::import_certificates(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn forget_certificate(
        &self,
        request: Request<proto::ForgetCertificateRequest>,
    ) -> Result<Response<proto::ForgetCertificateResponse>, Status> {
        let entered = self.enter(&request, "ForgetCertificate").await?;
        inventory::forget_certificate(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn revoke_in_bulk(
        &self,
        request: Request<proto::RevokeInBulkRequest>,
    ) -> Result<Response<proto::BulkAct>, Status> {
        let entered = self.enter(&request, "RevokeInBulk").await?;
        bulk::revoke_in_bulk(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn renew_in_bulk(
        &self,
        request: Request<proto::RenewInBulkRequest>,
    ) -> Result<Response<proto::BulkAct>, Status> {
        let entered = self.enter(&request, "RenewInBulk").await?;
        bulk::renew_in_bulk(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn change_in_bulk(
        &self,
        request: Request<proto::ChangeInBulkRequest>,
    ) -> Result<Response<proto::BulkAct>, Status> {
        let entered = self.enter(&request, "ChangeInBulk").await?;
        bulk::change_in_bulk(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn list_bulk_acts(
        &self,
        request: Request<proto::ListBulkActsRequest>,
    ) -> Result<Response<proto::ListBulkActsResponse>, Status> {
        let entered = self.enter(&request, "ListBulkActs").await?;
        bulk::list_bulk_acts(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn show_bulk_act(
        &self,
        request: Request<proto::ShowBulkActRequest>,
    ) -> Result<Response<proto::BulkAct>, Status> {
        let entered = self.enter(&request, "ShowBulkAct").await?;
        bulk::show_bulk_act(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn cancel_bulk_act(
        &self,
        request: Request<proto::CancelBulkActRequest>,
    ) -> Result<Response<proto::BulkAct>, Status> {
        let entered = self.enter(&request, "CancelBulkAct").await?;
        bulk::cancel_bulk_act(&self.flows, &entered, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn list_requests(
        &self,
        request: Request<proto::ListRequestsRequest>,
    ) -> Result<Response<proto::ListRequestsResponse>, Status> {
        let entered = self.enter(&request, "ListRequests").await?;
        let message = request.into_inner();
        let page =
            PageRequest::read(message.page_size, &message.page_token).map_err(page_status)?;
        let found = self
            .flows
            .list_requests(
                optional("state", &message.state)?,
                optional("requester", &message.requester)?.as_ref(),
                &entered.reach(),
                &page,
            )
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
        let entered = self.enter(&request, "DecideRequest").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let id = required("id", &message.id)?;
        let decided = self
            .flows
            .decide_request(
                &id,
                message.approve,
                &message.comment,
                &entered.reach(),
                &actor,
            )
            .await
            .map_err(status)?;
        Ok(Response::new(write::request(decided)))
    }

    async fn create_external_account_key(
        &self,
        request: Request<proto::CreateExternalAccountKeyRequest>,
    ) -> Result<Response<proto::CreatedExternalAccountKey>, Status> {
        let entered = self.enter(&request, "CreateExternalAccountKey").await?;
        let message = request.into_inner();
        let policy = required("policy", &message.policy)?;
        self.flows
            .show_policy(&policy, &entered.reach())
            .map_err(status)?;
        let new = NewExternalAccountKey {
            policy,
            end_entity: optional("end_entity", &message.end_entity)?,
            validity: duration_of(message.validity),
        };
        let actor = entered.actor("")?;
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
        let entered = self.enter(&request, "SetAdministratorPassword").await?;
        let message = request.into_inner();
        let username = required("username", &message.username)?;
        people::demand_above(&self.flows, &entered, &username).await?;
        let password = zeroize::Zeroizing::new(message.password);
        let actor = entered.actor("")?;
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
        let entered = self.enter(&request, "AddEndEntity").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::add(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn list_end_entities(
        &self,
        request: Request<proto::ListEndEntitiesRequest>,
    ) -> Result<Response<proto::ListEndEntitiesResponse>, Status> {
        let entered = self.enter(&request, "ListEndEntities").await?;
        let told = end_entities::list(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn show_end_entity(
        &self,
        request: Request<proto::ShowEndEntityRequest>,
    ) -> Result<Response<proto::EndEntity>, Status> {
        let entered = self.enter(&request, "ShowEndEntity").await?;
        let told = end_entities::show(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn change_end_entity(
        &self,
        request: Request<proto::ChangeEndEntityRequest>,
    ) -> Result<Response<proto::EndEntity>, Status> {
        let entered = self.enter(&request, "ChangeEndEntity").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::change(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn set_end_entity_password(
        &self,
        request: Request<proto::SetEndEntityPasswordRequest>,
    ) -> Result<Response<proto::SetEndEntityPasswordResponse>, Status> {
        let entered = self.enter(&request, "SetEndEntityPassword").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::set_password(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn set_end_entity_secret(
        &self,
        request: Request<proto::SetEndEntitySecretRequest>,
    ) -> Result<Response<proto::SetEndEntitySecretResponse>, Status> {
        let entered = self.enter(&request, "SetEndEntitySecret").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::set_secret(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn remove_end_entity(
        &self,
        request: Request<proto::RemoveEndEntityRequest>,
    ) -> Result<Response<proto::RemoveEndEntityResponse>, Status> {
        let entered = self.enter(&request, "RemoveEndEntity").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::remove(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn create_challenge(
        &self,
        request: Request<proto::CreateChallengeRequest>,
    ) -> Result<Response<proto::CreatedChallenge>, Status> {
        let entered = self.enter(&request, "CreateChallenge").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::create_challenge(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn renew_now(
        &self,
        request: Request<proto::RenewNowRequest>,
    ) -> Result<Response<proto::RenewNowResponse>, Status> {
        let entered = self.enter(&request, "RenewNow").await?;
        let message = request.into_inner();
        let actor = entered.actor(&message.actor)?;
        let told = end_entities::renew_now(&self.flows, &entered, message, &actor).await?;
        Ok(Response::new(told))
    }

    async fn create_realm(
        &self,
        request: Request<proto::CreateRealmRequest>,
    ) -> Result<Response<proto::Realm>, Status> {
        let entered = self.enter(&request, "CreateRealm").await?;
        let told = realms::create_realm(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn change_realm(
        &self,
        request: Request<proto::ChangeRealmRequest>,
    ) -> Result<Response<proto::Realm>, Status> {
        let entered = self.enter(&request, "ChangeRealm").await?;
        let told = realms::change_realm(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn delete_realm(
        &self,
        request: Request<proto::DeleteRealmRequest>,
    ) -> Result<Response<proto::DeleteRealmResponse>, Status> {
        let entered = self.enter(&request, "DeleteRealm").await?;
        let told = realms::delete_realm(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn list_roles(
        &self,
        request: Request<proto::ListRolesRequest>,
    ) -> Result<Response<proto::ListRolesResponse>, Status> {
        let _entered = self.enter(&request, "ListRoles").await?;
        let told = realms::list_roles(&self.flows).await?;
        Ok(Response::new(told))
    }

    async fn put_role(
        &self,
        request: Request<proto::PutRoleRequest>,
    ) -> Result<Response<proto::Role>, Status> {
        let entered = self.enter(&request, "PutRole").await?;
        let told = realms::put_role(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn remove_role(
        &self,
        request: Request<proto::RemoveRoleRequest>,
    ) -> Result<Response<proto::RemoveRoleResponse>, Status> {
        let entered = self.enter(&request, "RemoveRole").await?;
        let told = realms::remove_role(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn list_role_bindings(
        &self,
        request: Request<proto::ListRoleBindingsRequest>,
    ) -> Result<Response<proto::ListRoleBindingsResponse>, Status> {
        let entered = self.enter(&request, "ListRoleBindings").await?;
        let told = realms::list_bindings(&self.flows, &entered).await?;
        Ok(Response::new(told))
    }

    async fn bind_role(
        &self,
        request: Request<proto::BindRoleRequest>,
    ) -> Result<Response<proto::RoleBinding>, Status> {
        let entered = self.enter(&request, "BindRole").await?;
        let told = realms::bind_role(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn unbind_role(
        &self,
        request: Request<proto::UnbindRoleRequest>,
    ) -> Result<Response<proto::UnbindRoleResponse>, Status> {
        let entered = self.enter(&request, "UnbindRole").await?;
        let told = realms::unbind_role(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn list_people(
        &self,
        request: Request<proto::ListPeopleRequest>,
    ) -> Result<Response<proto::ListPeopleResponse>, Status> {
        let _entered = self.enter(&request, "ListPeople").await?;
        let told = people::list(&self.flows).await?;
        Ok(Response::new(told))
    }

    async fn add_person(
        &self,
        request: Request<proto::AddPersonRequest>,
    ) -> Result<Response<proto::AddPersonResponse>, Status> {
        let entered = self.enter(&request, "AddPerson").await?;
        let told = people::add(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn change_person(
        &self,
        request: Request<proto::ChangePersonRequest>,
    ) -> Result<Response<proto::Person>, Status> {
        let entered = self.enter(&request, "ChangePerson").await?;
        let told = people::change(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn remove_person(
        &self,
        request: Request<proto::RemovePersonRequest>,
    ) -> Result<Response<proto::RemovePersonResponse>, Status> {
        let entered = self.enter(&request, "RemovePerson").await?;
        let told = people::remove(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn reset_second_factor(
        &self,
        request: Request<proto::ResetSecondFactorRequest>,
    ) -> Result<Response<proto::ResetSecondFactorResponse>, Status> {
        let entered = self.enter(&request, "ResetSecondFactor").await?;
        let told = people::reset_second_factor(&self.flows, &entered, request.into_inner()).await?;
        Ok(Response::new(told))
    }

    async fn verify_trail(
        &self,
        request: Request<proto::VerifyTrailRequest>,
    ) -> Result<Response<proto::VerifyTrailResponse>, Status> {
        let entered = self.enter(&request, "VerifyTrail").await?;
        let told = people::verify_trail(&self.flows, &entered).await?;
        Ok(Response::new(told))
    }
}

impl Administration {
    async fn enter<T>(&self, request: &Request<T>, operation: &str) -> Result<Entered, Status> {
        Entered::by(&self.flows, request, operation).await
    }
}

/// Who was let in, and what they may do.
pub(super) struct Entered {
    caller: Caller,
    pub(super) grants: Grants,
    needed: Permission,
}

impl Entered {
    /// Lets in who may call the operation at all; how far it reaches, the operation asks.
    pub(super) async fn by<T>(
        flows: &Flows,
        request: &Request<T>,
        operation: &str,
    ) -> Result<Self, Status> {
        let caller = caller(request)?;
        let grants = flows
            .grants_of_service(caller.name())
            .await
            .map_err(status)?;
        let needed = operations::find(operation)
            .ok_or_else(|| Status::permission_denied("nobody may call this"))?;
        if !grants.holds(needed) {
            return Err(Status::permission_denied(format!(
                "{} needs the permission {needed}",
                caller.name()
            )));
        }
        Ok(Self {
            caller,
            grants,
            needed,
        })
    }

    /// How far what the operation needs reaches.
    pub(super) fn reach(&self) -> Reach {
        self.grants.reach(self.needed)
    }

    /// Refuses who may not do this everywhere.
    pub(super) fn demand_everywhere(&self) -> Result<(), Status> {
        if self.reach() == Reach::Everywhere {
            return Ok(());
        }
        Err(self.refused("in all realms"))
    }

    /// Refuses who may not do this in a whole realm.
    pub(super) fn demand_realm(&self, realm: &RealmName) -> Result<(), Status> {
        if self.reach().has_realm(realm) {
            return Ok(());
        }
        Err(self.refused(&format!("in realm {realm}")))
    }

    fn refused(&self, place: &str) -> Status {
        Status::permission_denied(format!(
            "{} needs the permission {} {place}",
            self.caller.name(),
            self.needed
        ))
    }

    /// Who acts: the person that the command line names, else the calling identity.
    pub(super) fn actor(&self, named: &str) -> Result<Actor, Status> {
        if named.chars().count() > LONGEST_ACTOR || named.chars().any(char::is_control) {
            return Err(wrong(
                "actor",
                format!("at most {LONGEST_ACTOR} characters without control characters"),
            ));
        }
        Ok(Actor::named(if named.is_empty() {
            self.caller.name()
        } else {
            named
        }))
    }
}

fn page_status(error: InvalidPage) -> Status {
    wrong(error.field(), error)
}
