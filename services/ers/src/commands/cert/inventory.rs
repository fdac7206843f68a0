//! `ers cert tag`, `assign`, `change`, `history`, `import`, `forget`, `export-list`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_proto::clm::v1::{
    CertificateFilter, ChangeCertificateRequest, ForgetCertificateRequest, HistoryEvent,
    ImportCertificatesRequest, ImportedCertificate, ListCertificatesRequest, ShowHistoryRequest,
    StringList,
};
use serde::Serialize;

use super::view::CertificateView;
use crate::{
    cli::{CertChange, CertExportList, CertFilter, CertImport, CertTag, Global, ListFormat},
    clm::Clm,
    commands::{ACTOR, read_text},
    failure::{Attempt as _, Outcome, answered},
    output::{self, Show},
};

const PAGE: u32 = 1000;

/// A filter as messages have it.
pub(super) fn filter(options: CertFilter) -> CertificateFilter {
    CertificateFilter {
        realm: options.realm.unwrap_or_default(),
        search: options.search.unwrap_or_default(),
        state: options.state.unwrap_or_default(),
        expires_within: options.expires_within.unwrap_or_default(),
        expires_from: options.expires_from.unwrap_or_default(),
        expires_before: options.expires_before.unwrap_or_default(),
        policy: options.policy.unwrap_or_default(),
        issuer: options.issuer.unwrap_or_default(),
        key_algorithm: options.key_algorithm.unwrap_or_default(),
        end_entity: options.end_entity.unwrap_or_default(),
        owner: options.owner.unwrap_or_default(),
        unowned: options.unowned,
        tags: options.tags.join(","),
        source: options.source.unwrap_or_default(),
        order: String::new(),
    }
}

pub(super) async fn tag(global: &Global, remote: &Clm, options: CertTag) -> Outcome<()> {
    let request = ChangeCertificateRequest {
        id: options.id,
        set_tags: options.set,
        remove_tags: options.remove,
        ..ChangeCertificateRequest::default()
    };
    change_by(global, remote, request).await
}

pub(super) async fn assign(
    global: &Global,
    remote: &Clm,
    id: String,
    owner: String,
) -> Outcome<()> {
    let request = ChangeCertificateRequest {
        id,
        owner: Some(owner),
        ..ChangeCertificateRequest::default()
    };
    change_by(global, remote, request).await
}

pub(super) async fn change(global: &Global, remote: &Clm, options: CertChange) -> Outcome<()> {
    let locations = options.locations;
    let request = ChangeCertificateRequest {
        id: options.id,
        comment: options.comment,
        locations: (!locations.is_empty()).then_some(StringList { values: locations }),
        ..ChangeCertificateRequest::default()
    };
    change_by(global, remote, request).await
}

async fn change_by(
    global: &Global,
    remote: &Clm,
    request: ChangeCertificateRequest,
) -> Outcome<()> {
    let request = ChangeCertificateRequest {
        actor: ACTOR.to_owned(),
        ..request
    };
    let changed = remote
        .administration()
        .change_certificate(request)
        .await
        .map_err(answered)?
        .into_inner();
    output::show(global.output, &CertificateView::of(changed))
}

#[derive(Serialize)]
struct Event {
    at: String,
    act: String,
    actor: String,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate: String,
}

#[derive(Serialize)]
struct Events(Vec<Event>);

pub(super) async fn history(global: &Global, remote: &Clm, id: String) -> Outcome<()> {
    let told = remote
        .administration()
        .show_history(ShowHistoryRequest { id })
        .await
        .map_err(answered)?
        .into_inner();
    let events = told.events.into_iter().map(event).collect();
    output::show(global.output, &Events(events))
}

fn event(told: HistoryEvent) -> Event {
    Event {
        at: output::time(told.at.as_ref()),
        act: told.act,
        actor: told.actor,
        detail: told.detail,
        before: told.before,
        after: told.after,
        certificate: told.certificate,
    }
}

#[derive(Serialize)]
struct Imported {
    fingerprint: String,
    subject: String,
    outcome: String,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Report(Vec<Imported>);

pub(super) async fn import(global: &Global, remote: &Clm, options: CertImport) -> Outcome<()> {
    let request = ImportCertificatesRequest {
        certificates: certificates(&options)?,
        policy: options.policy,
        owner: options.owner,
        tags: options.tags,
        actor: ACTOR.to_owned(),
    };
    let told = remote
        .administration()
        .import_certificates(request)
        .await
        .map_err(answered)?
        .into_inner();
    let report = told.certificates.into_iter().map(imported).collect();
    output::show(global.output, &Report(report))
}

/// The text of PEM; anything else in Base64.
fn certificates(options: &CertImport) -> Outcome<String> {
    if options.file == std::path::Path::new("-") {
        return read_text(&options.file);
    }
    let bytes = std::fs::read(&options.file).attempt(format!("read {}", options.file.display()))?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN") => text,
        Ok(text) => STANDARD.encode(text),
        Err(error) => STANDARD.encode(error.into_bytes()),
    })
}

fn imported(told: ImportedCertificate) -> Imported {
    Imported {
        fingerprint: told.fingerprint,
        subject: told.subject,
        outcome: told.outcome,
        remarks: told.remarks,
    }
}

pub(super) async fn forget(remote: &Clm, id: String) -> Outcome<()> {
    let line = format!("certificate {id} forgotten");
    let actor = ACTOR.to_owned();
    let request = ForgetCertificateRequest { id, actor };
    let answer = remote.administration().forget_certificate(request).await;
    answer.map_err(answered)?;
    output::line(&line)
}

/// All that is found, a page at a time.
pub(super) async fn export_list(remote: &Clm, options: CertExportList) -> Outcome<()> {
    let write = |text: &str| output::octets(text.as_bytes());
    let filter = filter(options.filter);
    if options.format == ListFormat::Csv {
        write(&CertificateView::csv_head())?;
    }
    let mut page_token = String::new();
    loop {
        let request = ListCertificatesRequest {
            filter: Some(filter.clone()),
            page_size: PAGE,
            page_token,
            ..ListCertificatesRequest::default()
        };
        let answer = remote
            .administration()
            .list_certificates(request)
            .await
            .map_err(answered)?
            .into_inner();
        for certificate in answer.certificates {
            let view = CertificateView::of(certificate);
            match options.format {
                ListFormat::Csv => write(&view.csv())?,
                ListFormat::Ndjson => {
                    let line = serde_json::to_string(&view).attempt("write JSON")?;
                    write(&format!("{line}\n"))?;
                }
            }
        }
        if answer.next_page_token.is_empty() {
            return Ok(());
        }
        page_token = answer.next_page_token;
    }
}

impl Show for Events {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|one| {
            let more = [&one.detail, &one.after, &one.certificate];
            let more: Vec<&str> = more
                .into_iter()
                .map(String::as_str)
                .filter(|text| !text.is_empty())
                .collect();
            [
                one.at.clone(),
                one.act.clone(),
                one.actor.clone(),
                more.join(" "),
            ]
        });
        output::table(["at", "act", "by", "detail"], rows)
    }
}

impl Show for Report {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|one| {
            [
                one.fingerprint.clone(),
                one.subject.clone(),
                one.outcome.clone(),
                one.remarks.join("; "),
            ]
        });
        output::table(["fingerprint", "subject", "outcome", "remarks"], rows)
    }
}
