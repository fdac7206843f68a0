//! What a browser sees at `/` until it knows where to go, and the root certificate at `/root.pem`.

use actix_web::{
    HttpResponse,
    http::header::CONTENT_SECURITY_POLICY,
    web::{self, Bytes, ServiceConfig},
};

use super::data_folder::DataFolder;
use crate::failure::{Attempt as _, Outcome};

const PAGE: &str = include_str!("landing.html");

/// The page and the root certificate.
#[derive(Clone)]
pub struct Landing {
    root: Bytes,
}

impl Landing {
    /// With the root certificate as it is.
    pub fn new(folder: &DataFolder) -> Outcome<Self> {
        let root = std::fs::read(folder.root_certificate()).attempt("read root certificate")?;
        Ok(Self { root: root.into() })
    }

    /// Mounts `/` and `/root.pem`.
    pub fn mount(&self, routes: &mut ServiceConfig) {
        let root = self.root.clone();
        let root = move || {
            let root = root.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("application/x-pem-file")
                    .body(root)
            }
        };
        routes
            .service(
                web::resource("/")
                    .route(web::get().to(page))
                    .route(web::head().to(page)),
            )
            .service(
                web::resource("/root.pem")
                    .route(web::get().to(root.clone()))
                    .route(web::head().to(root)),
            );
    }
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .body(PAGE)
}
