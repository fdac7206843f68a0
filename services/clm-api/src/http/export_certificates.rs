//! `GET /v1/certificates/export`: all that a search finds, a page at a time, so that it is never whole in memory.

use actix_web::{HttpResponse, get, http::header, web};
use ers_runtime::{
    error::chain,
    http::{Problem, problem, wrong},
};
use futures::stream;
use utoipa::IntoParams;

use super::{
    Caller,
    bodies::{CertificateBody, ProblemBody},
    csv,
    queries::with_filter,
};
use crate::{
    domain::{
        access::Reach,
        inventory_filter::{Cursor, Filter},
        page::{LARGEST_PAGE_SIZE, PageRequest},
    },
    flows::Flows,
    store::cursor_of,
};

with_filter! {
    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    CertificateExportQuery {
        /// `csv` or `ndjson`, which it is when absent.
        format: Option<String>,
    }
}

/// All that a search finds, as newline-delimited JSON or CSV
///
/// An answer that breaks off is not whole: it ends without the end of its transfer coding.
#[utoipa::path(
    tag = "certificates",
    params(CertificateExportQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The certificates", content(
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )),
        (status = 400, description = "Malformed", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/certificates/export")]
pub(super) async fn export_certificates(
    caller: Caller,
    flows: web::Data<Flows>,
    query: web::Query<CertificateExportQuery>,
) -> Result<HttpResponse, Problem> {
    let (media_type, name, as_csv) = match query.format.as_deref() {
        None | Some("" | "ndjson") => ("application/x-ndjson", "certificates.ndjson", false),
        Some("csv") => ("text/csv; charset=utf-8", "certificates.csv", true),
        Some(_) => return Err(wrong("format", "must be one of ndjson, csv")),
    };
    let filter = query
        .filter_text()
        .read()
        .map_err(|error| wrong(error.field, error))?;
    flows
        .note_export(&caller.actor(), &query.filter_text())
        .await
        .map_err(problem)?;
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
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(stream::unfold(export, Export::next)))
}

/// The inventory cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("export certificates: broken off")]
struct Broken;

struct Export {
    flows: web::Data<Flows>,
    filter: Filter,
    reach: Reach,
    after: Option<Cursor>,
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
            text.push_str(&csv::row(CertificateBody::CSV_HEAD));
        }
        self.begun = true;
        let page = PageRequest {
            size: LARGEST_PAGE_SIZE,
            after: self.after,
        };
        let found = self
            .flows
            .read_certificates(&self.filter, &self.reach, &page)
            .await;
        let mut found = match found {
            Ok(found) => found,
            Err(error) => {
                self.done = true;
                // The status is sent; what is left is to break off, so that a part is not taken for the whole.
                tracing::error!(error = chain(&error), "export of certificates broken off");
                return Some((Err(Broken), self));
            }
        };
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        self.done = found.len() <= size;
        found.truncate(size);
        self.after = found
            .last()
            .map(|entry| cursor_of(entry, self.filter.order));
        let now_ms = self.flows.clock.now_ms();
        for entry in found {
            let body = CertificateBody::of(entry, now_ms);
            if self.as_csv {
                text.push_str(&body.csv());
            } else {
                text.push_str(&serde_json::to_string(&body).unwrap_or_default());
                text.push('\n');
            }
        }
        Some((Ok(web::Bytes::from(text)), self))
    }
}
