//! The paths of rev-info: `/rev-info/ocsp`, `/rev-info/crl/{ca}.crl`, `/rev-info/ca/{ca}.cer` (of later
//! generations of a CA `{ca}.g2.crl`, `{ca}.g2.cer`), `/rev-info/ca/{ca}.p7c`.

mod ca;
mod crl;
mod ocsp;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};

use crate::{answer::Answerer, crls::Crls, feed::Freshness, sources::Sources};

/// What the endpoints work with.
pub struct State {
    /// Answers OCSP.
    pub answerer: Arc<Answerer>,
    /// CA certificates.
    pub sources: Arc<Sources>,
    /// CRLs.
    pub crls: Arc<Crls>,
    /// How well CARA is heard.
    pub freshness: Arc<Freshness>,
    /// Surroundings.
    pub context: ers_runtime::Context,
}

/// Mounts the routes.
pub fn configure(state: &web::Data<State>, config: &mut ServiceConfig) {
    config.service(
        web::scope("/rev-info")
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(ocsp::MAX_REQUEST_BYTES))
            .route("/ocsp", web::post().to(ocsp::post))
            .route("/ocsp/{request:.*}", web::get().to(ocsp::get))
            .route("/crl/{name}.crl", web::get().to(crl::get))
            .route("/crl/{name}.crl", web::head().to(crl::get))
            .route("/ca/{name}.cer", web::get().to(ca::get))
            .route("/ca/{name}.p7c", web::get().to(ca::get_all)),
    );
}

/// `Expires` and the like (RFC 9110 section 5.6.7).
fn http_date(time: time::OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    time.format(format).unwrap_or_default()
}
