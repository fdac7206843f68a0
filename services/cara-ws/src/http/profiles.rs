//! `/v1/profiles`: certificate profiles.

use actix_web::{HttpResponse, delete, get, post, put, web};
use ers_pki::{name::Name, pem};
use ers_proto::cara::v1::{self as wire, profiles_server::Profiles};
use ers_runtime::{
    error::chain,
    http::{Problem, wrong},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    allowed::{Allowed, needs},
    bodies::{ProblemBody, time_text},
    problems::refused,
};
use crate::grpc::Service;

/// A certificate profile.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    #[schema(example = "tls-server")]
    name: String,
    description: String,
    /// What certificates under it say; its form stands in docs/issuance.md.
    #[schema(value_type = Object)]
    definition: serde_json::Value,
    /// 0: a ready or configured one, which cannot be changed here.
    version: i32,
    /// Absent for version 0.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(format = DateTime)]
    put_at: String,
    /// Absent for version 0.
    #[serde(skip_serializing_if = "String::is_empty")]
    put_by: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ProfileList {
    profiles: Vec<Profile>,
}

/// A profile to be put.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PutProfile {
    /// Its name must be that of the path.
    #[schema(value_type = Object)]
    definition: serde_json::Value,
    /// RFC 4514; whom the example that is linted is about. Absent: made up, which cannot be done where patterns must be met.
    example_subject: Option<String>,
    /// Names of the example.
    #[serde(default)]
    example_names: Vec<String>,
    /// The version that is changed, 0 for a new profile: refused when it is another one by now. Absent: whichever.
    version: Option<i32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ProfilePut {
    profile: Profile,
    /// What the linter has against the example that would not stop the issue.
    findings: Vec<String>,
}

/// A profile of which an example is made: a definition, or the name of one in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RehearseProfile {
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    definition: Option<serde_json::Value>,
    /// Instead of a definition.
    #[serde(default)]
    name: String,
    /// RFC 4514; absent: made up, which cannot be done where patterns must be met.
    example_subject: Option<String>,
    #[serde(default)]
    #[schema(example = json!(["dns:www.example.com"]))]
    example_names: Vec<String>,
}

/// An example of the certificates of a profile.
#[derive(Serialize, ToSchema)]
pub(super) struct ProfileRehearsed {
    /// PEM; of a CA that exists for that moment.
    certificate_pem: String,
    /// The certificate for people; empty: it cannot be read.
    text: String,
    /// Those that would stop the issue first.
    findings: Vec<LintFinding>,
    /// Nothing would stop the issue.
    passes: bool,
}

/// Something that the linter has against a certificate.
#[derive(Serialize, ToSchema)]
pub(super) struct LintFinding {
    #[schema(example = "cabf-tls-policy-oid")]
    rule: String,
    /// `notice`, `warning` or `error`.
    severity: String,
    /// Document and section.
    citation: String,
    detail: String,
    /// It would stop the issue.
    blocks: bool,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowQuery {
    /// Absent: the one in force.
    #[serde(default)]
    version: i32,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveQuery {
    /// Also while certificates of it are valid.
    #[serde(default)]
    sure: bool,
}

/// Certificate profiles
#[utoipa::path(
    tag = "profiles",
    extensions(("x-permission" = json!("read-profiles"))),
    responses(
        (status = 200, description = "All profiles", body = ProfileList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/profiles")]
pub(super) async fn list_profiles(
    allowed: Allowed<needs::ReadProfiles>,
    service: web::Data<Service>,
) -> Result<web::Json<ProfileList>, Problem> {
    let request = allowed.call(wire::ListProfilesRequest {});
    let answer = Profiles::list(&**service, request)
        .await
        .map_err(refused)?
        .into_inner();
    Ok(web::Json(ProfileList {
        profiles: answer.profiles.into_iter().map(body).collect(),
    }))
}

/// A certificate profile
#[utoipa::path(
    tag = "profiles",
    params(("name" = String, Path, description = "Which"), ShowQuery),
    extensions(("x-permission" = json!("read-profiles"))),
    responses(
        (status = 200, description = "The profile", body = Profile),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such profile or version", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/profiles/{name}")]
pub(super) async fn show_profile(
    allowed: Allowed<needs::ReadProfiles>,
    service: web::Data<Service>,
    name: web::Path<String>,
    query: web::Query<ShowQuery>,
) -> Result<web::Json<Profile>, Problem> {
    let request = allowed.call(wire::LoadProfileRequest {
        name: name.into_inner(),
        version: query.version,
    });
    let answer = Profiles::load(&**service, request).await.map_err(refused)?;
    Ok(web::Json(body(answer.into_inner())))
}

/// Make or change a certificate profile
///
/// An example of its certificates is linted first. Versions are kept: certificates name the one that they were issued by.
#[utoipa::path(
    tag = "profiles",
    params(("name" = String, Path, description = "1 to 64 of a-z 0-9 -")),
    extensions(("x-permission" = json!("manage-profiles"))),
    request_body = PutProfile,
    responses(
        (status = 200, description = "As it is now", body = ProfilePut),
        (status = 400, description = "A field is wrong, or the linter has something against the example", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It comes with the configuration, or its version is another one by now", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/profiles/{name}")]
pub(super) async fn put_profile(
    allowed: Allowed<needs::ManageProfiles>,
    service: web::Data<Service>,
    name: web::Path<String>,
    profile: web::Json<PutProfile>,
) -> Result<web::Json<ProfilePut>, Problem> {
    let (name, profile) = (name.into_inner(), profile.into_inner());
    if profile
        .definition
        .get("name")
        .and_then(|name| name.as_str())
        != Some(&name)
    {
        return Err(wrong("definition", "its name must be that of the path"));
    }
    of_all_authorities(&allowed)?;
    let request = wire::PutProfileRequest {
        definition: profile.definition.to_string(),
        example_subject: subject(profile.example_subject.as_deref())?,
        example_names: profile.example_names,
        version: profile.version,
    };
    let work = Profiles::put(&**service, allowed.call(request));
    let answer = allowed.act(&service, "put-profile", &name, work).await?;
    let answer = answer.into_inner();
    Ok(web::Json(ProfilePut {
        profile: body(answer.profile.unwrap_or_default()),
        findings: answer.findings,
    }))
}

/// Make and lint an example of a profile's certificates
///
/// Nothing is stored. What the linter would stop is shown too, with the findings that would do so.
#[utoipa::path(
    tag = "profiles",
    extensions(("x-permission" = json!("manage-profiles"))),
    request_body = RehearseProfile,
    responses(
        (status = 200, description = "The example", body = ProfileRehearsed),
        (status = 400, description = "A field is wrong, or the profile does not admit the example", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such profile", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/profiles/rehearse")]
pub(super) async fn rehearse_profile(
    allowed: Allowed<needs::ManageProfiles>,
    service: web::Data<Service>,
    wish: web::Json<RehearseProfile>,
) -> Result<web::Json<ProfileRehearsed>, Problem> {
    let wish = wish.into_inner();
    let request = wire::RehearseProfileRequest {
        definition: wish
            .definition
            .map_or_else(String::new, |value| value.to_string()),
        name: wish.name,
        example_subject: subject(wish.example_subject.as_deref())?,
        example_names: wish.example_names,
    };
    let answer = Profiles::rehearse(&**service, allowed.call(request))
        .await
        .map_err(refused)?
        .into_inner();
    let findings = answer.findings.into_iter().map(|finding| LintFinding {
        rule: finding.rule,
        severity: finding.severity,
        citation: finding.citation,
        detail: finding.detail,
        blocks: finding.blocks,
    });
    let findings: Vec<_> = findings.collect();
    Ok(web::Json(ProfileRehearsed {
        certificate_pem: pem::encode("CERTIFICATE", &answer.certificate),
        text: answer.text,
        passes: !findings.iter().any(|finding| finding.blocks),
        findings,
    }))
}

/// Remove a certificate profile
#[utoipa::path(
    tag = "profiles",
    params(("name" = String, Path, description = "Which"), RemoveQuery),
    extensions(("x-permission" = json!("manage-profiles"))),
    responses(
        (status = 204, description = "Removed; its versions stay, since certificates name them"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such profile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "In use, or it comes with the configuration", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/profiles/{name}")]
pub(super) async fn delete_profile(
    allowed: Allowed<needs::ManageProfiles>,
    service: web::Data<Service>,
    name: web::Path<String>,
    query: web::Query<RemoveQuery>,
) -> Result<HttpResponse, Problem> {
    of_all_authorities(&allowed)?;
    let name = name.into_inner();
    let request = wire::DeleteProfileRequest {
        name: name.clone(),
        sure: query.sure,
    };
    let work = Profiles::delete(&**service, allowed.call(request));
    allowed.act(&service, "delete-profile", &name, work).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Every CA may issue by every profile: who administers some CAs only could otherwise change what the others issue.
fn of_all_authorities<N>(allowed: &Allowed<N>) -> Result<(), Problem> {
    if allowed.administrator().authorities.is_empty() {
        return Ok(());
    }
    Err(Problem::of(
        actix_web::http::StatusCode::FORBIDDEN,
        "profiles are changed by those who administer all CAs",
    ))
}

/// RFC 4514 as DER; absent: none.
fn subject(text: Option<&str>) -> Result<Vec<u8>, Problem> {
    let subject = text.map(str::parse::<Name>).transpose();
    let subject = subject.map_err(|error| wrong("example_subject", chain(&error)))?;
    Ok(subject.map_or_else(Vec::new, |subject| subject.to_der().to_vec()))
}

fn body(profile: wire::Profile) -> Profile {
    Profile {
        name: profile.name,
        description: profile.description,
        definition: serde_json::from_str(&profile.definition).unwrap_or_default(),
        version: profile.version,
        put_at: match profile.put_at {
            None => String::new(),
            at => time_text(at),
        },
        put_by: profile.put_by,
    }
}
