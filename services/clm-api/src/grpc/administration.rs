//! `Administration`: what administrators do, from the command line; each operation is let in here, and done where its
//! domain is.

use std::sync::Arc;

use ers_proto::clm::v1::{self as proto, administration_server::Administration as Service};
use tonic::{Request, Response, Status};

use super::{bulk, end_entities, entered::Entered, inventory, people, policies, realms, requests};
use crate::flows::Flows;

pub(super) struct Administration {
    flows: Arc<Flows>,
}

impl Administration {
    pub(super) fn new(flows: Arc<Flows>) -> Self {
        Self { flows }
    }
}

macro_rules! operations {
    ($($method:ident, $name:literal: $asked:ident -> $told:ident = $act:path;)*) => {
        #[tonic::async_trait]
        impl Service for Administration {
            $(async fn $method(
                &self,
                request: Request<proto::$asked>,
            ) -> Result<Response<proto::$told>, Status> {
                let entered = Entered::by(&self.flows, &request, $name).await?;
                $act(&self.flows, &entered, request.into_inner())
                    .await
                    .map(Response::new)
            })*
        }
    };
}

operations! {
    list_realms, "ListRealms": ListRealmsRequest -> ListRealmsResponse = realms::list_realms;
    list_policies, "ListPolicies": ListPoliciesRequest -> ListPoliciesResponse = policies::list;
    show_policy, "ShowPolicy": ShowPolicyRequest -> Policy = policies::show;
    apply_policy, "ApplyPolicy": ApplyPolicyRequest -> ApplyPolicyResponse = policies::apply;
    list_certificates, "ListCertificates": ListCertificatesRequest -> ListCertificatesResponse = inventory::list_certificates;
    show_certificate, "ShowCertificate": ShowCertificateRequest -> InventoryCertificate = inventory::show_certificate;
    change_certificate, "ChangeCertificate": ChangeCertificateRequest -> InventoryCertificate = inventory::change_certificate;
    show_history, "ShowHistory": ShowHistoryRequest -> History = inventory::show_history;
    import_certificates, "ImportCertificates": ImportCertificatesRequest -> ImportCertificatesResponse = inventory::import_certificates;
    forget_certificate, "ForgetCertificate": ForgetCertificateRequest -> ForgetCertificateResponse = inventory::forget_certificate;
    revoke_in_bulk, "RevokeInBulk": RevokeInBulkRequest -> BulkAct = bulk::revoke_in_bulk;
    renew_in_bulk, "RenewInBulk": RenewInBulkRequest -> BulkAct = bulk::renew_in_bulk;
    change_in_bulk, "ChangeInBulk": ChangeInBulkRequest -> BulkAct = bulk::change_in_bulk;
    list_bulk_acts, "ListBulkActs": ListBulkActsRequest -> ListBulkActsResponse = bulk::list_bulk_acts;
    show_bulk_act, "ShowBulkAct": ShowBulkActRequest -> BulkAct = bulk::show_bulk_act;
    cancel_bulk_act, "CancelBulkAct": CancelBulkActRequest -> BulkAct = bulk::cancel_bulk_act;
    list_requests, "ListRequests": ListRequestsRequest -> ListRequestsResponse = requests::list;
    decide_request, "DecideRequest": DecideRequestRequest -> Request = requests::decide;
    create_external_account_key, "CreateExternalAccountKey": CreateExternalAccountKeyRequest -> CreatedExternalAccountKey = requests::create_external_account_key;
    set_administrator_password, "SetAdministratorPassword": SetAdministratorPasswordRequest -> SetAdministratorPasswordResponse = people::set_password;
    add_end_entity, "AddEndEntity": AddEndEntityRequest -> EndEntity = end_entities::add;
    list_end_entities, "ListEndEntities": ListEndEntitiesRequest -> ListEndEntitiesResponse = end_entities::list;
    show_end_entity, "ShowEndEntity": ShowEndEntityRequest -> EndEntity = end_entities::show;
    change_end_entity, "ChangeEndEntity": ChangeEndEntityRequest -> EndEntity = end_entities::change;
    set_end_entity_password, "SetEndEntityPassword": SetEndEntityPasswordRequest -> SetEndEntityPasswordResponse = end_entities::set_password;
    set_end_entity_secret, "SetEndEntitySecret": SetEndEntitySecretRequest -> SetEndEntitySecretResponse = end_entities::set_secret;
    remove_end_entity, "RemoveEndEntity": RemoveEndEntityRequest -> RemoveEndEntityResponse = end_entities::remove;
    create_challenge, "CreateChallenge": CreateChallengeRequest -> CreatedChallenge = end_entities::create_challenge;
    renew_now, "RenewNow": RenewNowRequest -> RenewNowResponse = end_entities::renew_now;
    create_realm, "CreateRealm": CreateRealmRequest -> Realm = realms::create_realm;
    change_realm, "ChangeRealm": ChangeRealmRequest -> Realm = realms::change_realm;
    delete_realm, "DeleteRealm": DeleteRealmRequest -> DeleteRealmResponse = realms::delete_realm;
    list_roles, "ListRoles": ListRolesRequest -> ListRolesResponse = realms::list_roles;
    put_role, "PutRole": PutRoleRequest -> Role = realms::put_role;
    remove_role, "RemoveRole": RemoveRoleRequest -> RemoveRoleResponse = realms::remove_role;
    list_role_bindings, "ListRoleBindings": ListRoleBindingsRequest -> ListRoleBindingsResponse = realms::list_bindings;
    bind_role, "BindRole": BindRoleRequest -> RoleBinding = realms::bind_role;
    unbind_role, "UnbindRole": UnbindRoleRequest -> UnbindRoleResponse = realms::unbind_role;
    list_people, "ListPeople": ListPeopleRequest -> ListPeopleResponse = people::list;
    add_person, "AddPerson": AddPersonRequest -> AddPersonResponse = people::add;
    change_person, "ChangePerson": ChangePersonRequest -> Person = people::change;
    remove_person, "RemovePerson": RemovePersonRequest -> RemovePersonResponse = people::remove;
    reset_second_factor, "ResetSecondFactor": ResetSecondFactorRequest -> ResetSecondFactorResponse = people::reset_second_factor;
    verify_trail, "VerifyTrail": VerifyTrailRequest -> VerifyTrailResponse = people::verify_trail;
}
