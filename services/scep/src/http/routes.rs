//! The route table: `/scep` for the default policy, `/scep/{policy}`; under both the names that old clients append.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};

use super::operation;
use crate::server::Server;

/// Longest message that is taken.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Mounts `/scep`.
pub fn configure(server: &Arc<Server>, app: &mut ServiceConfig) {
    let resource = |path: &'static str| {
        web::resource(path)
            .app_data(web::Data::from(Arc::clone(server)))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .route(web::get().to(operation::get))
            .route(web::post().to(operation::post))
            .default_service(web::to(operation::wrong_method))
    };
    for path in [
        "/scep",
        "/scep/",
        "/scep/pkiclient.exe",
        "/scep/cgi-bin/pkiclient.exe",
        "/scep/{policy}",
        "/scep/{policy}/",
        "/scep/{policy}/pkiclient.exe",
        "/scep/{policy}/cgi-bin/pkiclient.exe",
    ] {
        app.service(resource(path));
    }
}
