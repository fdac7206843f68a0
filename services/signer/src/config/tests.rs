//! The configuration against its words.

use std::path::Path;

use super::*;

fn parse(text: &str) -> Result<Config, ers_runtime::config::ConfigError> {
    ers_runtime::config::parse(text, Path::new("signer.yaml"))
}

const LEAST: &str = "database: { url: 'sqlite::memory:' }\nmaster_password: secret\n";

/// The comment of [`Config`] is parsed as it stands.
#[test]
fn the_documented_example_is_a_configuration() {
    let source = include_str!("../config.rs");
    let lines = source.lines().filter_map(|line| line.strip_prefix("///"));
    let example: Vec<&str> = lines
        .skip_while(|line| *line != " ```yaml")
        .skip(1)
        .take_while(|line| *line != " ```")
        .collect();
    let config = parse(&example.join("\n")).unwrap();
    assert_eq!(config.default_token().unwrap(), "hsm");
    assert_eq!(config.tokens.len(), 2);
}

#[test]
fn the_least_configuration_keeps_keys_in_the_database() {
    let config = parse(LEAST).unwrap();
    config.check().unwrap();
    assert_eq!(config.default_token().unwrap(), "software");
    assert_eq!(config.journal.chain, "main");
}

#[test]
fn contradictions_are_named() {
    for (more, message) in [
        (
            "tokens: []",
            "read configuration: tokens is empty; leave it away to keep keys in the database",
        ),
        (
            "default_token: hsm",
            "read configuration: default_token is hsm, but there is no token of that name",
        ),
        (
            "tokens: [{ name: a }]",
            "read configuration: token a needs one of software, pkcs11",
        ),
        (
            "tokens: [{ name: a, software: {} }, { name: a, software: {} }]",
            "read configuration: two tokens are named a",
        ),
        (
            "journal: { chain: '' }",
            "read configuration: journal.chain must have 1 to 128 characters",
        ),
        (
            "tokens: [{ name: a, pkcs11: { library: /nowhere.so } }]",
            "find library /nowhere.so of token a: there is no such file",
        ),
    ] {
        let config = parse(&format!("{LEAST}{more}\n")).unwrap();
        assert_eq!(config.check().unwrap_err().to_string(), message);
    }
    assert!(
        parse(&format!(
            "{LEAST}grants: [{{ caller: x, sign: [everything] }}]\n"
        ))
        .is_err()
    );
    assert!(parse(&format!("{LEAST}unknown: 1\n")).is_err());
}
