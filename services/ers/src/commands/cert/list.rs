//! `ers cert list`.

use ers_proto::clm::v1::ListCertificatesRequest;
use serde::Serialize;

use super::view::CertificateView;
use crate::{
    cli::{CertList, Global},
    commands::duration,
    failure::{Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Page {
    certificates: Vec<CertificateView>,
    next_page: Option<String>,
    total: u64,
}

pub(super) async fn run(global: &Global, remote: &Remote, options: CertList) -> Outcome<()> {
    let request = ListCertificatesRequest {
        realm: String::new(),
        search: options.search.unwrap_or_default(),
        state: options.state.unwrap_or_default(),
        page_size: options.limit,
        page_token: options.page.unwrap_or_default(),
        expires_within: options
            .expires_within
            .as_deref()
            .map(duration)
            .transpose()?,
    };
    let answer = remote
        .administration()
        .list_certificates(request)
        .await
        .map_err(answered)?
        .into_inner();
    let page = Page {
        certificates: answer
            .certificates
            .into_iter()
            .map(CertificateView::of)
            .collect(),
        next_page: Some(answer.next_page_token).filter(|token| !token.is_empty()),
        total: answer.total,
    };
    output::show(global.output, &page)
}

impl Show for Page {
    fn text(&self) -> String {
        let rows = self.certificates.iter().map(|c| {
            let name = if c.subject.is_empty() {
                c.names.join(" ")
            } else {
                c.subject.clone()
            };
            [
                c.serial.clone(),
                name,
                c.state.clone(),
                c.not_after.clone(),
                c.policy.clone(),
                c.issuer.clone(),
            ]
        });
        let mut text = output::table(
            [
                "serial",
                "subject",
                "state",
                "valid until",
                "policy",
                "issuer",
            ],
            rows,
        );
        text.push_str(&format!("\n{} of {}", self.certificates.len(), self.total));
        if let Some(next) = &self.next_page {
            text.push_str(&format!("; the next page: --page {next}"));
        }
        text
    }
}
