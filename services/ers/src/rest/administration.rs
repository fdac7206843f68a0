//! `ers.clm.v1.Administration` over REST: which call is answered by which method of [`Rest`], one file per kind of thing.

use ers_proto::clm::v1::{self as proto, administration_server::Administration};
use tonic::{Request, Response, Status};

use super::{Rest, not_here};

macro_rules! answers {
    (
        here { $($method:ident($request:ident) -> $response:ident;)* }
        not_here { $($missing:ident($missing_request:ident) -> $missing_response:ident;)* }
    ) => {
        #[tonic::async_trait]
        impl Administration for Rest {
            $(async fn $method(
                &self,
                request: Request<proto::$request>,
            ) -> Result<Response<proto::$response>, Status> {
                Rest::$method(self, request.into_inner()).await.map(Response::new)
            })*

            $(async fn $missing(
                &self,
                _: Request<proto::$missing_request>,
            ) -> Result<Response<proto::$missing_response>, Status> {
                not_here()
            })*
        }
    };
}

answers! {
    here {
        list_realms(ListRealmsRequest) -> ListRealmsResponse;
        create_realm(CreateRealmRequest) -> Realm;
        change_realm(ChangeRealmRequest) -> Realm;
        delete_realm(DeleteRealmRequest) -> DeleteRealmResponse;
        list_policies(ListPoliciesRequest) -> ListPoliciesResponse;
        show_policy(ShowPolicyRequest) -> Policy;
        apply_policy(ApplyPolicyRequest) -> ApplyPolicyResponse;
        list_certificates(ListCertificatesRequest) -> ListCertificatesResponse;
        show_certificate(ShowCertificateRequest) -> InventoryCertificate;
        change_certificate(ChangeCertificateRequest) -> InventoryCertificate;
        show_history(ShowHistoryRequest) -> History;
        import_certificates(ImportCertificatesRequest) -> ImportCertificatesResponse;
        forget_certificate(ForgetCertificateRequest) -> ForgetCertificateResponse;
        revoke_in_bulk(RevokeInBulkRequest) -> BulkAct;
        renew_in_bulk(RenewInBulkRequest) -> BulkAct;
        change_in_bulk(ChangeInBulkRequest) -> BulkAct;
        list_bulk_acts(ListBulkActsRequest) -> ListBulkActsResponse;
        show_bulk_act(ShowBulkActRequest) -> BulkAct;
        cancel_bulk_act(CancelBulkActRequest) -> BulkAct;
        list_requests(ListRequestsRequest) -> ListRequestsResponse;
        decide_request(DecideRequestRequest) -> Request;
        add_end_entity(AddEndEntityRequest) -> EndEntity;
        list_end_entities(ListEndEntitiesRequest) -> ListEndEntitiesResponse;
        show_end_entity(ShowEndEntityRequest) -> EndEntity;
        change_end_entity(ChangeEndEntityRequest) -> EndEntity;
        set_end_entity_password(SetEndEntityPasswordRequest) -> SetEndEntityPasswordResponse;
        set_end_entity_secret(SetEndEntitySecretRequest) -> SetEndEntitySecretResponse;
        remove_end_entity(RemoveEndEntityRequest) -> RemoveEndEntityResponse;
        list_roles(ListRolesRequest) -> ListRolesResponse;
        put_role(PutRoleRequest) -> Role;
        remove_role(RemoveRoleRequest) -> RemoveRoleResponse;
        list_role_bindings(ListRoleBindingsRequest) -> ListRoleBindingsResponse;
        bind_role(BindRoleRequest) -> RoleBinding;
        unbind_role(UnbindRoleRequest) -> UnbindRoleResponse;
        list_people(ListPeopleRequest) -> ListPeopleResponse;
        add_person(AddPersonRequest) -> AddPersonResponse;
        change_person(ChangePersonRequest) -> Person;
        remove_person(RemovePersonRequest) -> RemovePersonResponse;
        reset_second_factor(ResetSecondFactorRequest) -> ResetSecondFactorResponse;
        set_administrator_password(SetAdministratorPasswordRequest) -> SetAdministratorPasswordResponse;
        verify_trail(VerifyTrailRequest) -> VerifyTrailResponse;
    }
    not_here {
        create_external_account_key(CreateExternalAccountKeyRequest) -> CreatedExternalAccountKey;
        create_challenge(CreateChallengeRequest) -> CreatedChallenge;
        renew_now(RenewNowRequest) -> RenewNowResponse;
    }
}
