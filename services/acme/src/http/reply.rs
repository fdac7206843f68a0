//! Answers that are not problems.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{LINK, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::Value;

/// An answer of JSON.
pub struct Reply(HttpResponseBuilder, Value);

impl Reply {
    /// 200.
    pub fn ok(body: Value) -> Self {
        Self(HttpResponse::Ok(), body)
    }

    /// 201 at a URL, or 200 when it was there before.
    pub fn created(is_new: bool, url: &str, body: Value) -> Self {
        let status = if is_new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header((LOCATION, url));
        Self(answer, body)
    }

    /// Says where it is.
    pub fn at(mut self, url: &str) -> Self {
        self.0.insert_header((LOCATION, url));
        self
    }

    /// Links to another resource.
    pub fn link(mut self, relation: &str, url: &str) -> Self {
        self.0
            .append_header((LINK, format!("<{url}>;rel=\"{relation}\"")));
        self
    }

    /// Says when to ask again.
    pub fn retry_after(mut self, retry_after: Option<Duration>) -> Self {
        if let Some(retry_after) = retry_after {
            self.0
                .insert_header((RETRY_AFTER, retry_after.as_secs().max(1).to_string()));
        }
        self
    }

    /// The answer.
    pub fn build(mut self) -> HttpResponse {
        self.0.json(self.1)
    }
}
