//! `cara.v1.Restoring`.

use ers_pki::{crl::MAX_CRL_BYTES, serial::SerialNumber};
use ers_proto::cara::v1::{self as wire, restoring_server::Restoring};
use ers_runtime::{
    error::{chain, status},
    grpc::caller,
};
use ers_signer_client::{JournalEntry, KeyId, Purpose};
use tonic::{Request, Response, Status, Streaming};

use super::{ADMINISTRATOR, Service, convert};
use crate::domain::{AuthorityName, Unadopted};
use crate::flows::{
    adopt::AdoptError,
    reconcile::{self, ReconcileError},
    unadopted,
};

const MOST_ENTRIES: usize = 1000;
/// Entries of which an answer says why they were not adopted.
const MOST_TOLD: usize = 100;
const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;

#[tonic::async_trait]
impl Restoring for Service {
    async fn list(
        &self,
        request: Request<wire::ListRestorationsRequest>,
    ) -> Result<Response<wire::ListRestorationsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        self.restorations()
    }

    async fn begin(
        &self,
        request: Request<wire::BeginReconciliationRequest>,
    ) -> Result<Response<wire::ListRestorationsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let request = request.into_inner();
        if request.reason.is_empty() {
            return Err(convert::invalid("reason", "is required"));
        }
        let all = self.core.registry.all();
        let names = match request.issuer.as_str() {
            "" => all.iter().map(|ca| ca.authority.name.clone()).collect(),
            name => vec![convert::authority_name("issuer", name)?],
        };
        for name in names {
            if self.core.registry.find(&name).is_none() {
                return Err(status(ReconcileError::UnknownAuthority(name)));
            }
            reconcile::begin(&self.core, &name, 0, &request.reason)
                .await
                .map_err(status)?;
        }
        self.restorations()
    }

    async fn adopt_journal(
        &self,
        request: Request<Streaming<wire::AdoptJournalRequest>>,
    ) -> Result<Response<wire::AdoptJournalResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let mut pages = request.into_inner();
        let mut answer = wire::AdoptJournalResponse::default();
        while let Some(page) = pages.message().await? {
            if page.entries.len() > MOST_ENTRIES {
                return Err(convert::invalid(
                    "entries",
                    format!("must be at most {MOST_ENTRIES}"),
                ));
            }
            answer.read += u64::try_from(page.entries.len()).unwrap_or(0);
            let entries: Vec<_> = page
                .entries
                .into_iter()
                .filter_map(|entry| read_entry(entry).transpose())
                .collect::<Result<_, Status>>()?;
            let outcome = reconcile::adopt_entries(&self.core, &entries)
                .await
                .map_err(|error| adopt_status(&error))?;
            unadopted::settle(&self.core, &entries, &outcome)
                .await
                .map_err(|error| adopt_status(&error))?;
            answer.adopted += u64::try_from(outcome.adopted).unwrap_or(0);
            answer.left += u64::try_from(outcome.left.len()).unwrap_or(0);
            let room = MOST_TOLD.saturating_sub(answer.unadopted.len());
            let told = outcome.left.into_iter().take(room).map(told);
            answer.unadopted.extend(told);
        }
        if let Err(error) = unadopted::refresh(&self.core).await {
            tracing::warn!(error = chain(&error), "entries set aside not counted");
        }
        Ok(Response::new(answer))
    }

    async fn apply_crl(
        &self,
        request: Request<Streaming<wire::ApplyCrlRequest>>,
    ) -> Result<Response<wire::ApplyCrlResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let mut pieces = request.into_inner();
        let mut der = Vec::new();
        while let Some(piece) = pieces.message().await? {
            if der.len() + piece.octets.len() > MAX_CRL_BYTES {
                return Err(convert::invalid(
                    "octets",
                    format!("must be at most {MAX_CRL_BYTES} in all"),
                ));
            }
            der.extend(piece.octets);
        }
        let applied = reconcile::apply_crl(&self.core, der)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ApplyCrlResponse {
            issuer: applied.authority.to_string(),
            number: u64::try_from(applied.number).unwrap_or(0),
            entries: applied.entries,
            revoked: applied.revoked,
            lost: applied.lost,
            finished: applied.is_finished,
            complete: applied.is_complete,
        }))
    }

    async fn finish(
        &self,
        request: Request<wire::FinishReconciliationRequest>,
    ) -> Result<Response<wire::ListRestorationsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        reconcile::finish(&self.core, &issuer, request.sure)
            .await
            .map_err(status)?;
        self.restorations()
    }

    async fn list_unadopted(
        &self,
        request: Request<wire::ListUnadoptedRequest>,
    ) -> Result<Response<wire::ListUnadoptedResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let request = request.into_inner();
        let after =
            match request.page_token.as_str() {
                "" => None,
                token => Some(read_token(token).ok_or_else(|| {
                    convert::invalid("page_token", "is not one that was given out")
                })?),
            };
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size => size.min(LARGEST_PAGE),
        };
        let mut entries = self
            .core
            .store
            .list_unadopted(after, u64::from(size) + 1)
            .await
            .map_err(status)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = entries.len() > size;
        entries.truncate(size);
        let next_page_token = entries
            .last()
            .filter(|_| more)
            .map(|last| format!("{}:{}", last.sequence, last.chain))
            .unwrap_or_default();
        Ok(Response::new(wire::ListUnadoptedResponse {
            entries: entries.into_iter().map(told).collect(),
            next_page_token,
        }))
    }
}

fn read_token(token: &str) -> Option<(&str, u64)> {
    let (sequence, chain) = token.split_once(':')?;
    Some((chain, sequence.parse().ok()?))
}

fn told(entry: Unadopted) -> wire::Unadopted {
    wire::Unadopted {
        chain: entry.chain,
        sequence: entry.sequence,
        request_id: entry.request_id,
        key_id: entry.key_id,
        issuer: entry
            .issuer
            .as_ref()
            .map(AuthorityName::to_string)
            .unwrap_or_default(),
        serial: entry
            .serial
            .as_ref()
            .map(SerialNumber::to_hex)
            .unwrap_or_default(),
        reason: entry.reason,
        first_seen_at: Some(convert::timestamp_ms(entry.first_seen_at_ms)),
        last_tried_at: Some(convert::timestamp_ms(entry.last_tried_at_ms)),
        tries: entry.tries,
    }
}

impl Service {
    fn restorations(&self) -> Result<Response<wire::ListRestorationsResponse>, Status> {
        let restorations = self
            .core
            .restored
            .all()
            .into_iter()
            .map(|restoration| wire::Restoration {
                missing: restoration
                    .missing()
                    .map(|crl| wire::MissingCrl {
                        name: crl.series.clone(),
                        number: u64::try_from(crl.wanted).unwrap_or(0),
                    })
                    .collect(),
                issuer: restoration.authority.to_string(),
                found_at: Some(convert::timestamp_ms(restoration.found_at_ms)),
                crl_number: u64::try_from(restoration.crl_number).unwrap_or(0),
                reason: restoration.reason,
            })
            .collect();
        Ok(Response::new(wire::ListRestorationsResponse {
            restorations,
        }))
    }
}

/// None: not of a purpose that matters here.
fn read_entry(entry: wire::ExportedEntry) -> Result<Option<JournalEntry>, Status> {
    let purpose = match entry.purpose.as_str() {
        "certificate" => Purpose::Certificate,
        "crl" => Purpose::Crl,
        _ => return Ok(None),
    };
    let at = entry.at.unwrap_or_default();
    Ok(Some(JournalEntry {
        chain: entry.chain,
        sequence: entry.sequence,
        at: convert::time("at", &at)?,
        caller: String::new(),
        request_id: entry.request_id,
        key_id: KeyId::new(entry.key_id),
        purpose,
        signature_algorithm: entry
            .signature_algorithm
            .parse()
            .map_err(|error| convert::invalid("signature_algorithm", chain(&error)))?,
        to_be_signed: entry.to_be_signed,
        digest: Vec::new(),
        context: entry.context,
        entry_hash: Vec::new(),
    }))
}

fn adopt_status(error: &AdoptError) -> Status {
    Status::unavailable(chain(error))
}
