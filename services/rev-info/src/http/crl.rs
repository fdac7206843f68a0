//! CRLs (RFC 5280 section 4.2.1.13, RFC 2585).

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{
        StatusCode,
        header::{
            CACHE_CONTROL, ETAG, EXPIRES, Header as _, IF_NONE_MATCH, IfModifiedSince,
            LAST_MODIFIED,
        },
    },
    web::{Bytes, Data, Path},
};
use ers_runtime::{error::chain, http::Problem};

use super::{State, http_date};
use crate::crls::Crl;

/// A CRL may be replaced at any time by a revocation: nobody should keep one for long.
const MAX_AGE_SECONDS: i64 = 300;
/// Octets that are handed to a connection at a time: a slow reader of a large CRL costs no copy of it.
const PIECE: usize = 64 * 1024;

pub(super) async fn get(
    state: Data<State>,
    name: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fresh = state.freshness.is_fresh(&state.context);
    let crl = state.crls.find(&name, fresh).await.map_err(|error| {
        tracing::warn!(error = chain(&error), "CRL not loaded");
        Problem::of(
            StatusCode::SERVICE_UNAVAILABLE,
            "the CRL cannot be had at the moment",
        )
        .retry_after(5)
    })?;
    let crl =
        crl.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND, format!("there is no CRL {name}")))?;
    let now = state.context.clock.now();
    if crl.next_update <= now {
        tracing::error!(crl = %name, number = crl.number, "CRL served that has ended: there is no newer one");
    }
    let etag = format!("\"{}\"", crl.number);
    let max_age = (crl.next_update - now)
        .whole_seconds()
        .clamp(0, MAX_AGE_SECONDS);
    let is_known = is_known(&request, &etag, &crl);
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response
        .insert_header((ETAG, etag))
        .insert_header((LAST_MODIFIED, http_date(crl.this_update)))
        .insert_header((EXPIRES, http_date(crl.next_update)))
        .insert_header((CACHE_CONTROL, format!("max-age={max_age}, public")));
    if is_known {
        return Ok(response.finish());
    }
    response.content_type("application/pkix-crl");
    Ok(send(response, &crl.der))
}

/// RFC 9110 section 13.2.2: a validator that is given goes before a time.
fn is_known(request: &HttpRequest, etag: &str, crl: &Crl) -> bool {
    if let Some(known) = request.headers().get(IF_NONE_MATCH) {
        return known.to_str().is_ok_and(|known| {
            known
                .split(',')
                .map(|one| one.trim().trim_start_matches("W/"))
                .any(|one| one == etag || one == "*")
        });
    }
    IfModifiedSince::parse(request).is_ok_and(|IfModifiedSince(since)| {
        let since = time::OffsetDateTime::from(std::time::SystemTime::from(since));
        crl.this_update.unix_timestamp() <= since.unix_timestamp()
    })
}

fn send(mut response: actix_web::HttpResponseBuilder, der: &Bytes) -> HttpResponse {
    if der.len() <= PIECE {
        return response.body(der.clone());
    }
    let (der, length) = (der.clone(), der.len());
    let pieces = (0..length).step_by(PIECE).map(move |start| {
        Ok::<_, std::convert::Infallible>(der.slice(start..length.min(start + PIECE)))
    });
    response.body(SizedStream::new(
        length as u64,
        futures::stream::iter(pieces),
    ))
}
