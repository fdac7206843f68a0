//! `Journal`.

use std::collections::VecDeque;
use std::sync::Arc;

use ers_proto::signer::v1 as wire;
use ers_runtime::error::status;
use ers_runtime::grpc::caller;
use ers_signer_client::Purpose;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tonic::{Request, Response, Status};

use crate::domain::NotGranted;
use crate::journal::{Checkpoint, CheckpointKey, Entry, Progress, Verification};
use crate::state::State;

/// Checkpoints read at a time.
const CHECKPOINTS: u64 = 1000;

/// Serves `Journal`.
pub(crate) struct JournalService(pub(crate) Arc<State>);

impl JournalService {
    fn allow<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let caller = caller(request)?;
        self.0
            .grants
            .may_read_journal(caller.name())
            .map_err(refused)
    }
}

#[tonic::async_trait]
impl wire::journal_server::Journal for JournalService {
    type ReadStream = BoxStream<'static, Result<wire::JournalEntry, Status>>;
    type VerifyStream = BoxStream<'static, Result<wire::VerifyJournalProgress, Status>>;
    type ReadCheckpointsStream = BoxStream<'static, Result<wire::JournalCheckpoint, Status>>;

    async fn read(
        &self,
        request: Request<wire::ReadJournalRequest>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        self.allow(&request)?;
        let wire::ReadJournalRequest {
            chain,
            from_sequence,
            purposes,
        } = request.into_inner();
        let purposes = purposes
            .into_iter()
            .map(|number| Purpose::from_wire(number).ok_or(number))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|number| {
                Status::invalid_argument(format!("purposes: read journal: {number} is unknown"))
            })?;
        let head = self.0.journal.head(&chain).await.map_err(status)?;
        let pages = self
            .0
            .journal
            .read(chain.clone(), from_sequence, head, purposes);
        let entries = pages.map_err(status).map_ok(move |page| {
            let chain = chain.clone();
            stream::iter(
                page.into_iter()
                    .map(move |entry| Ok(to_wire(&chain, entry))),
            )
        });
        Ok(Response::new(entries.try_flatten().boxed()))
    }

    async fn list_chains(
        &self,
        request: Request<wire::ListChainsRequest>,
    ) -> Result<Response<wire::ListChainsResponse>, Status> {
        self.allow(&request)?;
        let chains = self.0.journal.list_chains().await.map_err(status)?;
        let chains = chains.into_iter().map(|(chain, head)| wire::ChainHead {
            chain,
            sequence: head.sequence,
            entry_hash: head.hash.as_bytes().to_vec(),
        });
        Ok(Response::new(wire::ListChainsResponse {
            chains: chains.collect(),
        }))
    }

    async fn verify(
        &self,
        request: Request<wire::VerifyJournalRequest>,
    ) -> Result<Response<Self::VerifyStream>, Status> {
        self.allow(&request)?;
        // another replica may have signed with a key that it has made since
        self.0.journal.key().refresh().await.map_err(status)?;
        let chain = request.into_inner().chain;
        let chains: VecDeque<String> = if chain.is_empty() {
            self.0
                .journal
                .chain_names()
                .await
                .map_err(status)?
                .into_iter()
                .collect()
        } else {
            VecDeque::from([chain])
        };
        let walk = Walk {
            state: Arc::clone(&self.0),
            chains,
            current: None,
        };
        Ok(Response::new(stream::try_unfold(walk, Walk::step).boxed()))
    }

    async fn read_checkpoints(
        &self,
        request: Request<wire::ReadCheckpointsRequest>,
    ) -> Result<Response<Self::ReadCheckpointsStream>, Status> {
        self.allow(&request)?;
        let wire::ReadCheckpointsRequest {
            chain,
            from_sequence,
        } = request.into_inner();
        let state = Arc::clone(&self.0);
        let pages = stream::try_unfold(Some(from_sequence), move |from| {
            let (state, chain) = (Arc::clone(&state), chain.clone());
            async move {
                let Some(from) = from else {
                    return Ok::<_, Status>(None);
                };
                let page = state
                    .journal
                    .checkpoints(&chain, from, CHECKPOINTS)
                    .await
                    .map_err(status)?;
                let full = page.len() as u64 == CHECKPOINTS;
                let next = page.last().filter(|_| full).map(|last| last.sequence + 1);
                let page = page.into_iter().map(|c| Ok(checkpoint_to_wire(c)));
                Ok(Some((stream::iter(page), next)))
            }
        });
        Ok(Response::new(pages.try_flatten().boxed()))
    }

    async fn list_checkpoint_keys(
        &self,
        request: Request<wire::ListCheckpointKeysRequest>,
    ) -> Result<Response<wire::ListCheckpointKeysResponse>, Status> {
        self.allow(&request)?;
        self.0.journal.key().refresh().await.map_err(status)?;
        let keys = self.0.journal.key().keys();
        Ok(Response::new(wire::ListCheckpointKeysResponse {
            keys: keys.keys().iter().map(key_to_wire).collect(),
        }))
    }
}

/// One chain after the other.
struct Walk {
    state: Arc<State>,
    chains: VecDeque<String>,
    current: Option<(String, Verification)>,
}

impl Walk {
    async fn step(mut self) -> Result<Option<(wire::VerifyJournalProgress, Self)>, Status> {
        let (chain, mut verification) = match self.current.take() {
            Some(current) => current,
            None => {
                let Some(chain) = self.chains.pop_front() else {
                    return Ok(None);
                };
                let verification = self.state.journal.verify(&chain).await.map_err(status)?;
                (chain, verification)
            }
        };
        let progress = verification.advance().await.map_err(status)?;
        report(&chain, &progress);
        let told = progress_to_wire(&chain, &progress);
        if !progress.done {
            self.current = Some((chain, verification));
        }
        Ok(Some((told, self)))
    }
}

fn report(chain: &str, progress: &Progress) {
    match &progress.fault {
        Some(fault) => tracing::error!(
            target: "audit",
            chain, sequence = fault.sequence, fault = fault.what, "journal is not what was written"
        ),
        None if progress.done => {
            tracing::info!(target: "audit", chain, entries = progress.verified, "journal verified");
        }
        None => {}
    }
}

fn refused(error: NotGranted) -> Status {
    tracing::warn!(target: "audit", requester = error.caller, act = error.act, "journal refused");
    Status::permission_denied(error.to_string())
}

fn progress_to_wire(chain: &str, progress: &Progress) -> wire::VerifyJournalProgress {
    wire::VerifyJournalProgress {
        chain: chain.to_owned(),
        verified: progress.verified,
        total: progress.total,
        fault: progress
            .fault
            .as_ref()
            .map(|fault| fault.what.clone())
            .unwrap_or_default(),
        fault_sequence: progress
            .fault
            .as_ref()
            .map(|fault| fault.sequence)
            .unwrap_or_default(),
        done: progress.done,
    }
}

fn to_wire(chain: &str, entry: Entry) -> wire::JournalEntry {
    let content = entry.content;
    wire::JournalEntry {
        chain: chain.to_owned(),
        sequence: entry.sequence,
        at: Some(timestamp(content.at_ms)),
        caller: content.caller,
        request_id: content.request_id,
        key_id: content.key_id.to_string(),
        purpose: content.purpose.to_wire(),
        signature_algorithm: content.signature_algorithm.to_string(),
        to_be_signed: content.to_be_signed.unwrap_or_default(),
        digest: content.digest.to_vec(),
        context: content.context,
        entry_hash: entry.hash.as_bytes().to_vec(),
    }
}

fn checkpoint_to_wire(checkpoint: Checkpoint) -> wire::JournalCheckpoint {
    wire::JournalCheckpoint {
        sequence: checkpoint.sequence,
        entry_hash: checkpoint.entry_hash.as_bytes().to_vec(),
        at: Some(timestamp(checkpoint.at_ms)),
        signature: checkpoint.signature,
        chain: checkpoint.chain,
    }
}

pub(super) fn key_to_wire(key: &CheckpointKey) -> wire::CheckpointKey {
    wire::CheckpointKey {
        number: key.number,
        public_key: key.public_key.clone(),
        made_at: Some(timestamp(key.made_at_ms)),
        endorsement: key.endorsement.clone(),
        acknowledgement: key.acknowledgement.clone(),
    }
}

fn timestamp(ms: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: ms.div_euclid(1000),
        nanos: i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap_or_default(),
    }
}
