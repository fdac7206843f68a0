//! The inventory: messages into domain types and back.

use ers_proto::clm::v1 as proto;
use ers_runtime::error::status;
use tonic::Status;

use super::{
    entered::Entered,
    read::{duration_of, required, wrong},
    write,
};
use crate::{
    domain::{
        id::{CertificateId, Requester},
        inventory_filter::{Filter, FilterText},
        note::NoteChange,
        page::PageRequest,
    },
    flows::{Actor, Flows, HistoryEvent, Import},
};

/// The filter of a list; its own fields count beside those of the filter within it.
pub(super) fn filter_of_list(message: &proto::ListCertificatesRequest) -> Result<Filter, Status> {
    let mut text = filter_text(message.filter.clone().unwrap_or_default());
    let fields = [
        (&mut text.realm, &message.realm),
        (&mut text.search, &message.search),
        (&mut text.state, &message.state),
    ];
    for (field, given) in fields {
        if !given.is_empty() {
            *field = Some(given.clone());
        }
    }
    let mut filter = read(&text)?;
    if let Some(within) = duration_of(message.expires_within) {
        filter.expires_within = Some(within);
    }
    Ok(filter)
}

/// A filter as it is written.
pub(super) fn filter_text(message: proto::CertificateFilter) -> FilterText {
    FilterText {
        realm: Some(message.realm),
        search: Some(message.search),
        state: Some(message.state),
        expires_within: Some(message.expires_within),
        expires_from: Some(message.expires_from),
        expires_before: Some(message.expires_before),
        policy: Some(message.policy),
        issuer: Some(message.issuer),
        key_algorithm: Some(message.key_algorithm),
        end_entity: Some(message.end_entity),
        owner: Some(message.owner),
        unowned: message.unowned,
        tags: Some(message.tags),
        source: Some(message.source),
        order: Some(message.order),
    }
}

fn read(text: &FilterText) -> Result<Filter, Status> {
    text.read().map_err(|error| wrong(error.field, error))
}

pub(super) async fn list_certificates(
    flows: &Flows,
    entered: &Entered,
    message: proto::ListCertificatesRequest,
) -> Result<proto::ListCertificatesResponse, Status> {
    let page = PageRequest::read(message.page_size, &message.page_token)
        .map_err(|error| wrong(error.field(), error))?;
    let filter = filter_of_list(&message)?;
    let found = flows
        .list_certificates(&filter, &entered.reach(), &page)
        .await
        .map_err(status)?;
    let now_ms = flows.clock.now_ms();
    Ok(proto::ListCertificatesResponse {
        certificates: found
            .rows
            .into_iter()
            .map(|entry| write::certificate(entry, now_ms))
            .collect(),
        next_page_token: found.next.unwrap_or_default(),
        total: found.total,
    })
}

pub(super) async fn show_certificate(
    flows: &Flows,
    entered: &Entered,
    message: proto::ShowCertificateRequest,
) -> Result<proto::InventoryCertificate, Status> {
    let id = CertificateId::from_typed(&message.id).map_err(|error| wrong("id", error))?;
    let mut shown = flows
        .show_certificate(&id, &entered.reach())
        .await
        .map_err(status)?;
    let der = std::mem::take(&mut shown.entry.certificate.der);
    let chain = shown.chain.to_vec();
    let told = write::certificate(shown.entry, flows.clock.now_ms());
    Ok(proto::InventoryCertificate { der, chain, ..told })
}

pub(super) async fn change_certificate(
    flows: &Flows,
    entered: &Entered,
    message: proto::ChangeCertificateRequest,
) -> Result<proto::InventoryCertificate, Status> {
    let id = CertificateId::from_typed(&message.id).map_err(|error| wrong("id", error))?;
    let actor = entered.actor(&message.actor)?;
    let change = NoteChange {
        owner: message.owner,
        comment: message.comment,
        locations: message.locations.map(|list| list.values),
        tags: None,
        set_tags: parse_all("set_tags", &message.set_tags)?,
        remove_tags: parse_all("remove_tags", &message.remove_tags)?,
    };
    let reach = entered.reach();
    let entry = flows
        .change_certificate(&id, &change, message.version, &reach, &actor)
        .await
        .map_err(status)?;
    Ok(write::certificate(entry, flows.clock.now_ms()))
}

pub(super) fn parse_all<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    texts: &[String],
) -> Result<Vec<T>, Status> {
    texts
        .iter()
        .map(|text| text.parse().map_err(|error| wrong(field, error)))
        .collect()
}

pub(super) async fn show_history(
    flows: &Flows,
    entered: &Entered,
    message: proto::ShowHistoryRequest,
) -> Result<proto::History, Status> {
    let id = CertificateId::from_typed(&message.id).map_err(|error| wrong("id", error))?;
    let events = flows
        .show_history(&id, &entered.reach())
        .await
        .map_err(status)?;
    Ok(proto::History {
        events: events.into_iter().map(event).collect(),
    })
}

fn event(event: HistoryEvent) -> proto::HistoryEvent {
    proto::HistoryEvent {
        at: Some(write::timestamp_ms(event.at_ms)),
        act: event.act,
        actor: event.actor,
        detail: event.detail,
        before: event.before.unwrap_or_default(),
        after: event.after.unwrap_or_default(),
        certificate: event.other.unwrap_or_default(),
    }
}

pub(super) async fn import_certificates(
    flows: &Flows,
    entered: &Entered,
    message: proto::ImportCertificatesRequest,
) -> Result<proto::ImportCertificatesResponse, Status> {
    let actor = entered.actor(&message.actor)?;
    let import = Import {
        certificates: message.certificates,
        policy: required("policy", &message.policy)?,
        note: NoteChange {
            owner: Some(message.owner).filter(|owner| !owner.is_empty()),
            set_tags: parse_all("tags", &message.tags)?,
            ..NoteChange::default()
        },
        requester: requester(&actor)?,
    };
    let told = flows
        .import_certificates(&import, &entered.reach(), &actor)
        .await
        .map_err(status)?;
    Ok(proto::ImportCertificatesResponse {
        certificates: told
            .into_iter()
            .map(|one| proto::ImportedCertificate {
                fingerprint: one.fingerprint,
                subject: one.subject,
                outcome: one.outcome.as_str().to_owned(),
                remarks: one.remarks,
            })
            .collect(),
    })
}

/// In the words that certificates and revocations keep.
pub(super) fn requester(actor: &Actor) -> Result<Requester, Status> {
    let text = format!("administrator:{}", actor.name);
    let text: String = text.chars().take(255).collect();
    required("actor", &text)
}

pub(super) async fn forget_certificate(
    flows: &Flows,
    entered: &Entered,
    message: proto::ForgetCertificateRequest,
) -> Result<proto::ForgetCertificateResponse, Status> {
    let id = CertificateId::from_typed(&message.id).map_err(|error| wrong("id", error))?;
    let actor = entered.actor(&message.actor)?;
    flows
        .forget_certificate(&id, &entered.reach(), &actor)
        .await
        .map_err(status)?;
    Ok(proto::ForgetCertificateResponse {})
}
