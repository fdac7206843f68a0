//! `/v1/journal`: the signer's journal of every signature, and walking it from end to end.

use std::convert::Infallible;

use actix_web::{HttpResponse, get, post, web};
use ers_runtime::http::Problem;
use ers_signer_client::{SignerError, VerifyProgress, VerifyStream};
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;

use super::{
    allowed::{Allowed, Begun, needs},
    bodies::ProblemBody,
    keys::{not_told, sees_all},
};
use crate::grpc::Service;

/// One signer's journal.
#[derive(Serialize, ToSchema)]
pub(super) struct Chain {
    name: String,
    /// How many entries it has.
    entries: u64,
    /// Hash of the last one, hex.
    head: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ChainList {
    chains: Vec<Chain>,
}

/// What is verified.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WhichChain {
    /// Absent: all.
    chain: Option<String>,
}

/// How far it is; one line each.
#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    chain: String,
    /// Entries walked so far.
    verified: u64,
    /// Entries of this chain.
    total: u64,
    /// What is wrong; absent while all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// Number of the entry that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault_entry: Option<u64>,
    /// This chain is at its end.
    done: bool,
    /// Why it ended before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The journals of all signers
#[utoipa::path(
    tag = "journal",
    extensions(("x-permission" = json!("read-acts"))),
    responses(
        (status = 200, description = "A chain for each signer", body = ChainList),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/v1/journal")]
pub(super) async fn list_chains(
    allowed: Allowed<needs::ReadActs>,
    service: web::Data<Service>,
) -> Result<web::Json<ChainList>, Problem> {
    sees_all(&allowed)?;
    let chains = service.core.signer.list_chains().await.map_err(not_told)?;
    let chains = chains.into_iter().map(|head| Chain {
        name: head.chain,
        entries: head.sequence,
        head: hex::encode(head.entry_hash),
    });
    Ok(web::Json(ChainList {
        chains: chains.collect(),
    }))
}

/// Walk the journal from its first entry to its last
///
/// The answer is a line of JSON once in a while, the last one of each chain with `done`. Who goes away before that ends it.
#[utoipa::path(
    tag = "journal",
    extensions(("x-permission" = json!("read-acts"))),
    request_body = WhichChain,
    responses(
        (status = 200, description = "Lines of progress", body = Verified, content_type = "application/x-ndjson"),
        (status = 403, description = "Not allowed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such chain", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The signer is out of reach", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[post("/v1/journal/verification")]
pub(super) async fn verify(
    allowed: Allowed<needs::ReadActs>,
    service: web::Data<Service>,
    which: web::Json<WhichChain>,
) -> Result<HttpResponse, Problem> {
    sees_all(&allowed)?;
    let chain = which.into_inner().chain;
    let object = chain.as_deref().unwrap_or("all chains");
    let begun = allowed.begin(&service, "verify-journal", object).await?;
    match service.core.signer.verify_journal(chain.as_deref()).await {
        Ok(progress) => Ok(HttpResponse::Ok()
            .content_type("application/x-ndjson")
            .streaming(lines(progress, begun))),
        Err(error) => {
            begun.end(Some(&status_of(&error))).await;
            Err(not_told(error))
        }
    }
}

/// Each message as a line; when they end, so does the act. A fault or a failure is its outcome.
fn lines(
    progress: VerifyStream,
    begun: Begun,
) -> impl Stream<Item = Result<web::Bytes, Infallible>> {
    let start = (progress, Some(begun), None::<Status>);
    stream::unfold(start, async |(mut progress, begun, mut found)| {
        let begun = begun?;
        let Some(told) = progress.next().await else {
            begun.end(found.as_ref()).await;
            return None;
        };
        let failed = told.is_err();
        let line = match told {
            Ok(told) => {
                if let Some((entry, fault)) = &told.fault {
                    found = Some(Status::data_loss(format!(
                        "{} entry {entry}: {fault}",
                        told.chain
                    )));
                }
                line_of(told)
            }
            Err(error) => {
                begun.end(Some(&status_of(&error))).await;
                broken(error)
            }
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Some((
            Ok(text.into()),
            (progress, (!failed).then_some(begun), found),
        ))
    })
}

fn status_of(error: &SignerError) -> Status {
    Status::new(error.code(), error.to_string())
}

fn line_of(told: VerifyProgress) -> Verified {
    let (fault_entry, fault) = told.fault.unzip();
    Verified {
        chain: told.chain,
        verified: told.verified,
        total: told.total,
        fault,
        fault_entry,
        done: told.done,
        problem: None,
    }
}

fn broken(error: SignerError) -> Verified {
    Verified {
        chain: String::new(),
        verified: 0,
        total: 0,
        fault: None,
        fault_entry: None,
        done: true,
        problem: not_told(error).detail,
    }
}
