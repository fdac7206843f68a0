//! `/v1/role-bindings`: who has which role where.

use actix_web::{HttpResponse, delete, get, post, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    queries::RealmQuery,
};
use crate::{
    domain::{
        page::Page,
        role::{Binding, Subject},
    },
    flows::{Flows, NewBinding},
};

/// A role given to somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = RoleBinding)]
pub(super) struct BindingBody {
    id: String,
    #[schema(example = "approver")]
    role: String,
    /// `person`, `group` or `client`.
    #[schema(example = "person")]
    subject_kind: &'static str,
    #[schema(example = "anna")]
    subject: String,
    /// Absent: all realms.
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    /// Absent: all policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct BindingList {
    /// Oldest first.
    role_bindings: Vec<BindingBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "approver", "subject_kind": "group", "subject": "pki-approvers", "realm": "default"}))]
pub(super) struct BindingWish {
    role: String,
    /// `person`, `group` or `client`.
    subject_kind: String,
    /// A local account's username, `oidc:` and the name that the OpenID provider gives, a group as in its claim, or a
    /// client's name.
    #[schema(max_length = 255)]
    subject: String,
    /// Absent: all realms.
    realm: Option<String>,
    /// Absent: all policies.
    policy: Option<String>,
}

/// Who has which role, as far as the caller may see
#[utoipa::path(
    tag = "roles",
    params(RealmQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = BindingList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/role-bindings")]
pub(super) async fn list_bindings(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RealmQuery>,
) -> Result<web::Json<BindingList>, Problem> {
    let ((search, page), realm) = (query.read()?, query.realm()?);
    let mut all = flows
        .list_bindings(&caller.reach())
        .await
        .map_err(problem)?;
    all.retain(|one| {
        (realm.is_none() || one.realm == realm)
            && search.is_in(&[one.role.as_str(), one.subject.name.as_str()])
    });
    // Ids of the ready ones do not tell their age.
    let found = Page::of_list(all, &page, |one| {
        format!("{:020}:{}", one.created_at_ms, one.id)
    });
    Ok(web::Json(BindingList {
        role_bindings: found.rows.into_iter().map(BindingBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Give a role
///
/// Nobody gives permissions that they do not have there. May be repeated: the same gives the same.
#[utoipa::path(
    tag = "roles",
    security(("bearer" = []), ("cookie" = [])),
    request_body = BindingWish,
    responses(
        (status = 201, description = "Given, or had before", body = BindingBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such role, realm or policy", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/role-bindings")]
pub(super) async fn bind_role(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<BindingWish>,
) -> Result<HttpResponse, Problem> {
    let parsed = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let new = NewBinding {
        role: wish.role.parse().map_err(|error| wrong("role", error))?,
        subject: Subject {
            kind: wish
                .subject_kind
                .parse()
                .map_err(|error| wrong("subject_kind", error))?,
            name: wish
                .subject
                .parse()
                .map_err(|error| wrong("subject", error))?,
        },
        realm: parsed(wish.realm.as_deref())
            .map(|text| text.parse())
            .transpose()
            .map_err(|error| wrong("realm", error))?,
        policy: parsed(wish.policy.as_deref())
            .map(|text| text.parse())
            .transpose()
            .map_err(|error| wrong("policy", error))?,
    };
    let binding = flows
        .bind_role(&new, &caller.grants, &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Created().json(BindingBody::from(binding)))
}

/// Take a role away
#[utoipa::path(
    tag = "roles",
    params(("id" = String, Path, description = "Id of the binding")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Taken away"),
        (status = 404, description = "No such binding", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be administrator any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/role-bindings/{id}")]
pub(super) async fn unbind_role(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    flows
        .unbind_role(&id, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<Binding> for BindingBody {
    fn from(binding: Binding) -> Self {
        Self {
            id: binding.id,
            role: binding.role.to_string(),
            subject_kind: binding.subject.kind.as_str(),
            subject: binding.subject.name.to_string(),
            realm: binding.realm.map(|realm| realm.to_string()),
            policy: binding.policy.map(|policy| policy.to_string()),
            created_at: time_text(binding.created_at_ms),
            created_by: binding.created_by,
        }
    }
}
