//! renewalInfo: RFC 9773 §4.

use actix_web::HttpResponse;
use serde_json::json;

use super::incoming::Incoming;
use super::reply::Reply;
use super::view::rfc3339;
use crate::domain::problem::Problem;
use crate::flows::renewal_info::renewal_info;

/// GET renewal-info/{id}.
pub async fn show(incoming: Incoming) -> Result<HttpResponse, Problem> {
    let id = incoming.id(|id| Some(id.to_owned()))?;
    let (window, again) = renewal_info(&incoming.server, &id).await?;
    let mut body = json!({
        "suggestedWindow": { "start": rfc3339(window.start), "end": rfc3339(window.end) },
    });
    if !window.explanation_url.is_empty()
        && let Some(members) = body.as_object_mut()
    {
        members.insert("explanationURL".to_owned(), window.explanation_url.into());
    }
    Ok(Reply::ok(body).retry_after(Some(again)).build())
}
