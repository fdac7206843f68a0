//! Problem documents as HTTP answers.

use actix_web::http::StatusCode;
use actix_web::http::header::{LINK, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use crate::domain::problem::Problem;

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        answer.content_type("application/problem+json");
        let headers = self.headers();
        if let Some(retry_after) = headers.retry_after {
            answer.insert_header((RETRY_AFTER, retry_after.as_secs().max(1).to_string()));
        }
        if let Some(location) = &headers.location {
            answer.insert_header((LOCATION, location.as_str()));
        }
        if let Some((relation, url)) = &headers.link {
            answer.append_header((LINK, format!("<{url}>;rel=\"{relation}\"")));
        }
        let mut answer = answer.body(serde_json::to_string(self).unwrap_or_default());
        answer.extensions_mut().insert(self.kind());
        answer
    }
}

/// For paths that nobody serves.
pub async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("resource"))
}

/// For methods that a resource does not know.
pub async fn wrong_method() -> Result<HttpResponse, Problem> {
    Err(Problem::malformed("the resource does not know this method; all but directory and new-nonce are fetched by POST")
        .with_status(405))
}
