//! What is done to a CA in its life: settings, renewal, roll-over, states, and what is carried to and from other CAs.

use actix_web::{post, put, web};
use ers_pki::{certificate::Certificate, csr::Csr, pem, profile::Period};
use ers_proto::cara::v1::{self as wire, authorities_server::Authorities};
use ers_runtime::{
    error::chain,
    http::{Problem, wrong},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, needs},
    bodies::{AuthorityBody, ProblemBody, certificate_pem, time_of},
};
use crate::grpc::Service;

/// Settings of a CA.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSettings {
    /// Their form stands in docs/authorities.md; empty: all as configured.
    #[schema(value_type = Object)]
    settings: serde_json::Value,
    /// The version that is changed: refused when it is another one by now.
    version: Option<i32>,
}

/// A new certificate for the same key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Renewal {
    /// The same again gives the same certificate; absent: drawn anew.
    request_id: Option<String>,
    #[schema(example = "10y")]
    validity: String,
    /// Absent: as before.
    path_length: Option<u32>,
    /// `root-ca` or `sub-ca`.
    #[serde(default)]
    profile: String,
}

/// A new generation, with a new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollOver {
    /// Absent: as before.
    #[serde(default)]
    key_algorithm: String,
    /// Absent: what suits the key.
    #[serde(default)]
    signature_algorithm: String,
    #[schema(example = "10y")]
    validity: String,
    /// Absent: as before.
    path_length: Option<u32>,
    /// `root-ca` or `sub-ca`.
    #[serde(default)]
    profile: String,
    /// Token that holds the key.
    #[serde(default)]
    token: String,
    /// When it is to issue, RFC 3339; absent: at once.
    switch_at: Option<String>,
    /// It issues when told to.
    #[serde(default)]
    prepare_only: bool,
}

/// Which generation is to issue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    generation: u32,
}

/// What becomes of a CA.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewState {
    /// `suspended`, `active` (only after that), `retired` or `revoked`.
    #[schema(example = "suspended")]
    state: String,
    /// For `revoked`: RFC 5280 name; absent: `cACompromise`.
    #[serde(default)]
    reason: String,
    /// For `retired`: publish CRLs that are valid until the CA's certificate ends.
    #[serde(default)]
    last_crl: bool,
}

/// A certificate that a foreign CA has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CarriedCertificate {
    /// PEM.
    certificate_pem: String,
    /// PEM; those above it up to a root, in any order.
    #[serde(default)]
    chain_pem: Vec<String>,
    /// For a key of ours that has a certificate already: a cross-certificate.
    #[serde(default)]
    cross: bool,
    /// A new generation issues when told to.
    #[serde(default)]
    prepare_only: bool,
}

/// A CA that is not ours, to be signed by ours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CrossSigning {
    /// The same again gives the same certificate; absent: drawn anew.
    request_id: Option<String>,
    /// PKCS#10 or a self-signed certificate, PEM.
    request_pem: String,
    /// Absent: `sub-ca`.
    #[serde(default)]
    profile: String,
    #[schema(example = "5y")]
    validity: String,
    path_length: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CrossSigned {
    /// PEM.
    certificate_pem: String,
    /// PEM; our CA first, the root last.
    chain_pem: Vec<String>,
    /// PEM; our CA's newest complete CRL.
    crl_pem: String,
}

/// Put a CA's settings
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = NewSettings,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 400, description = "A setting is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else has changed them", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/authorities/{name}/settings")]
pub(super) async fn put_settings(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    new: web::Json<NewSettings>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let (name, new) = (name.into_inner(), new.into_inner());
    allowed.with_authority(&name)?;
    let request = wire::UpdateAuthorityRequest {
        name: name.clone(),
        settings: new.settings.to_string(),
        version: new.version,
    };
    let work = Authorities::update(&**service, allowed.call(request));
    let done = allowed.act(&service, "put-settings", &name, work).await?;
    Ok(told(done.into_inner()))
}

/// Renew a CA's certificate, with the same key
///
/// When a foreign CA signs it, the answer has a request (PKCS#10) to be carried there.
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = Renewal,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its state does not allow it", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/renewal")]
pub(super) async fn renew(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    renewal: web::Json<Renewal>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let (name, renewal) = (name.into_inner(), renewal.into_inner());
    allowed.with_authority(&name)?;
    let request = wire::RenewAuthorityRequest {
        request_id: renewal.request_id.unwrap_or_else(drawn),
        name: name.clone(),
        validity: Some(duration(&renewal.validity)?),
        path_length: renewal.path_length,
        profile: renewal.profile,
    };
    let work = Authorities::renew(&**service, allowed.call(request));
    let done = allowed
        .act(&service, "renew-authority", &name, work)
        .await?;
    Ok(told(done.into_inner()))
}

/// Roll a CA over to a new key
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = RollOver,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its state does not allow it", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/rollover")]
pub(super) async fn roll_over(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    wish: web::Json<RollOver>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let (name, wish) = (name.into_inner(), wish.into_inner());
    allowed.with_authority(&name)?;
    let request = wire::RollOverRequest {
        name: name.clone(),
        key_algorithm: wish.key_algorithm,
        signature_algorithm: wish.signature_algorithm,
        validity: Some(duration(&wish.validity)?),
        path_length: wish.path_length,
        profile: wish.profile,
        token: wish.token,
        switch_at: time_of("switch_at", wish.switch_at)?,
        prepare_only: wish.prepare_only,
    };
    let work = Authorities::roll_over(&**service, allowed.call(request));
    let done = allowed
        .act(&service, "roll-over-authority", &name, work)
        .await?;
    Ok(told(done.into_inner()))
}

/// Have a prepared generation issue
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = Switch,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA or generation", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/switch")]
pub(super) async fn switch(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    wish: web::Json<Switch>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let name = name.into_inner();
    allowed.with_authority(&name)?;
    let request = wire::SwitchGenerationRequest {
        name: name.clone(),
        generation: wish.generation,
    };
    let work = Authorities::switch(&**service, allowed.call(request));
    let done = allowed
        .act(&service, "switch-authority", &name, work)
        .await?;
    Ok(told(done.into_inner()))
}

/// Suspend, resume, retire or revoke a CA
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of the CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = NewState,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 400, description = "No such state or reason", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its state does not allow it", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[put("/v1/authorities/{name}/state")]
pub(super) async fn put_state(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    new: web::Json<NewState>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let (name, new) = (name.into_inner(), new.into_inner());
    allowed.with_authority(&name)?;
    let state = match new.state.as_str() {
        "active" => wire::AuthorityState::Active,
        "suspended" => wire::AuthorityState::Suspended,
        "retired" => wire::AuthorityState::Retired,
        "revoked" => wire::AuthorityState::Revoked,
        _ => {
            return Err(wrong(
                "state",
                "must be one of active, suspended, retired, revoked",
            ));
        }
    };
    let request = wire::ChangeAuthorityStateRequest {
        name: name.clone(),
        state: state.into(),
        reason: new.reason,
        last_crl: new.last_crl,
    };
    let work = Authorities::change_state(&**service, allowed.call(request));
    let done = allowed
        .act(&service, &format!("authority-{}", new.state), &name, work)
        .await?;
    Ok(told(done.into_inner()))
}

/// Take in a certificate that a foreign CA has made for a CA of ours
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of our CA")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = CarriedCertificate,
    responses(
        (status = 200, description = "As it is now", body = AuthorityBody),
        (status = 400, description = "The certificate does not fit; the detail says how", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nothing is awaited", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/certificates")]
pub(super) async fn import_certificate(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    carried: web::Json<CarriedCertificate>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    let (name, carried) = (name.into_inner(), carried.into_inner());
    allowed.with_authority(&name)?;
    let chain = carried
        .chain_pem
        .iter()
        .map(|text| certificate_der("chain_pem", text))
        .collect::<Result<_, _>>()?;
    let request = wire::ImportCertificateRequest {
        name: name.clone(),
        certificate: certificate_der("certificate_pem", &carried.certificate_pem)?,
        chain,
        prepare_only: carried.prepare_only,
    };
    let call = allowed.call(request);
    let done = if carried.cross {
        let work = Authorities::import_cross_certificate(&**service, call);
        allowed
            .act(&service, "import-cross-certificate", &name, work)
            .await?
    } else {
        let work = Authorities::import_certificate(&**service, call);
        allowed
            .act(&service, "import-certificate", &name, work)
            .await?
    };
    Ok(told(done.into_inner()))
}

/// Sign a CA that is not ours
#[utoipa::path(
    tag = "authorities",
    params(("name" = String, Path, description = "Name of our CA, which signs")),
    extensions(("x-permission" = json!("manage-authorities"))),
    request_body = CrossSigning,
    responses(
        (status = 200, description = "Signed", body = CrossSigned),
        (status = 400, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such CA", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Our CA does not issue", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/authorities/{name}/cross-certificates")]
pub(super) async fn cross_sign(
    allowed: Allowed<needs::ManageAuthorities>,
    service: web::Data<Service>,
    name: web::Path<String>,
    wish: web::Json<CrossSigning>,
) -> Result<web::Json<CrossSigned>, Problem> {
    let (name, wish) = (name.into_inner(), wish.into_inner());
    allowed.with_authority(&name)?;
    let request = match Csr::from_pem(&wish.request_pem) {
        Ok(csr) => csr.der().to_vec(),
        Err(_) => certificate_der("request_pem", &wish.request_pem)?,
    };
    let request = wire::CrossSignRequest {
        request_id: wish.request_id.unwrap_or_else(drawn),
        issuer: name.clone(),
        request,
        profile: wish.profile,
        validity: Some(duration(&wish.validity)?),
        path_length: wish.path_length,
    };
    let work = Authorities::cross_sign(&**service, allowed.call(request));
    let done = allowed
        .act(&service, "cross-sign", &name, work)
        .await?
        .into_inner();
    Ok(web::Json(CrossSigned {
        certificate_pem: certificate_pem(&done.certificate.unwrap_or_default().der),
        chain_pem: done.chain.iter().map(|der| certificate_pem(der)).collect(),
        crl_pem: pem::encode("X509 CRL", &done.crl),
    }))
}

fn told(authority: wire::Authority) -> web::Json<AuthorityBody> {
    web::Json(AuthorityBody::of(authority, false))
}

fn drawn() -> String {
    format!("rest-{}", uuid::Uuid::new_v4().simple())
}

fn duration(text: &str) -> Result<prost_types::Duration, Problem> {
    let period: Period = text.parse().map_err(|error| wrong("validity", error))?;
    Ok(prost_types::Duration {
        seconds: period.duration().whole_seconds(),
        nanos: 0,
    })
}

fn certificate_der(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    Certificate::from_pem(text)
        .map(|certificate| certificate.der().to_vec())
        .map_err(|error| wrong(field, chain(&error)))
}
