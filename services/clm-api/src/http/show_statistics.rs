//! `GET /v1/statistics`: numbers for an overview.

use actix_web::{get, web};
use ers_runtime::http::{Problem, problem, wrong};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
};
use crate::{
    domain::statistics::{Bucket, Statistics},
    flows::Flows,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StatisticsQuery {
    /// Only of this realm.
    realm: Option<String>,
}

/// How certificates stand, what was issued, what ends soon.
#[derive(Serialize, ToSchema)]
#[schema(as = Statistics)]
pub(super) struct StatisticsBody {
    /// Neither revoked nor expired.
    valid: u64,
    /// Revoked, expired or not.
    revoked: u64,
    /// Past their end, and never revoked.
    expired: u64,
    /// Requests that wait for a person.
    pending_requests: u64,
    /// Issued on each of the last 30 days (UTC), today last.
    issued_per_day: Vec<Count>,
    /// Valid now and ending in each of the next 13 weeks, soonest first.
    expiring_per_week: Vec<Count>,
}

/// A stretch of time and how many certificates fall into it.
#[derive(Serialize, ToSchema)]
struct Count {
    /// First moment.
    #[schema(format = DateTime)]
    begins_at: String,
    /// First moment after it.
    #[schema(format = DateTime)]
    ends_at: String,
    count: u64,
}

/// Numbers for an overview
#[utoipa::path(
    tag = "certificates",
    params(StatisticsQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The numbers", body = StatisticsBody),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/statistics")]
pub(super) async fn show_statistics(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<StatisticsQuery>,
) -> Result<web::Json<StatisticsBody>, Problem> {
    let realm = query
        .realm
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| wrong("realm", error))?;
    let statistics = flows
        .show_statistics(realm, &caller.grants)
        .await
        .map_err(problem)?;
    Ok(web::Json(StatisticsBody::from(statistics)))
}

impl From<Statistics> for StatisticsBody {
    fn from(statistics: Statistics) -> Self {
        let counts = |buckets: Vec<Bucket>| buckets.into_iter().map(Count::from).collect();
        Self {
            valid: statistics.valid,
            revoked: statistics.revoked,
            expired: statistics.expired,
            pending_requests: statistics.waiting,
            issued_per_day: counts(statistics.issued),
            expiring_per_week: counts(statistics.expiring),
        }
    }
}

impl From<Bucket> for Count {
    fn from(bucket: Bucket) -> Self {
        Self {
            begins_at: time_text(bucket.begins_ms),
            ends_at: time_text(bucket.ends_ms),
            count: bucket.count,
        }
    }
}
