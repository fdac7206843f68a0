//! A request as the flows want it: which directory, which URL, whose address, which id, what body.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, dev, web};

use crate::domain::directory::Directory;
use crate::domain::problem::Problem;
use crate::flows::authenticate::Posted;
use crate::server::Server;
use ers_runtime::http::client_address;

const CONTENT_TYPE: &str = "application/jose+json";

/// A request.
pub struct Incoming {
    /// The server.
    pub server: Arc<Server>,
    /// The directory.
    pub directory: Directory,
    /// The client's address.
    pub client: IpAddr,
    /// The query; empty: none.
    pub query: String,
    /// What names another chain of a certificate, in the path.
    pub chain: Option<String>,
    url: String,
    id: Option<String>,
    body: web::Bytes,
}

impl Incoming {
    /// What is to be authenticated.
    pub fn posted(&self) -> Posted<'_> {
        Posted {
            directory: &self.directory,
            url: &self.url,
            body: &self.body,
        }
    }

    /// The URL that clients see.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id in the path.
    pub fn id<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Problem> {
        self.id
            .as_deref()
            .and_then(parse)
            .ok_or_else(|| Problem::not_found("resource"))
    }
}

impl FromRequest for Incoming {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let body = web::Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let body = body.await.map_err(|error| {
                match error.as_response_error().status_code().as_u16() {
                    413 => Problem::malformed("the request is too long").with_status(413),
                    _ => Problem::malformed("the request could not be read"),
                }
            })?;
            read(&request, body)
        })
    }
}

fn read(request: &HttpRequest, body: web::Bytes) -> Result<Incoming, Problem> {
    let Some(server) = request.app_data::<web::Data<Server>>() else {
        return Err(Problem::unavailable(std::time::Duration::from_secs(5)));
    };
    let directory = match request.match_info().get("policy") {
        None => Directory::default(),
        Some(segment) => {
            Directory::parse(segment).ok_or_else(|| Problem::not_found("directory"))?
        }
    };
    if request.method() == Method::POST && !has_content_type(request) {
        let why = format!("requests are of type {CONTENT_TYPE}");
        return Err(Problem::malformed(why).with_status(415));
    }
    let path_and_query = request
        .uri()
        .path_and_query()
        .map_or("/", |found| found.as_str());
    Ok(Incoming {
        client: client_address(request, &server.config.trusted_proxies),
        url: server.urls.of_path(path_and_query),
        query: request.query_string().to_owned(),
        chain: request.match_info().get("chain").map(str::to_owned),
        id: request.match_info().get("id").map(str::to_owned),
        server: Arc::clone(server),
        directory,
        body,
    })
}

/// RFC 8555 §6.2; parameters, which nobody should send, do no harm.
fn has_content_type(request: &HttpRequest) -> bool {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(CONTENT_TYPE))
}
