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

/// What a vendor's example differs from others in.
fn example(name: &str, text: &str) -> Config {
    let config = ers_runtime::config::parse(text, Path::new(name));
    config.unwrap_or_else(|error| panic!("{name}: {}", ers_runtime::error::chain(&error)))
}

#[test]
fn the_vendors_examples_are_configurations() {
    for (name, text, tokens) in [
        ("softhsm2", include_str!("../../examples/softhsm2.yaml"), 1),
        ("kryoptic", include_str!("../../examples/kryoptic.yaml"), 1),
        ("utimaco", include_str!("../../examples/utimaco.yaml"), 1),
        (
            "thales-luna",
            include_str!("../../examples/thales-luna.yaml"),
            1,
        ),
        (
            "entrust-nshield",
            include_str!("../../examples/entrust-nshield.yaml"),
            1,
        ),
        (
            "aws-cloudhsm",
            include_str!("../../examples/aws-cloudhsm.yaml"),
            1,
        ),
        ("yubihsm2", include_str!("../../examples/yubihsm2.yaml"), 1),
        (
            "nitrokey-nethsm",
            include_str!("../../examples/nitrokey-nethsm.yaml"),
            1,
        ),
        (
            "nitrokey-hsm2",
            include_str!("../../examples/nitrokey-hsm2.yaml"),
            2,
        ),
    ] {
        let mut config = example(name, text);
        assert_eq!(config.tokens.len(), tokens, "{name}");
        for token in &mut config.tokens {
            let pkcs11 = token.pkcs11.as_mut().unwrap();
            assert!(pkcs11.library.is_absolute(), "{name}");
            // the vendor's library is not on this machine, some file is
            pkcs11.library = "/proc/self/exe".into();
        }
        config.check().unwrap();
    }
}

#[test]
fn what_cannot_be_with_a_token_is_named() {
    for (more, message) in [
        ("login: user", "pin of token a is missing"),
        ("login: keypad, pin: x", "pin of token a is not asked for"),
        ("login: none, pin: x", "pin of token a is not asked for"),
        (
            "login: none, always_authenticate: true",
            "always_authenticate of token a needs a login",
        ),
        ("sessions: 0", "sessions of token a must be 1 to 256"),
        ("workers: 257", "workers of token a must be 0 to 256"),
        ("timeout_s: 0", "timeout_s of token a must be 1 to 3600"),
        (
            "generation: { id_bytes: 1 }",
            "generation.id_bytes of token a must be 2 to 64",
        ),
        (
            "generation: { rsa_key_pair_mechanism: 0 }",
            "generation.rsa_key_pair_mechanism of token a must be CKM_VENDOR_DEFINED",
        ),
    ] {
        let text = format!(
            "{LEAST}tokens: [{{ name: a, pkcs11: {{ library: /proc/self/exe, {more} }} }}]\n"
        );
        let error = parse(&text).unwrap().check().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    // the security officer never logs in, and private keys never leave
    for more in ["login: so", "generation: { extractable: true }"] {
        let text = format!(
            "{LEAST}tokens: [{{ name: a, pkcs11: {{ library: /proc/self/exe, {more} }} }}]\n"
        );
        assert!(parse(&text).is_err(), "{more}");
    }
}
