//! Promise: imports point one way only, as `docs/architecture.md` says.

#![cfg(test)]

use std::{collections::BTreeMap, process::Command};

/// What each kind of crate may import of ours, tests and build scripts left aside.
fn may_import(importer: &str, imported: &str) -> bool {
    const SERVICES: [&str; 10] = [
        "signer",
        "cara-ws",
        "cara-admin",
        "clm-api",
        "clm-ui",
        "rev-info",
        "acme",
        "scep",
        "est",
        "cmp",
    ];
    let shared = [
        "ers-calls",
        "ers-enrollment",
        "ers-runtime",
        "ers-signer-client",
        "ers-proto",
        "ers-pki",
        "ers-migrations",
        "ers-web-app",
    ];
    match importer {
        "ers-calls" | "ers-pki" | "ers-proto" | "ers-runtime" | "ers-migrations"
        | "ers-faulty-pkcs11" => false,
        "ers-enrollment" => [
            "ers-calls",
            "ers-pki",
            "ers-proto",
            "ers-runtime",
            "ers-signer-client",
        ]
        .contains(&imported),
        "ers-signer-client" => ["ers-calls", "ers-proto", "ers-pki"].contains(&imported),
        "ers-test-support" | "ers-web-app" => imported == "ers-runtime",
        "ers" => SERVICES.contains(&imported) || shared.contains(&imported),
        "ers-bench" => shared.contains(&imported),
        service if SERVICES.contains(&service) => shared.contains(&imported),
        unknown => panic!("{unknown} is new: say here what it may import"),
    }
}

/// Crates that would make a pure room impure.
const NEVER_IN_PKI: [&str; 7] = [
    "tokio",
    "sea-orm",
    "actix-web",
    "tonic",
    "sqlx",
    "reqwest",
    "ers-runtime",
];

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let imported = dependencies
                .iter()
                .filter(|d| d["kind"].is_null())
                .map(|d| text(&d["name"]));
            (text(&package["name"]), imported.collect())
        })
        .collect()
}

#[test]
fn imports_point_one_way_only() {
    let all = dependencies();
    assert!(all.len() >= 11, "the workspace was found");
    for (importer, imported) in &all {
        for ours in imported.iter().filter(|name| all.contains_key(*name)) {
            assert!(
                may_import(importer, ours),
                "{importer} must not import {ours}"
            );
        }
    }
}

#[test]
fn pki_stays_pure() {
    let all = dependencies();
    let pki = &all["ers-pki"];
    for impure in NEVER_IN_PKI {
        assert!(
            !pki.iter().any(|name| name == impure),
            "ers-pki must not import {impure}"
        );
    }
}
