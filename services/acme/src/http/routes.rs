//! The route table. Everything of a directory stands twice: under `/acme` for the default policy, and under
//! `/acme/{policy}`. What comes first wins, so a policy cannot be called like a resource (`order`, `acct`, …).

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use super::{
    account, authorization, certificate, challenge, change_key, directory, finalize, headers,
    new_account, new_authz, new_nonce, new_order, order, orders, problem, renewal_info, revoke,
};
use crate::domain::jws::MAX_BODY_BYTES;
use crate::server::Server;

/// Mounts `/acme`.
pub fn configure(server: &Arc<Server>, app: &mut ServiceConfig) {
    let scope = web::scope("/acme")
        .wrap(from_fn(headers::add))
        .app_data(web::Data::from(Arc::clone(server)))
        .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
        .configure(resources)
        .service(
            web::scope("/{policy}")
                .configure(resources)
                .default_service(web::to(problem::nothing_here)),
        )
        .default_service(web::to(problem::nothing_here));
    app.service(scope);
}

fn resources(scope: &mut ServiceConfig) {
    let resource =
        |path: &str| web::resource(path.to_owned()).default_service(web::to(problem::wrong_method));
    scope
        .service(
            resource("/directory")
                .route(web::get().to(directory::show))
                .route(web::head().to(directory::show)),
        )
        .service(
            resource("/new-nonce")
                .route(web::get().to(new_nonce::get))
                .route(web::head().to(new_nonce::head)),
        )
        .service(resource("/new-account").route(web::post().to(new_account::create)))
        .service(resource("/new-order").route(web::post().to(new_order::create)))
        .service(resource("/new-authz").route(web::post().to(new_authz::create)))
        .service(resource("/revoke-cert").route(web::post().to(revoke::revoke)))
        .service(resource("/key-change").route(web::post().to(change_key::change)))
        .service(resource("/acct/{id}").route(web::post().to(account::update)))
        .service(resource("/acct/{id}/orders").route(web::post().to(orders::list)))
        .service(resource("/order/{id}").route(web::post().to(order::show)))
        .service(resource("/order/{id}/finalize").route(web::post().to(finalize::finalize)))
        .service(resource("/authz/{id}").route(web::post().to(authorization::update)))
        .service(resource("/chall/{id}").route(web::post().to(challenge::answer)))
        .service(resource("/cert/{id}").route(web::post().to(certificate::download)))
        .service(resource("/cert/{id}/{chain}").route(web::post().to(certificate::download)))
        .service(resource("/renewal-info/{id}").route(web::get().to(renewal_info::show)));
}
