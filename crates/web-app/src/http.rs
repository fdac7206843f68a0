//! The path of an app and everything below it: a file of the app; else, for a path of the app's own, its first page.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, ContentEncoding},
    },
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use ers_runtime::http::Problem;

use crate::assets::{Asset, Assets};

/// Nothing but what this origin serves; no script or style inside the page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>ERS</title><h1>The web app was not built</h1>\
     <p>This program was made without it. Run <code>make ui</code> and build again, or <code>make run</code>.";

/// Mounts the routes below `path`, which begins with a slash.
pub fn configure(path: &'static str, assets: &Arc<Assets>, config: &mut ServiceConfig) {
    config
        .service(web::resource(path).route(web::get().to(async || to_folder(path))))
        .service(
            web::scope(path)
                .app_data(web::Data::from(Arc::clone(assets)))
                .route("/{path:.*}", web::get().to(show))
                .route("/{path:.*}", web::head().to(show)),
        );
}

fn to_folder(path: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, format!("{path}/")))
        .finish()
}

async fn show(
    request: HttpRequest,
    path: web::Path<String>,
    assets: web::Data<Assets>,
) -> Result<HttpResponse, Problem> {
    if let Some(asset) = assets.find(&path) {
        return Ok(answer(&request, asset));
    }
    if !is_page(&path) {
        let detail = format!("there is no file {}", request.path());
        return Err(Problem::of(StatusCode::NOT_FOUND, detail));
    }
    Ok(match assets.index() {
        Some(index) => answer(&request, index),
        None => protected(&mut HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE))
            .content_type("text/html; charset=utf-8")
            .body(NOT_BUILT),
    })
}

/// A path of the app's own: files have an ending, pages have none. What a page is about stands in its query, so that a
/// name with a dot is no file.
fn is_page(path: &str) -> bool {
    !path.starts_with("assets/") && !path.rsplit('/').next().unwrap_or_default().contains('.')
}

fn answer(request: &HttpRequest, asset: &Asset) -> HttpResponse {
    let (coding, body) = coded(asset, &accepted(request));
    let tag = match coding {
        ContentEncoding::Identity => asset.tag.clone(),
        coding => format!("{}-{}\"", asset.tag.trim_end_matches('"'), coding.as_str()),
    };
    let status = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut builder = HttpResponse::build(status);
    protected(&mut builder)
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((
            header::CACHE_CONTROL,
            if asset.immutable {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            },
        ));
    if status == StatusCode::NOT_MODIFIED {
        return builder.finish();
    }
    builder
        .content_type(asset.media_type)
        // said also when it is none: what was compressed by the build is not to be compressed again on the way
        .insert_header((header::CONTENT_ENCODING, coding.as_str()))
        .body(body)
}

fn protected(builder: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    builder
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .insert_header((
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ))
}

/// The codings that the browser takes, as it names them. One refused by `q=0` is left out.
fn accepted(request: &HttpRequest) -> Vec<String> {
    request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
            let refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
            (!refused).then(|| name.trim().to_ascii_lowercase())
        })
        .collect()
}

fn coded(asset: &Asset, accepted: &[String]) -> (ContentEncoding, Bytes) {
    let takes = |coding: &str| accepted.iter().any(|one| one == coding);
    match (&asset.brotli, &asset.gzip) {
        (Some(bytes), _) if takes("br") => (ContentEncoding::Brotli, bytes.clone()),
        (_, Some(bytes)) if takes("gzip") => (ContentEncoding::Gzip, bytes.clone()),
        _ => (ContentEncoding::Identity, asset.plain.clone()),
    }
}

/// RFC 9110 section 13.1.2: `If-None-Match` compares weakly.
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}
