//! `ers ca`: certification authorities.

use ers_proto::cara::v1::{
    Authority, AuthorityState, CreateAuthorityRequest, ListAuthoritiesRequest, LoadAuthorityRequest,
};
use serde::Serialize;

use super::duration;
use crate::{
    cli::{Ca, CaCreate, Global},
    failure::{Outcome, answered},
    key_store,
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct CaView {
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
}

#[derive(Serialize)]
#[serde(transparent)]
struct CaList(Vec<CaView>);

pub async fn run(global: &Global, command: Ca) -> Outcome<()> {
    let mut authorities = Remote::open(global)?.authorities();
    match command {
        Ca::List => {
            let answer = authorities
                .list(ListAuthoritiesRequest {})
                .await
                .map_err(answered)?
                .into_inner();
            output::show(
                global.output,
                &CaList(
                    answer
                        .authorities
                        .into_iter()
                        .map(|ca| view(ca, false))
                        .collect(),
                ),
            )
        }
        Ca::Show { name, pem } => {
            let ca = authorities
                .load(LoadAuthorityRequest { name })
                .await
                .map_err(answered)?
                .into_inner();
            if pem {
                let chain = std::iter::once(&ca.certificate).chain(&ca.chain);
                return output::line(key_store::pem_chain(chain).trim_end());
            }
            output::show(global.output, &view(ca, true))
        }
        Ca::Create(options) => {
            let ca = authorities
                .create(request(options)?)
                .await
                .map_err(answered)?
                .into_inner();
            output::show(global.output, &view(ca, false))
        }
    }
}

fn request(options: CaCreate) -> Outcome<CreateAuthorityRequest> {
    Ok(CreateAuthorityRequest {
        validity: Some(duration(&options.validity)?),
        name: options.name,
        subject: options.subject,
        key_algorithm: options.key_algorithm,
        signature_algorithm: options.signature_algorithm.unwrap_or_default(),
        issuer: options.issuer.unwrap_or_default(),
        path_length: options.path_length,
        token: options.token.unwrap_or_default(),
    })
}

fn view(ca: Authority, counted: bool) -> CaView {
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
        certificate: key_store::pem("CERTIFICATE", &ca.certificate),
        name: ca.name,
        subject: ca.subject,
        issuer: ca.issuer,
        key_algorithm: ca.key_algorithm,
        signature_algorithm: ca.signature_algorithm,
        crl_number: ca.crl_number,
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
        ])
    }
}
