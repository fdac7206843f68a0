//! `/v1/audit`: the trail of acts.

use actix_web::{HttpResponse, get, http::header, web};
use ers_runtime::{
    error::chain,
    http::{Problem, problem, wrong},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};

use super::{
    Caller,
    bodies::{ProblemBody, time_text},
    queries::page_size,
};
use crate::{
    domain::{
        access::Reach,
        page::{LARGEST_PAGE_SIZE, PageRequest},
        trail::{TrailFilter, WrittenEvent},
    },
    flows::Flows,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrailQuery {
    /// Who.
    actor: Option<String>,
    /// What, as in `policy.apply`, or all acts of a kind, as in `policy`.
    act: Option<String>,
    /// To what.
    object: Option<String>,
    /// In this realm.
    realm: Option<String>,
    /// Not before this time, RFC 3339.
    from: Option<String>,
    /// Before this time, RFC 3339.
    until: Option<String>,
    /// Part of object or detail; case does not matter.
    search: Option<String>,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `ndjson` or `csv`.
    format: Option<String>,
    /// Not before this time, RFC 3339.
    from: Option<String>,
    /// Before this time, RFC 3339.
    until: Option<String>,
    /// In this realm.
    realm: Option<String>,
}

/// An act.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub(super) struct EventBody {
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "anna")]
    actor: String,
    #[schema(example = "policy.apply")]
    act: String,
    #[schema(example = "server")]
    object: String,
    /// Empty: of no realm.
    realm: String,
    detail: String,
    /// How it was, in its own form.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// How it was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Place in the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    /// SHA-256 over it and the digest before, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EventList {
    events: Vec<EventBody>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// On all pages.
    total: u64,
}

/// Whether the chain of acts holds.
#[derive(Serialize, ToSchema)]
pub(super) struct Verification {
    /// Nothing was changed, taken out or put in.
    intact: bool,
    /// Events that hold together.
    events: u64,
    /// Events of a release that knew no chain.
    unchained: u64,
    /// Number at the end of the chain.
    sequence: i64,
    /// Digest there, lower-case hex.
    head: String,
    /// The first place where it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<i64>,
}

/// Acts, newest first
#[utoipa::path(
    tag = "audit",
    params(TrailQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A page", body = EventList),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/audit")]
pub(super) async fn list_events(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<TrailQuery>,
) -> Result<web::Json<EventList>, Problem> {
    let query = query.into_inner();
    let page = PageRequest::read(query.page_size, &query.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = TrailFilter {
        actor: some(query.actor),
        act: some(query.act),
        object: some(query.object),
        realm: some(query.realm),
        from_ms: moment("from", query.from.as_deref())?,
        until_ms: moment("until", query.until.as_deref())?,
        search: some(query.search),
    };
    let found = flows
        .search_trail(&filter, &caller.reach(), &page)
        .await
        .map_err(problem)?;
    Ok(web::Json(EventList {
        events: found.rows.into_iter().map(EventBody::from).collect(),
        next_page_token: found.next,
        total: found.total,
    }))
}

/// All acts, newest first, as newline-delimited JSON or CSV
#[utoipa::path(
    tag = "audit",
    params(ExportQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The acts", content(
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/audit/export")]
pub(super) async fn export_events(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let (media_type, as_csv) = match query.format.as_deref() {
        None | Some("ndjson") => ("application/x-ndjson", false),
        Some("csv") => ("text/csv", true),
        Some(_) => return Err(wrong("format", "must be one of ndjson, csv")),
    };
    let filter = TrailFilter {
        realm: query.realm.clone(),
        from_ms: moment("from", query.from.as_deref())?,
        until_ms: moment("until", query.until.as_deref())?,
        ..TrailFilter::default()
    };
    let export = Export {
        flows,
        filter,
        reach: caller.reach(),
        after: None,
        as_csv,
        begun: false,
        done: false,
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .streaming(stream::unfold(export, Export::next)))
}

/// Follow the chain of acts from its beginning
#[utoipa::path(
    tag = "audit",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "Whether it holds", body = Verification))
)]
#[get("/v1/audit/verification")]
pub(super) async fn verify_events(
    caller: Caller,
    flows: web::Data<Flows>,
) -> Result<web::Json<Verification>, Problem> {
    caller.demand_everywhere()?;
    let report = flows.verify_trail().await.map_err(problem)?;
    Ok(web::Json(Verification {
        intact: report.broken_at.is_none(),
        events: report.events,
        unchained: report.unchained,
        sequence: report.head.sequence,
        head: report.head.digest,
        broken_at: report.broken_at,
    }))
}

/// The trail cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("export the trail: broken off")]
struct Broken;

/// An export under way: a page at a time, so that a long trail is never in memory.
struct Export {
    flows: web::Data<Flows>,
    filter: TrailFilter,
    reach: Reach,
    after: Option<i64>,
    as_csv: bool,
    begun: bool,
    done: bool,
}

impl Export {
    async fn next(mut self) -> Option<(Result<web::Bytes, Broken>, Self)> {
        if self.done {
            return None;
        }
        let mut text = String::new();
        if self.as_csv && !self.begun {
            text.push_str(CSV_HEAD);
        }
        self.begun = true;
        let page = PageRequest {
            size: LARGEST_PAGE_SIZE,
            after: self.after,
        };
        let found = self
            .flows
            .search_trail(&self.filter, &self.reach, &page)
            .await;
        match found {
            Err(error) => {
                self.done = true;
                // The status is sent; what is left is to break off, so that half a trail is not taken for a whole one.
                tracing::error!(error = chain(&error), "export of the trail broken off");
                Some((Err(Broken), self))
            }
            Ok(found) => {
                self.after = found.rows.last().map(|event| event.number);
                self.done = found.next.is_none();
                for event in found.rows {
                    let event = EventBody::from(event);
                    if self.as_csv {
                        text.push_str(&event.csv());
                    } else {
                        text.push_str(&serde_json::to_string(&event).unwrap_or_default());
                        text.push('\n');
                    }
                }
                Some((Ok(web::Bytes::from(text)), self))
            }
        }
    }
}

const CSV_HEAD: &str = "at,actor,act,object,realm,detail,before,after,origin,sequence,digest\r\n";

impl EventBody {
    fn csv(&self) -> String {
        let sequence = self.sequence.map(|number| number.to_string());
        super::csv::row([
            self.at.as_str(),
            &self.actor,
            &self.act,
            &self.object,
            &self.realm,
            &self.detail,
            self.before.as_deref().unwrap_or_default(),
            self.after.as_deref().unwrap_or_default(),
            self.origin.as_deref().unwrap_or_default(),
            sequence.as_deref().unwrap_or_default(),
            self.digest.as_deref().unwrap_or_default(),
        ])
    }
}

fn moment(field: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    text.filter(|text| !text.is_empty())
        .map(|text| OffsetDateTime::parse(text, &Rfc3339))
        .transpose()
        .map(|at| at.map(ers_runtime::clock::to_ms))
        .map_err(|error| wrong(field, error))
}

impl From<WrittenEvent> for EventBody {
    fn from(written: WrittenEvent) -> Self {
        let (event, link) = (written.event, written.link);
        Self {
            at: time_text(event.at_ms),
            actor: event.actor,
            act: event.act,
            object: event.object,
            realm: event.realm,
            detail: event.detail,
            before: event.before,
            after: event.after,
            origin: event.origin,
            sequence: link.as_ref().map(|link| link.sequence),
            digest: link.map(|link| link.digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_breaks_out_of_its_cell_or_becomes_a_formula() {
        let event = EventBody {
            at: "2026-11-22T12:00:00Z".into(),
            actor: "=1+1".into(),
            act: "policy.apply".into(),
            object: "a,\"b\"\r\nc".into(),
            realm: String::new(),
            detail: String::new(),
            before: None,
            after: None,
            origin: None,
            sequence: Some(1),
            digest: None,
        };
        assert_eq!(
            event.csv(),
            "\"2026-11-22T12:00:00Z\",\"'=1+1\",\"policy.apply\",\"a,\"\"b\"\"\r\nc\",\"\",\"\",\"\",\"\",\"\",\"1\",\"\"\r\n"
        );
    }
}
