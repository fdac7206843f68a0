//! CLM over HTTP, under `/clm-api`: the route table, the OpenAPI document made from it, and what every answer shares.
//! To add an endpoint: a file here named by its verb, and a line in [`routes`]. Who may call it stands in its arguments:
//! [`Administrator`], or nothing for everybody.

mod administrator;
mod apply_policy;
mod bodies;
mod change_password;
mod decide_request;
mod deliveries;
mod enroll;
mod list_certificates;
mod list_policies;
mod list_realms;
mod list_requests;
mod log_in;
mod log_out;
mod openapi;
mod queries;
mod revoke;
mod show_certificate;
mod show_policy;
mod show_session;
mod show_statistics;
mod subscriptions;

use std::sync::Arc;

use actix_web::web;
use ers_runtime::http::{nothing_here, read_input};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) use administrator::Administrator;

use crate::flows::Flows;

/// Mounts everything under `/clm-api`.
pub fn configure(
    flows: &Arc<Flows>,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> + 'static {
    let flows = web::Data::from(Arc::clone(flows));
    move |config| {
        let scope = utoipa_actix_web::scope("/clm-api")
            .app_data(flows.clone())
            .configure(routes)
            .route("/openapi.json", web::get().to(openapi::show))
            .default_service(web::to(nothing_here));
        config.configure(read_input).service(scope);
    }
}

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(log_in::log_in)
        .service(show_session::show_session)
        .service(log_out::log_out)
        .service(change_password::change_password)
        .service(list_realms::list_realms)
        .service(list_policies::list_policies)
        .service(show_policy::show_policy)
        .service(apply_policy::apply_policy)
        .service(list_certificates::list_certificates)
        .service(enroll::enroll)
        .service(show_certificate::show_certificate)
        .service(revoke::revoke)
        .service(show_statistics::show_statistics)
        .service(list_requests::list_requests)
        .service(decide_request::decide_request)
        .service(subscriptions::list_subscriptions)
        .service(subscriptions::subscribe)
        .service(subscriptions::show_subscription)
        .service(subscriptions::change_subscription)
        .service(subscriptions::unsubscribe)
        .service(subscriptions::try_subscription)
        .service(deliveries::list_deliveries)
        .service(deliveries::retry_delivery);
}
