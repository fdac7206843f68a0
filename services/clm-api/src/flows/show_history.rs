//! What became of a certificate: where it came from, what followed it, and who did what to it.

use super::{Flows, show::ShowCertificateError};
use crate::domain::{
    access::Reach, id::CertificateId, inventory::Entry, inventory_filter::Source,
    page::PageRequest, trail::TrailFilter,
};

/// Newest acts that are told.
const MOST_ACTS: u32 = 500;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryEvent {
    /// When.
    pub at_ms: i64,
    /// What, as in the trail: `certificate.issued` ...
    pub act: String,
    /// Who did it, where that is known.
    pub actor: String,
    /// More, for people.
    pub detail: String,
    /// How it was.
    pub before: Option<String>,
    /// How it was to be.
    pub after: Option<String>,
    /// Fingerprint of the other certificate, where there is one.
    pub other: Option<String>,
}

impl Flows {
    /// All that is known, the oldest first.
    #[tracing::instrument(name = "clm.show_history", skip_all)]
    pub async fn show_history(
        &self,
        id: &CertificateId,
        reach: &Reach,
    ) -> Result<Vec<HistoryEvent>, ShowCertificateError> {
        let entry = self.find_certificate(id, reach).await?;
        let mut events = vec![beginning(&entry)];
        events.extend(self.acts_on(&entry).await?);
        if let Some(next) = self.store.find_successor(&entry.certificate).await? {
            events.push(HistoryEvent {
                at_ms: next.issued_at_ms,
                act: "certificate.renewed".to_owned(),
                actor: next.origin.requester,
                other: Some(next.fingerprint),
                ..HistoryEvent::default()
            });
        }
        if let Some(revocation) = &entry.certificate.revocation {
            events.push(HistoryEvent {
                at_ms: revocation.at_ms,
                act: "certificate.revoked".to_owned(),
                detail: revocation.reason.clone(),
                ..HistoryEvent::default()
            });
        }
        events.sort_by_key(|event| event.at_ms);
        Ok(events)
    }

    async fn acts_on(&self, entry: &Entry) -> Result<Vec<HistoryEvent>, ShowCertificateError> {
        let filter = TrailFilter {
            act: Some("certificate".to_owned()),
            object: Some(entry.certificate.object()),
            ..TrailFilter::default()
        };
        let page = PageRequest {
            size: MOST_ACTS,
            after: None,
        };
        // Who may see the certificate may see what was done to it.
        let acts = self
            .store
            .search_trail(&filter, &Reach::Everywhere, &page)
            .await?;
        // The newest first; of one moment the later one last.
        Ok(acts
            .rows
            .into_iter()
            .rev()
            .map(|written| HistoryEvent {
                at_ms: written.event.at_ms,
                act: written.event.act,
                actor: written.event.actor,
                detail: written.event.detail,
                before: written.event.before,
                after: written.event.after,
                other: None,
            })
            .collect())
    }
}

fn beginning(entry: &Entry) -> HistoryEvent {
    let certificate = &entry.certificate;
    let origin = &certificate.origin;
    let (act, detail) = match origin.source() {
        Source::Issued => (
            "certificate.issued",
            format!(
                "policy {} version {}, by {}",
                origin.policy, origin.policy_version, origin.protocol
            ),
        ),
        Source::Imported => ("certificate.made", "elsewhere".to_owned()),
    };
    HistoryEvent {
        at_ms: certificate.issued_at_ms,
        act: act.to_owned(),
        actor: origin.requester.clone(),
        detail,
        ..HistoryEvent::default()
    }
}
