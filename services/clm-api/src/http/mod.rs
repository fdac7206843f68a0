//! CLM over HTTP, under `/clm-api`: the route table, the OpenAPI document made from it, and what every answer shares.
//! To add an endpoint: a file here named by its verb or its thing, a line in [`routes`], and one in [`operations`] that
//! says who may call it; [`Caller`] among its arguments, which asks, and gives how far what they may do reaches.

mod apply_policy;
mod audit;
mod authorities;
mod bodies;
mod bulk;
mod caller;
mod change_certificate;
mod change_password;
mod clients;
mod csv;
mod decide_request;
mod deliveries;
mod end_entities;
mod end_entity_secrets;
mod enroll;
mod export_certificates;
mod fetch_key;
mod headers;
mod import_certificates;
mod key_recoveries;
mod list_certificates;
mod list_policies;
mod list_requests;
mod log_in;
mod log_in_by_device;
mod log_out;
mod oidc;
mod openapi;
mod operations;
mod payload;
mod people;
mod queries;
mod realms;
mod repeat;
mod revoke;
mod role_bindings;
mod roles;
mod second_factor;
mod show_certificate;
mod show_history;
mod show_policy;
mod show_session;
mod show_statistics;
mod subscriptions;
mod system;

use std::sync::Arc;

use actix_web::{middleware::from_fn, web};
use ers_runtime::http::{nothing_here, read_input};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) use caller::Caller;

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
            .default_service(web::to(nothing_here))
            .wrap(from_fn(repeat::answer_once))
            .wrap(from_fn(caller::introduce));
        config.configure(read_input).service(scope);
    }
}

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(log_in::log_in)
        .service(log_in::log_in_by_certificate)
        .service(oidc::list_login_methods)
        .service(oidc::begin_log_in)
        .service(oidc::finish_log_in)
        .service(log_in_by_device::begin_device_log_in)
        .service(log_in_by_device::log_in_by_device)
        .service(show_session::show_session)
        .service(log_out::log_out)
        .service(change_password::change_password)
        .configure(people_routes)
        .configure(end_entity_routes)
        .service(authorities::list_authorities)
        .service(authorities::show_authority)
        .service(system::show_system)
        .service(realms::list_realms)
        .service(realms::create_realm)
        .service(realms::show_realm)
        .service(realms::change_realm)
        .service(realms::delete_realm)
        .service(list_policies::list_policies)
        .service(list_policies::list_policy_versions)
        .service(show_policy::show_policy)
        .service(apply_policy::apply_policy)
        .service(list_certificates::list_certificates)
        .service(enroll::enroll)
        .service(export_certificates::export_certificates)
        .service(import_certificates::import_certificates)
        .service(import_certificates::forget_certificate)
        .service(show_certificate::show_certificate)
        .service(change_certificate::change_certificate)
        .service(show_history::show_history)
        .service(revoke::revoke)
        .configure(bulk_routes)
        .configure(recovery_routes)
        .service(show_statistics::show_statistics)
        .service(list_requests::list_requests)
        .service(decide_request::decide_request)
        .service(fetch_key::fetch_request_key)
        .service(subscriptions::list_subscriptions)
        .service(subscriptions::subscribe)
        .service(subscriptions::show_subscription)
        .service(subscriptions::change_subscription)
        .service(subscriptions::unsubscribe)
        .service(subscriptions::try_subscription)
        .service(deliveries::list_deliveries)
        .service(deliveries::retry_delivery);
}

/// For whom certificates are.
fn end_entity_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(end_entities::list_end_entities)
        .service(end_entities::add_end_entity)
        .service(end_entities::show_end_entity)
        .service(end_entities::change_end_entity)
        .service(end_entities::remove_end_entity)
        .service(end_entity_secrets::set_end_entity_password)
        .service(end_entity_secrets::remove_end_entity_password)
        .service(end_entity_secrets::set_end_entity_shared_secret)
        .service(end_entity_secrets::remove_end_entity_shared_secret);
}

/// Acts on many certificates.
fn bulk_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(bulk::revoke_many)
        .service(bulk::renew_many)
        .service(bulk::change_many)
        .service(bulk::list_bulk_acts)
        .service(bulk::show_bulk_act)
        .service(bulk::cancel_bulk_act);
}

/// Kept keys that are wanted back.
fn recovery_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(key_recoveries::list_key_recoveries)
        .service(key_recoveries::ask_key_recovery)
        .service(key_recoveries::show_key_recovery)
        .service(key_recoveries::decide_key_recovery)
        .service(key_recoveries::withdraw_key_recovery)
        .service(key_recoveries::release_key);
}

/// People, what they and clients may do, and what they did.
fn people_routes(config: &mut ServiceConfig<'_>) {
    config
        .service(second_factor::make_second_factor)
        .service(second_factor::confirm_second_factor)
        .service(second_factor::drop_second_factor)
        .service(roles::list_permissions)
        .service(roles::list_roles)
        .service(roles::show_role)
        .service(roles::put_role)
        .service(roles::remove_role)
        .service(role_bindings::list_bindings)
        .service(role_bindings::bind_role)
        .service(role_bindings::unbind_role)
        .service(people::list_people)
        .service(people::add_person)
        .service(people::show_person)
        .service(people::change_person)
        .service(people::remove_person)
        .service(people::set_password)
        .service(people::reset_second_factor)
        .service(clients::list_clients)
        .service(clients::add_client)
        .service(clients::show_client)
        .service(clients::change_client)
        .service(clients::remove_client)
        .service(clients::list_tokens)
        .service(clients::make_token)
        .service(clients::revoke_token)
        .service(audit::list_events)
        .service(audit::export_events)
        .service(audit::verify_events);
}
