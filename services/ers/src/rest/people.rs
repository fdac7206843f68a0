//! Realms, roles and people over REST.

use ers_pki::pem;
use ers_proto::clm::v1 as proto;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::Status;

use super::{LARGE, Rest, segment, told};

impl Rest {
    pub(super) async fn list_realms(
        &self,
        _: proto::ListRealmsRequest,
    ) -> Result<proto::ListRealmsResponse, Status> {
        let all = self.all("realms", LARGE, "realms").await?;
        let realms = all.iter().map(told::realm).collect();
        Ok(proto::ListRealmsResponse { realms })
    }

    pub(super) async fn create_realm(
        &self,
        new: proto::CreateRealmRequest,
    ) -> Result<proto::Realm, Status> {
        let body = json!({"name": new.name, "title": new.title, "description": new.description});
        let made = self.call(Method::POST, "realms", &body).await?;
        Ok(told::realm(&made))
    }

    pub(super) async fn change_realm(
        &self,
        change: proto::ChangeRealmRequest,
    ) -> Result<proto::Realm, Status> {
        let path = format!("realms/{}", segment(&change.name));
        let body = json!({
            "title": change.title,
            "description": change.description,
            "archived": change.archived,
        });
        let changed = self.call(Method::PATCH, &path, &body).await?;
        Ok(told::realm(&changed))
    }

    pub(super) async fn delete_realm(
        &self,
        which: proto::DeleteRealmRequest,
    ) -> Result<proto::DeleteRealmResponse, Status> {
        self.delete(&format!("realms/{}", segment(&which.name)))
            .await?;
        Ok(proto::DeleteRealmResponse {})
    }

    pub(super) async fn list_roles(
        &self,
        _: proto::ListRolesRequest,
    ) -> Result<proto::ListRolesResponse, Status> {
        let all = self.all("roles", LARGE, "roles").await?;
        let roles = all.iter().map(told::role).collect();
        Ok(proto::ListRolesResponse { roles })
    }

    pub(super) async fn put_role(
        &self,
        role: proto::PutRoleRequest,
    ) -> Result<proto::Role, Status> {
        let path = format!("roles/{}", segment(&role.name));
        let body = json!({"description": role.description, "permissions": role.permissions});
        let put = self.call(Method::PUT, &path, &body).await?;
        Ok(told::role(&put))
    }

    pub(super) async fn remove_role(
        &self,
        which: proto::RemoveRoleRequest,
    ) -> Result<proto::RemoveRoleResponse, Status> {
        self.delete(&format!("roles/{}", segment(&which.name)))
            .await?;
        Ok(proto::RemoveRoleResponse {})
    }

    pub(super) async fn list_role_bindings(
        &self,
        _: proto::ListRoleBindingsRequest,
    ) -> Result<proto::ListRoleBindingsResponse, Status> {
        let all = self.all("role-bindings", LARGE, "role_bindings").await?;
        let role_bindings = all.iter().map(told::binding).collect();
        Ok(proto::ListRoleBindingsResponse { role_bindings })
    }

    pub(super) async fn bind_role(
        &self,
        wish: proto::BindRoleRequest,
    ) -> Result<proto::RoleBinding, Status> {
        let body = json!({
            "role": wish.role,
            "subject_kind": wish.subject_kind,
            "subject": wish.subject,
            "realm": some(wish.realm),
            "policy": some(wish.policy),
        });
        let bound = self.call(Method::POST, "role-bindings", &body).await?;
        Ok(told::binding(&bound))
    }

    pub(super) async fn unbind_role(
        &self,
        which: proto::UnbindRoleRequest,
    ) -> Result<proto::UnbindRoleResponse, Status> {
        self.delete(&format!("role-bindings/{}", segment(&which.id)))
            .await?;
        Ok(proto::UnbindRoleResponse {})
    }

    pub(super) async fn list_people(
        &self,
        _: proto::ListPeopleRequest,
    ) -> Result<proto::ListPeopleResponse, Status> {
        let all = self.all("people", LARGE, "people").await?;
        let people = all.iter().map(told::person).collect();
        Ok(proto::ListPeopleResponse { people })
    }

    pub(super) async fn add_person(
        &self,
        new: proto::AddPersonRequest,
    ) -> Result<proto::AddPersonResponse, Status> {
        let body = json!({
            "username": new.username,
            "password": some(new.password),
            "display_name": new.display_name,
            "email": new.email,
        });
        let made = self.call(Method::POST, "people", &body).await?;
        Ok(proto::AddPersonResponse {
            person: Some(told::person(&made)),
            password: told::text(&made, "password"),
        })
    }

    pub(super) async fn change_person(
        &self,
        change: proto::ChangePersonRequest,
    ) -> Result<proto::Person, Status> {
        let path = format!("people/{}", segment(&change.username));
        let certificate = change.certificate.map(|der| match der.as_slice() {
            [] => String::new(),
            der => pem::encode("CERTIFICATE", der),
        });
        let body = json!({
            "display_name": change.display_name,
            "email": change.email,
            "closed": change.closed,
            "certificate": certificate,
        });
        let changed = self.call(Method::PATCH, &path, &body).await?;
        Ok(told::person(&changed))
    }

    pub(super) async fn remove_person(
        &self,
        which: proto::RemovePersonRequest,
    ) -> Result<proto::RemovePersonResponse, Status> {
        self.delete(&format!("people/{}", segment(&which.username)))
            .await?;
        Ok(proto::RemovePersonResponse {})
    }

    pub(super) async fn reset_second_factor(
        &self,
        which: proto::ResetSecondFactorRequest,
    ) -> Result<proto::ResetSecondFactorResponse, Status> {
        let path = format!("people/{}/second-factor", segment(&which.username));
        self.delete(&path).await?;
        Ok(proto::ResetSecondFactorResponse {})
    }

    pub(super) async fn set_administrator_password(
        &self,
        wish: proto::SetAdministratorPasswordRequest,
    ) -> Result<proto::SetAdministratorPasswordResponse, Status> {
        let path = format!("people/{}/password", segment(&wish.username));
        let body = json!({"password": wish.password});
        self.call(Method::PUT, &path, &body).await?;
        Ok(proto::SetAdministratorPasswordResponse {})
    }

    pub(super) async fn verify_trail(
        &self,
        _: proto::VerifyTrailRequest,
    ) -> Result<proto::VerifyTrailResponse, Status> {
        let told = self.get("audit/verification", &[]).await?;
        Ok(proto::VerifyTrailResponse {
            events: told::number(&told, "events"),
            unchained: told::number(&told, "unchained"),
            sequence: told::number(&told, "sequence"),
            digest: told::text(&told, "head"),
            broken_at: told::number(&told, "broken_at"),
        })
    }
}

/// Absent rather than empty.
pub(super) fn some(text: String) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::String(text)
    }
}
