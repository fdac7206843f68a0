//! CARA over HTTP, under `/cara-ws-server`: everything that administrators do, as JSON. Each endpoint says the same to
//! the gRPC services inside this process: what may be asked, and what is refused, is decided there once.
//!
//! To add an endpoint: a function in the file of its resource, and a line in [`routes`]. Who may call it stands in its
//! arguments: [`Allowed`] names the permission; the OpenAPI document repeats it as `x-permission`.

mod acts;
mod administrators;
mod allowed;
mod approvals;
mod authorities;
mod authority_life;
mod bodies;
mod certificates;
mod crls;
mod journal;
mod keys;
mod openapi;
mod problems;
mod profiles;
mod revocation;
mod session;

use std::sync::Arc;

use actix_web::{middleware::from_fn, web};
use ers_runtime::http::{nothing_here, read_input};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{flows::Core, grpc::Service};

/// Mounts everything under `/cara-ws-server`.
pub fn configure(
    core: &Arc<Core>,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> + 'static {
    let service = web::Data::new(Service {
        core: Arc::clone(core),
    });
    move |config| {
        let scope = utoipa_actix_web::scope("/cara-ws-server")
            .app_data(service.clone())
            .wrap(from_fn(allowed::identify))
            .configure(routes)
            .route("/openapi.json", web::get().to(openapi::show))
            .default_service(web::to(nothing_here));
        config.configure(read_input).service(scope);
    }
}

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(session::show_session)
        .service(authorities::list_authorities)
        .service(authorities::create_authority)
        .service(authorities::show_authority)
        .service(authority_life::put_settings)
        .service(authority_life::renew)
        .service(authority_life::roll_over)
        .service(authority_life::switch)
        .service(authority_life::put_state)
        .service(authority_life::import_certificate)
        .service(authority_life::cross_sign)
        .service(profiles::list_profiles)
        .service(profiles::show_profile)
        .service(profiles::rehearse_profile)
        .service(profiles::put_profile)
        .service(profiles::delete_profile)
        .service(certificates::list_certificates)
        .service(certificates::issue_certificate)
        .service(certificates::show_certificate)
        .service(revocation::revoke_certificate)
        .service(revocation::release_certificate)
        .service(revocation::revoke_many)
        .service(revocation::block_key)
        .service(revocation::unblock_key)
        .service(crls::list_crls)
        .service(crls::publish_crls)
        .service(keys::list_tokens)
        .service(keys::list_keys)
        .service(journal::list_chains)
        .service(journal::verify)
        .service(administrators::list_administrators)
        .service(administrators::show_administrator)
        .service(administrators::put_administrator)
        .service(administrators::delete_administrator)
        .service(administrators::add_certificate)
        .service(administrators::remove_certificate)
        .service(acts::list_acts)
        .service(approvals::list_approvals)
        .service(approvals::show_approval)
        .service(approvals::approve)
        .service(approvals::refuse);
}
