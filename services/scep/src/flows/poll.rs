//! CertPoll, RFC 8894 section 3.3.3: what became of a request. Only who began the transaction is told.

use aws_lc_rs::digest::{SHA256, digest};

use super::enrol;
use super::operate::Asked;
use crate::domain::answer::{Answer, FailInfo};
use crate::domain::request::check_issuer_and_subject;
use crate::failure::Failure;
use crate::server::Server;

/// Tells what became of a request.
pub async fn run(server: &Server, asked: &Asked) -> Result<Answer, Failure> {
    if let Err(refusal) = check_issuer_and_subject(&asked.content) {
        return Ok(Answer::Failure(refusal));
    }
    let hash = |octets: &[u8]| hex::encode(digest(&SHA256, octets));
    let transaction_id = asked.message.envelope.transaction_id.as_str();
    let id = hash(format!("{}\0{transaction_id}", asked.policy.name).as_bytes());
    let unknown = || Answer::refused(FailInfo::BadCertId, "there is no such transaction");
    let Some(transaction) = server.store.find_transaction(&id, server.now()).await? else {
        return Ok(unknown());
    };
    // another's transaction is as unknown as one that never was
    if transaction.signer_key != hash(asked.message.signer.spki_der()) {
        return Ok(unknown());
    }
    match server.clm.find_outcome(&transaction.request_id).await? {
        Some(outcome) => Ok(enrol::told(outcome)),
        None => Ok(unknown()),
    }
}
