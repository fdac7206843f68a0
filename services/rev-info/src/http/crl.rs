//! CRLs (RFC 5280 section 4.2.1.13, RFC 2585).

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, ETAG, EXPIRES, IF_NONE_MATCH, LAST_MODIFIED},
    },
    web::{Data, Path},
};
use ers_runtime::{error::chain, http::Problem};

use super::{State, http_date};

/// A CRL may be replaced at any time by a revocation: nobody should keep one for long.
const MAX_AGE_SECONDS: i64 = 300;

pub(super) async fn get(
    state: Data<State>,
    name: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fresh = state.freshness.is_fresh(&state.context);
    let crl = state.sources.crl(&name, fresh).await.map_err(|error| {
        tracing::warn!(error = chain(&error), "CRL not loaded");
        Problem::of(
            StatusCode::SERVICE_UNAVAILABLE,
            "the CRL cannot be had at the moment",
        )
        .retry_after(5)
    })?;
    let crl =
        crl.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND, format!("there is no CA {name}")))?;
    let etag = format!("\"{}\"", crl.number);
    if request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes())
    {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, etag))
            .finish());
    }
    let max_age = (crl.next_update - state.context.clock.now())
        .whole_seconds()
        .clamp(0, MAX_AGE_SECONDS);
    Ok(HttpResponse::Ok()
        .content_type("application/pkix-crl")
        .insert_header((ETAG, etag))
        .insert_header((LAST_MODIFIED, http_date(crl.this_update)))
        .insert_header((EXPIRES, http_date(crl.next_update)))
        .insert_header((CACHE_CONTROL, format!("max-age={max_age}, public")))
        .body(crl.der.clone()))
}
