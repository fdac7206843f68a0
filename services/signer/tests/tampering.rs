//! Promises: an entry that is altered, deleted or exchanged with another one is found and named, and so are entries
//! missing at the end; a chain whose end was tampered with is not written any more; two processes do not write one
//! chain.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

#[cfg(test)]
mod common;

use std::sync::Arc;

use common::{Signing, ca_key, root, sign};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{Purpose, Signer as _, VerifyProgress};
use futures::TryStreamExt;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tonic::Code;

const ENTRIES: u64 = 600;

/// A journal of 600 entries (three pages), with checkpoints at some of them, of a signer that has ended.
async fn journal() -> Arc<TempDir> {
    let signing = Signing::with("journal: { checkpoint_entries: 100 }\n").await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    for _ in 0..6 {
        let calls =
            (0..100).map(|_| sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
        futures::future::try_join_all(calls).await.unwrap();
    }
    drop(cara);
    signing.stop().await
}

/// Alters the database while no signer runs.
async fn tamper(folder: &TempDir, statements: &[&str]) {
    let database = common::open_database(folder.path()).await;
    for statement in statements {
        let done = database.execute_unprepared(statement).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }
    database.close().await.unwrap();
}

/// What a signer with a chain of its own finds in the chain `main`.
async fn verify(folder: Arc<TempDir>) -> VerifyProgress {
    let signing = Signing::try_with(folder, "journal: { chain: other }\n")
        .await
        .unwrap();
    let administrator = signing.caller("administrator");
    let progress: Vec<_> = administrator
        .verify_journal(Some("main"))
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert!(progress.iter().rev().skip(1).all(|progress| !progress.done));
    progress.last().unwrap().clone()
}

#[tokio::test]
async fn an_untouched_chain_verifies_to_its_end() {
    let progress = verify(journal().await).await;
    assert_eq!(progress.fault, None);
    assert_eq!(
        (progress.verified, progress.total, progress.done),
        (ENTRIES, ENTRIES, true)
    );
}

#[tokio::test]
async fn an_altered_entry_is_found_whatever_was_altered() {
    let folder = journal().await;
    for (sequence, change) in [
        (7, "caller = 'acme'"),
        (6, "request_id = 'another'"),
        (5, "at = at + 1"),
        (4, "to_be_signed = x'3000'"),
        (3, "to_be_signed = null"),
        (2, "purpose = 9"),
        (1, "entry_hash = x'00'"),
    ] {
        tamper(
            &folder,
            &[&format!(
                "update journal_entry set {change} where sequence = {sequence}"
            )],
        )
        .await;
        let progress = verify(Arc::clone(&folder)).await;
        let (at, what) = progress.fault.unwrap();
        assert_eq!(at, sequence, "{change}");
        assert!(what.contains("altered"), "{what}");
        assert_eq!(progress.verified, sequence - 1);
    }
}

#[tokio::test]
async fn a_deleted_entry_is_named_as_missing() {
    let folder = journal().await;
    tamper(&folder, &["delete from journal_entry where sequence = 300"]).await;
    let fault = verify(folder).await.fault.unwrap();
    assert_eq!(fault, (300, "the entry is missing".to_owned()));
}

#[tokio::test]
async fn exchanged_entries_are_found_at_the_first_of_them() {
    let folder = journal().await;
    let exchange = [
        "update journal_entry set sequence = 100000 where sequence = 200",
        "update journal_entry set sequence = 200 where sequence = 201",
        "update journal_entry set sequence = 201 where sequence = 100000",
    ];
    tamper(&folder, &exchange).await;
    assert_eq!(verify(folder).await.fault.unwrap().0, 200);
}

#[tokio::test]
async fn entries_missing_at_the_end_are_found_by_the_last_checkpoint() {
    let folder = journal().await;
    tamper(&folder, &["delete from journal_entry where sequence > 590"]).await;
    let (at, what) = verify(Arc::clone(&folder)).await.fault.unwrap();
    assert_eq!(at, 591);
    assert!(what.contains("600") && what.contains("deleted"), "{what}");
    // and nothing is written behind the gap
    let error = Signing::try_with(folder, "").await.err().unwrap();
    assert!(
        error.to_string().contains("number 600 was signed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_chain_that_vanished_whole_is_still_missed() {
    let folder = journal().await;
    tamper(&folder, &["delete from journal_entry"]).await;
    let signing = Signing::try_with(folder, "journal: { chain: other }\n")
        .await
        .unwrap();
    let administrator = signing.caller("administrator");
    let progress: Vec<_> = administrator
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let main = progress
        .iter()
        .find(|progress| progress.chain == "main")
        .unwrap();
    assert_eq!(main.fault.as_ref().unwrap().0, 1);
}

#[tokio::test]
async fn a_forged_checkpoint_is_found() {
    let folder = journal().await;
    tamper(&folder, &["update journal_checkpoint set at = at + 1 where sequence = (select min(sequence) from journal_checkpoint)"]).await;
    let (_, what) = verify(folder).await.fault.unwrap();
    assert!(what.contains("checkpoint was altered"), "{what}");
}

#[tokio::test]
async fn a_signer_does_not_start_over_an_altered_head() {
    let folder = journal().await;
    tamper(
        &folder,
        &[&format!(
            "update journal_entry set caller = 'acme' where sequence = {ENTRIES}"
        )],
    )
    .await;
    let error = Signing::try_with(folder, "").await.err().unwrap();
    assert!(
        error.to_string().contains("was altered")
            && error.to_string().contains("another journal.chain"),
        "{error}"
    );
}

#[tokio::test]
async fn of_two_processes_on_one_chain_the_second_writer_fails_closed() {
    let first = Signing::start().await;
    let second = Signing::try_with(Arc::clone(&first.folder), "")
        .await
        .unwrap();
    let (here, there) = (first.caller("cara-ws"), second.caller("cara-ws"));
    let key = here
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    sign(&here, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    for _ in 0..2 {
        let refused = sign(&there, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
    }
    assert!(
        second
            .down()
            .iter()
            .any(|reason| reason.contains("another process")),
        "{:?}",
        second.down()
    );
    assert_eq!(
        sign(&here, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap()
            .sequence,
        2
    );
    let progress: Vec<_> = here
        .verify_journal(Some("main"))
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        (
            progress.last().unwrap().verified,
            progress.last().unwrap().fault.as_ref()
        ),
        (2, None)
    );
}

#[tokio::test]
async fn while_the_journal_cannot_be_written_nothing_is_signed_and_it_recovers_by_itself() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    let database = signing.database().await;
    database
        .execute_unprepared("alter table journal_entry rename to away")
        .await
        .unwrap();
    for _ in 0..3 {
        let refused = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap_err();
        assert!(refused.is_retryable());
        assert_eq!(refused.code(), Code::Unavailable);
    }
    assert!(!signing.down().is_empty());
    database
        .execute_unprepared("alter table away rename to journal_entry")
        .await
        .unwrap();
    let signed = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    assert_eq!(signed.sequence, 2);
    signing.wait_until_ready().await;
}
