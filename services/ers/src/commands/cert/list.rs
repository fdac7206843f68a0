//! `ers cert list`.

use ers_proto::clm::v1::{CertificateFilter, ListCertificatesRequest};
use serde::Serialize;

use super::{inventory::filter, view::CertificateView};
use crate::{
    cli::{CertList, Global},
    clm::Clm,
    failure::{Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct Page {
    certificates: Vec<CertificateView>,
    next_page: Option<String>,
    total: u64,
}

pub(super) async fn run(global: &Global, remote: &Clm, options: CertList) -> Outcome<()> {
    let filter = CertificateFilter {
        order: options.order.unwrap_or_default(),
        ..filter(options.filter)
    };
    let request = ListCertificatesRequest {
        filter: Some(filter),
        page_size: options.limit,
        page_token: options.page.unwrap_or_default(),
        ..ListCertificatesRequest::default()
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
