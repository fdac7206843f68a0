//! Promises:
//! - every operation of REST has a command that does it, and every command that is said to do one is there
//! - by what a list is searched over REST, it is searched on the command line

use std::collections::BTreeMap;

use clap::{Command, CommandFactory as _};
use serde_json::Value;

use super::segment;
use crate::cli::Cli;

/// As `make generate` writes it and CI compares it with the code.
const DOCUMENT: &str = include_str!("../../../../docs/generated/clm-api.openapi.json");

/// What a browser does, and no command line.
const BROWSERS: [&str; 2] = ["begin_log_in", "finish_log_in"];

/// Which command does an operation.
const COMMANDS: &[(&str, &str)] = &[
    ("add_client", "client add"),
    ("add_end_entity", "entity add"),
    ("add_person", "user add"),
    ("apply_policy", "policy apply"),
    ("ask_key_recovery", "recovery ask"),
    ("begin_device_log_in", "login"),
    ("bind_role", "role give"),
    ("cancel_bulk_act", "cert bulk cancel"),
    ("change_certificate", "cert change"),
    ("change_client", "client change"),
    ("change_end_entity", "entity change"),
    ("change_many", "cert bulk change"),
    ("change_password", "account password"),
    ("change_person", "user change"),
    ("change_realm", "realm rename"),
    ("change_subscription", "notify change"),
    ("confirm_second_factor", "account second-factor confirm"),
    ("create_realm", "realm create"),
    ("decide_key_recovery", "recovery approve"),
    ("decide_request", "request approve"),
    ("delete_realm", "realm delete"),
    ("drop_second_factor", "account second-factor remove"),
    ("enroll", "cert issue"),
    ("fetch_request_key", "request key"),
    ("export_certificates", "cert export-list"),
    ("export_events", "audit export-events"),
    ("forget_certificate", "cert forget"),
    ("import_certificates", "cert import"),
    ("list_authorities", "authority list"),
    ("list_bindings", "role bindings"),
    ("list_bulk_acts", "cert bulk list"),
    ("list_certificates", "cert list"),
    ("list_clients", "client list"),
    ("list_deliveries", "notify deliveries"),
    ("list_end_entities", "entity list"),
    ("list_events", "audit events"),
    ("list_key_recoveries", "recovery list"),
    ("list_login_methods", "login"),
    ("list_people", "user list"),
    ("list_permissions", "role permissions"),
    ("list_policies", "policy list"),
    ("list_policy_versions", "policy versions"),
    ("list_realms", "realm list"),
    ("list_requests", "request list"),
    ("list_roles", "role list"),
    ("list_subscriptions", "notify list"),
    ("list_tokens", "client token list"),
    ("log_in", "login"),
    ("log_in_by_certificate", "login"),
    ("log_in_by_device", "login"),
    ("log_out", "logout"),
    ("make_second_factor", "account second-factor make"),
    ("make_token", "client token make"),
    ("put_role", "role put"),
    ("release_key", "recovery fetch"),
    ("remove_client", "client remove"),
    ("remove_end_entity", "entity remove"),
    ("remove_end_entity_password", "entity set-password --none"),
    (
        "remove_end_entity_shared_secret",
        "entity set-secret --none",
    ),
    ("remove_person", "user remove"),
    ("remove_role", "role remove"),
    ("renew_many", "cert bulk renew"),
    ("reset_second_factor", "user reset-second-factor"),
    ("retry_delivery", "notify retry"),
    ("revoke", "cert revoke"),
    ("revoke_many", "cert bulk revoke"),
    ("revoke_token", "client token revoke"),
    ("set_end_entity_password", "entity set-password"),
    ("set_end_entity_shared_secret", "entity set-secret"),
    ("set_password", "password"),
    ("show_authority", "authority show"),
    ("show_bulk_act", "cert bulk show"),
    ("show_certificate", "cert show"),
    ("show_client", "client show"),
    ("show_end_entity", "entity show"),
    ("show_history", "cert history"),
    ("show_key_recovery", "recovery show"),
    ("show_person", "user show"),
    ("show_policy", "policy show"),
    ("show_realm", "realm show"),
    ("show_role", "role show"),
    ("show_session", "whoami"),
    ("show_statistics", "cert statistics"),
    ("show_subscription", "notify show"),
    ("show_system", "system"),
    ("subscribe", "notify subscribe"),
    ("try_subscription", "notify test"),
    ("unbind_role", "role take"),
    ("unsubscribe", "notify unsubscribe"),
    ("withdraw_key_recovery", "recovery withdraw"),
    ("verify_events", "audit verify-clm"),
];

/// How a parameter of a list is called on the command line.
const OPTIONS: &[(&str, &str)] = &[
    ("page_size", "limit"),
    ("page_token", "page"),
    ("tags", "tag"),
];
/// What a command does with no option of that name.
const WITHOUT: &[(&str, &str, &str)] = &[
    (
        "export_certificates",
        "order",
        "whoever takes all of them sorts them",
    ),
    ("show_certificate", "format", "`cert export` writes files"),
];

/// Operation, and parameters of its query.
fn queries() -> Vec<(String, Vec<String>)> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let reads = paths.filter_map(|item| item.get("get"));
    reads
        .map(|operation| {
            let all = operation["parameters"].as_array().into_iter().flatten();
            let query = all.filter(|one| one["in"] == "query");
            let names = query.map(|one| one["name"].as_str().unwrap().to_owned());
            let id = operation["operationId"].as_str().unwrap().to_owned();
            (id, names.collect())
        })
        .collect()
}

#[test]
fn every_filter_of_a_list_has_an_option() {
    let commands: BTreeMap<_, _> = COMMANDS.iter().copied().collect();
    let mut missing = Vec::new();
    for (operation, parameters) in queries() {
        let Some(command) = commands.get(operation.as_str()) else {
            continue;
        };
        let command = found(&operation, command);
        let has = |option: &str| {
            command
                .get_arguments()
                .any(|one| one.get_long() == Some(option))
        };
        // Without pages it reads them all.
        let is_whole = !has("page");
        for parameter in parameters {
            let usual = parameter.replace('_', "-");
            let renamed = OPTIONS.iter().find(|(from, _)| *from == parameter);
            let option = renamed.map_or(usual.as_str(), |(_, to)| to);
            let is_page = parameter.starts_with("page_");
            let is_known = WITHOUT
                .iter()
                .any(|(of, one, _)| *of == operation && *one == parameter);
            let is_there = has(option) || is_page && is_whole;
            if !is_there && !is_known {
                missing.push(format!("{operation}: --{option}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn operations() -> Vec<String> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let items = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values());
    items
        .filter_map(|operation| operation["operationId"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn every_operation_of_rest_has_a_command() {
    let commands: BTreeMap<_, _> = COMMANDS.iter().copied().collect();
    assert_eq!(commands.len(), COMMANDS.len(), "one command for each");
    let operations = operations();
    assert!(operations.len() > 80, "{}", operations.len());
    for operation in &operations {
        let is_browsers = BROWSERS.contains(&operation.as_str());
        assert_ne!(
            commands.contains_key(operation.as_str()),
            is_browsers,
            "{operation} has no command: give it one, and name it here"
        );
    }
    for (operation, _) in COMMANDS {
        assert!(
            operations.iter().any(|one| one == operation),
            "{operation} is gone"
        );
    }
}

/// The command of an operation.
fn found(operation: &str, command: &str) -> Command {
    let mut at = Cli::command();
    for word in command.split(' ') {
        if let Some(option) = word.strip_prefix("--") {
            let is_there = at.get_arguments().any(|one| one.get_long() == Some(option));
            assert!(is_there, "{operation}: {command}");
            continue;
        }
        let found = at.find_subcommand(word).cloned();
        at = found.unwrap_or_else(|| panic!("{operation}: {command}"));
    }
    at
}

#[test]
fn every_command_that_does_an_operation_is_there() {
    for (operation, command) in COMMANDS {
        let at = found(operation, command);
        assert!(
            !at.has_subcommands(),
            "{operation}: {command} does nothing by itself"
        );
    }
}

#[test]
fn a_name_stays_one_segment_of_a_path() {
    assert_eq!(segment("CN=a/b ü"), "CN%3Da%2Fb%20%C3%BC");
    assert_eq!(segment("www-1.example_x~"), "www-1.example_x~");
}
