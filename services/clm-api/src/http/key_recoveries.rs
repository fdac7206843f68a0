//! `/v1/key-recoveries`: kept keys that are wanted back. Who asks, who decides and who fetches are people: a client's token
//! may be in anybody's hands.

use actix_web::{HttpResponse, get, http::header, post, web};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    decide_request::DecisionBody,
    queries::page_size,
};
use crate::{
    domain::{
        id::CertificateId,
        key_recovery::{KeyRecovery, RecoveryDecision, RecoveryFilter},
        page::PageRequest,
        permission::Permission,
    },
    flows::Flows,
};

/// A kept key that is wanted back.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyRecovery)]
pub(super) struct RecoveryBody {
    id: String,
    /// `pending-approval`, `approved`, `declined`, `withdrawn`, `released` or `expired`.
    #[schema(example = "pending-approval")]
    state: &'static str,
    /// Fingerprint of the certificate.
    certificate: String,
    /// Name of the CA.
    issuer: String,
    serial: String,
    subject: String,
    realm: String,
    policy: String,
    #[schema(example = "P-256")]
    key_algorithm: String,
    /// Why.
    comment: String,
    /// Who asks.
    asked_by: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it may be decided, or, once approved, the key may be fetched.
    #[schema(format = DateTime)]
    ends_at: String,
    /// How many others must say yes.
    approvals_needed: u32,
    /// The first first.
    decisions: Vec<RecoveryDecisionBody>,
    /// When the key was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// The caller has asked for it.
    mine: bool,
    /// The caller may decide now.
    may_decide: bool,
}

/// What somebody said.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryDecision)]
struct RecoveryDecisionBody {
    by: String,
    approve: bool,
    comment: String,
    #[schema(format = DateTime)]
    at: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = KeyRecoveryList)]
pub(super) struct RecoveryList {
    /// Newest first.
    key_recoveries: Vec<RecoveryBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecoveryWish)]
pub(super) struct RecoveryWish {
    /// Serial or fingerprint, hex; a unique beginning of 8 or more digits will do.
    certificate: String,
    /// Why: 1 to 4000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    comment: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyWish {
    /// Of the PKCS#12 file: 12 to 128 characters.
    #[schema(format = Password, min_length = 12, max_length = 128)]
    pub(super) password: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct KeyFile {
    /// Base64: key and certificates.
    pub(super) pkcs12: String,
    /// What to call it.
    #[schema(example = "4f2a91c07be1.p12")]
    pub(super) file_name: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecoveryQuery {
    /// `pending-approval`, `approved`, `declined`, `withdrawn`, `released` or `expired`.
    state: Option<String>,
    /// Fingerprint of a certificate.
    certificate: Option<String>,
    /// `true`: only those that the caller has asked for.
    #[serde(default)]
    mine: bool,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// Kept keys that are wanted back, newest first
#[utoipa::path(
    tag = "key recoveries",
    params(RecoveryQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = RecoveryList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/key-recoveries")]
pub(super) async fn list_key_recoveries(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<RecoveryQuery>,
) -> Result<web::Json<RecoveryList>, Problem> {
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let state = query
        .state
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("state", error))?;
    let certificate = query
        .certificate
        .as_deref()
        .map(CertificateId::from_typed)
        .transpose()
        .map_err(|error| wrong("certificate", error))?;
    let filter = RecoveryFilter {
        state,
        certificate: certificate.map(|id| id.to_string()),
        asked_by: query.mine.then(|| caller.actor().name),
    };
    let found = flows
        .list_key_recoveries(&filter, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(RecoveryList {
        key_recoveries: found
            .rows
            .into_iter()
            .map(|one| RecoveryBody::of(one, &caller, &flows))
            .collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// Ask for the kept key of a certificate
///
/// Others decide, as many as the policy wants. The owner of the certificate is told.
#[utoipa::path(
    tag = "key recoveries",
    security(("bearer" = []), ("cookie" = [])),
    request_body = RecoveryWish,
    responses(
        (status = 201, description = "Others are to decide", body = RecoveryBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such certificate", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "No key of it is kept, or the caller has asked already", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/key-recoveries")]
pub(super) async fn ask_key_recovery(
    caller: Caller,
    flows: web::Data<Flows>,
    wish: web::Json<RecoveryWish>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.person()?;
    let id = CertificateId::from_typed(&wish.certificate)
        .map_err(|error| wrong("certificate", error))?;
    let asked = flows
        .ask_key_recovery(&id, &wish.comment, &caller.reach(), &actor)
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Created()
        .insert_header((
            header::LOCATION,
            format!("/clm-api/v1/key-recoveries/{}", asked.id),
        ))
        .json(RecoveryBody::of(asked, &caller, &flows)))
}

/// One of them
#[utoipa::path(
    tag = "key recoveries",
    params(("id" = String, Path, description = "Its id")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "How it stands", body = RecoveryBody),
        (status = 404, description = "None of that id", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/key-recoveries/{id}")]
pub(super) async fn show_key_recovery(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<web::Json<RecoveryBody>, Problem> {
    let found = flows
        .show_key_recovery(&id, &caller.reach())
        .await
        .map_err(problem)?;
    Ok(web::Json(RecoveryBody::of(found, &caller, &flows)))
}

/// Say yes or no
///
/// Never over what one has asked for. One no ends it.
#[utoipa::path(
    tag = "key recoveries",
    params(("id" = String, Path, description = "Its id")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "How it stands now", body = RecoveryBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The caller has decided before, or it does not wait for a decision any more", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/key-recoveries/{id}/decision")]
pub(super) async fn decide_key_recovery(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    decision: web::Json<DecisionBody>,
) -> Result<web::Json<RecoveryBody>, Problem> {
    let actor = caller.person()?;
    let decided = flows
        .decide_key_recovery(
            &id,
            decision.approve,
            &decision.comment,
            &caller.reach(),
            &actor,
        )
        .await
        .map_err(problem)?;
    Ok(web::Json(RecoveryBody::of(decided, &caller, &flows)))
}

/// Take back what one has asked for
#[utoipa::path(
    tag = "key recoveries",
    params(("id" = String, Path, description = "Its id")),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "How it stands now", body = RecoveryBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has ended", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/key-recoveries/{id}/withdrawal")]
pub(super) async fn withdraw_key_recovery(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
) -> Result<web::Json<RecoveryBody>, Problem> {
    let withdrawn = flows
        .withdraw_key_recovery(&id, &caller.reach(), &caller.actor())
        .await
        .map_err(problem)?;
    Ok(web::Json(RecoveryBody::of(withdrawn, &caller, &flows)))
}

/// Fetch the key, once
///
/// For who asked for it, when others have said yes. The owner of the certificate is told.
#[utoipa::path(
    tag = "key recoveries",
    params(("id" = String, Path, description = "Its id")),
    security(("bearer" = []), ("cookie" = [])),
    request_body = KeyWish,
    responses(
        (status = 200, description = "The key", body = KeyFile),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None of that id", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not approved, was fetched before, or too late", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer is out of reach; may be tried again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/key-recoveries/{id}/key")]
pub(super) async fn release_key(
    caller: Caller,
    flows: web::Data<Flows>,
    id: web::Path<String>,
    wish: web::Json<KeyWish>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.person()?;
    let password = Zeroizing::new(wish.into_inner().password);
    let released = flows
        .release_key(&id, password, &caller.reach(), &actor)
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(KeyFile {
            pkcs12: BASE64.encode(released.file.as_slice()),
            file_name: format!("{}.p12", released.recovery.serial),
        }))
}

impl RecoveryBody {
    fn of(recovery: KeyRecovery, caller: &Caller, flows: &Flows) -> Self {
        let now_ms = flows.clock.now_ms();
        let who = caller.actor().name;
        let reach = caller.grants.reach(Permission::RecoveryDecide);
        let may_decide = caller.session().is_ok()
            && recovery.awaits(&who, now_ms)
            && reach.has(recovery.realm.as_str(), recovery.policy.as_str());
        Self {
            state: recovery.state(now_ms).as_str(),
            mine: recovery.asked_by == who,
            may_decide,
            id: recovery.id,
            certificate: recovery.certificate,
            issuer: recovery.issuer,
            serial: recovery.serial,
            subject: recovery.subject,
            realm: recovery.realm.to_string(),
            policy: recovery.policy.to_string(),
            key_algorithm: recovery.key_algorithm,
            comment: recovery.comment,
            asked_by: recovery.asked_by,
            created_at: time_text(recovery.created_at_ms),
            ends_at: time_text(recovery.ends_at_ms),
            approvals_needed: recovery.approvals,
            decisions: recovery
                .decisions
                .into_iter()
                .map(RecoveryDecisionBody::from)
                .collect(),
            released_at: recovery.released_at_ms.map(time_text),
        }
    }
}

impl From<RecoveryDecision> for RecoveryDecisionBody {
    fn from(decision: RecoveryDecision) -> Self {
        Self {
            by: decision.by,
            approve: decision.approve,
            comment: decision.comment,
            at: time_text(decision.at_ms),
        }
    }
}
