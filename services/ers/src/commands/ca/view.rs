//! CAs as they are shown.

use ers_proto::cara::v1::{Authority, AuthorityGeneration, AuthorityState, OtherCertificate};
use serde::Serialize;

use crate::{
    key_store,
    output::{self, Show},
};

#[derive(Serialize)]
pub(super) struct CaView {
    name: String,
    subject: String,
    issuer: String,
    state: &'static str,
    key_algorithm: String,
    signature_algorithm: String,
    not_before: String,
    not_after: String,
    crl_number: u64,
    crl_next_update: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<u64>,
    certificate: String,
    generation: u32,
    generations: Vec<GenerationView>,
    others: Vec<OtherView>,
    settings_version: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    request: String,
}

#[derive(Serialize)]
struct GenerationView {
    number: u32,
    state: String,
    key_algorithm: String,
    crl_number: u64,
    crl_next_update: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    switch_at: String,
    certificate: String,
    /// Those above it as PEM, its issuer first.
    chain: String,
}

#[derive(Serialize)]
struct OtherView {
    kind: String,
    generation: u32,
    certificate: String,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct CaList(pub(super) Vec<CaView>);

pub(super) fn view(ca: Authority, counted: bool) -> CaView {
    CaView {
        state: match ca.state() {
            AuthorityState::Active => "active",
            AuthorityState::Suspended => "suspended",
            AuthorityState::Retired => "retired",
            AuthorityState::Revoked => "revoked",
            AuthorityState::AwaitingCertificate => "awaiting certificate",
            AuthorityState::External => "external",
            AuthorityState::Unspecified => "",
        },
        not_before: output::time(ca.not_before.as_ref()),
        not_after: output::time(ca.not_after.as_ref()),
        crl_next_update: output::time(ca.crl_next_update.as_ref()),
        certificates: counted.then_some(ca.certificates),
        revoked: counted.then_some(ca.revoked),
        certificate: pem("CERTIFICATE", &ca.certificate),
        generation: ca.generation,
        generations: ca.generations.iter().map(generation).collect(),
        others: ca.others.iter().map(other).collect(),
        settings_version: ca.settings_version,
        request: pem("CERTIFICATE REQUEST", &ca.request),
        name: ca.name,
        subject: ca.subject,
        issuer: ca.issuer,
        key_algorithm: ca.key_algorithm,
        signature_algorithm: ca.signature_algorithm,
        crl_number: ca.crl_number,
    }
}

fn generation(generation: &AuthorityGeneration) -> GenerationView {
    GenerationView {
        number: generation.number,
        state: generation.state.clone(),
        key_algorithm: generation.key_algorithm.clone(),
        crl_number: generation.crl_number,
        crl_next_update: output::time(generation.crl_next_update.as_ref()),
        switch_at: output::time(generation.switch_at.as_ref()),
        certificate: pem("CERTIFICATE", &generation.certificate),
        chain: key_store::pem_chain(&generation.chain),
    }
}

fn other(other: &OtherCertificate) -> OtherView {
    OtherView {
        kind: other.kind.clone(),
        generation: other.generation,
        certificate: pem("CERTIFICATE", &other.certificate),
    }
}

/// Nothing for nothing.
fn pem(label: &str, der: &[u8]) -> String {
    if der.is_empty() {
        return String::new();
    }
    key_store::pem(label, der)
}

impl CaView {
    /// A line for each generation.
    fn generations(&self) -> String {
        let line = |g: &GenerationView| {
            let switch = if g.switch_at.is_empty() {
                String::new()
            } else {
                format!(", issues from {}", g.switch_at)
            };
            format!(
                "{}: {}, {}, CRL {}{switch}",
                g.number, g.state, g.key_algorithm, g.crl_number
            )
        };
        self.generations
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// How many of each kind there are.
    fn others(&self) -> String {
        let mut kinds: Vec<_> = self
            .others
            .iter()
            .map(|other| other.kind.as_str())
            .collect();
        kinds.sort_unstable();
        kinds.join(", ")
    }
}

impl Show for CaList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|ca| {
            [
                ca.name.clone(),
                ca.subject.clone(),
                ca.issuer.clone(),
                ca.state.into(),
                ca.key_algorithm.clone(),
                ca.not_after.clone(),
            ]
        });
        output::table(
            ["name", "subject", "issuer", "state", "key", "valid until"],
            rows,
        )
    }
}

impl Show for CaView {
    fn text(&self) -> String {
        output::fields(&[
            ("name", self.name.clone()),
            ("subject", self.subject.clone()),
            (
                "issuer",
                if self.issuer.is_empty() {
                    "self (root)".into()
                } else {
                    self.issuer.clone()
                },
            ),
            ("state", self.state.into()),
            (
                "key",
                format!("{}, signs {}", self.key_algorithm, self.signature_algorithm),
            ),
            (
                "valid",
                format!("{} to {}", self.not_before, self.not_after),
            ),
            (
                "CRL",
                format!(
                    "number {}, next update {}",
                    self.crl_number, self.crl_next_update
                ),
            ),
            (
                "certificates",
                self.certificates.map(|n| n.to_string()).unwrap_or_default(),
            ),
            (
                "revoked",
                self.revoked.map(|n| n.to_string()).unwrap_or_default(),
            ),
            ("generations", self.generations()),
            ("other certificates", self.others()),
        ])
    }
}
