//! Promises: keys, sealed secrets and journal are the same on SQLite, PostgreSQL and MariaDB, bytes of any value and
//! length included; the schema goes down and up again; a second start finds what the first one wrote.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

#[cfg(test)]
mod common;

use std::time::Duration;

use common::{Signing, new_key, root, sign, signed_root};
use ers_migrations::signer::Migrator;
use ers_pki::certificate::Certificate;
use ers_pki::key::KeyAlgorithm;
use ers_pki::name::Name;
use ers_runtime::db;
use ers_signer_client::{Key, KeyLimits, Purpose, SignCall, Signer as _, SignerClient};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;
use futures::TryStreamExt;
use sea_orm_migration::MigratorTrait;
use tonic::Code;

on_every_database!(
    what_one_start_wrote_the_next_one_finds,
    labels_are_compared_letter_by_letter,
    concurrent_signatures_stand_in_one_chain,
    copies_and_quarantine_of_keys_are_kept,
    the_schema_goes_down_and_up_again,
);

async fn what_one_start_wrote_the_next_one_finds(database: TestDatabase) {
    let signing = Signing::over(&database, "journal: { checkpoint_entries: 2 }\n")
        .await
        .unwrap();
    let written = write(&signing).await;
    signing.stop().await;
    let signing = Signing::over(&database, "").await.unwrap();
    assert_finds(&signing, &written).await;
    signing.stop().await;
}

struct Written {
    key: Key,
    sealed: Vec<u8>,
    certificate: Certificate,
    context: Vec<u8>,
}

async fn write(signing: &Signing) -> Written {
    let cara = signing.caller("cara-ws");
    let name: Name = "CN=Test Root,O=ERS".parse().unwrap();
    let limits = KeyLimits {
        issuer_name: Some(name.to_der().to_vec()),
        max_path_length: Some(3),
        longest_validity: Some(Duration::from_secs(7 * 86_400)),
        may_sign_ca_certificates: true,
    };
    let wish = new_key(
        "root",
        KeyAlgorithm::P256,
        &[Purpose::Certificate, Purpose::Crl],
        limits,
    );
    let key = cara.create_key(wish.clone()).await.unwrap();
    assert_eq!(cara.create_key(wish).await.unwrap().id, key.id);
    let sealed = signing
        .caller("scep")
        .seal("scep/challenge", &[0, 255, 0])
        .await
        .unwrap();
    let certificate = signed_root(&cara, &key).await;
    // the longest note there may be, of every octet there is
    let context: Vec<u8> = (0..=u8::MAX).cycle().take(8192).collect();
    let crl = common::crl(&certificate, 5000);
    let call = SignCall {
        request_id: "request-2",
        key_id: &key.id,
        purpose: Purpose::Crl,
        signature_algorithm: crl.signature_algorithm(),
        to_be_signed: crl.to_be_signed(),
        context: context.clone(),
        public_key: Some(&key.public_key),
    };
    assert_eq!(cara.sign(call).await.unwrap().sequence, 2);
    Written {
        key,
        sealed,
        certificate,
        context,
    }
}

async fn assert_finds(signing: &Signing, written: &Written) {
    let cara = signing.caller("cara-ws");
    let loaded = cara.load_key(&written.key.id).await.unwrap();
    assert_eq!(
        (loaded.limits, loaded.created_at),
        (written.key.limits.clone(), written.key.created_at)
    );
    let secret = signing
        .caller("scep")
        .unseal("scep/challenge", &written.sealed)
        .await
        .unwrap();
    assert_eq!(secret.as_slice(), [0, 255, 0]);
    let entries: Vec<_> = cara
        .read_journal("main", 1, &[])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let [certificate, crl] = entries.as_slice() else {
        unreachable!("two signatures have two entries");
    };
    assert_eq!(certificate.to_be_signed, written.certificate.to_be_signed());
    assert_eq!(crl.context, written.context);
    assert_verifies(&cara, 2).await;
}

async fn assert_verifies(client: &SignerClient, entries: u64) {
    let progress: Vec<_> = client
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let last = progress.last().unwrap();
    assert_eq!((last.verified, last.fault.as_ref()), (entries, None));
}

async fn labels_are_compared_letter_by_letter(database: TestDatabase) {
    let signing = Signing::over(&database, "").await.unwrap();
    let cara = signing.caller("cara-ws");
    let wish = |label: &str| {
        new_key(
            label,
            KeyAlgorithm::P256,
            &[Purpose::Certificate],
            KeyLimits::default(),
        )
    };
    let lower = cara.create_key(wish("root")).await.unwrap();
    let upper = cara.create_key(wish("ROOT")).await.unwrap();
    assert_ne!(lower.id, upper.id);
    cara.destroy_key(&lower.id).await.unwrap();
    assert_eq!(
        cara.load_key(&lower.id).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(cara.list_keys().await.unwrap().len(), 1);
    drop(cara);
    signing.stop().await;
}

async fn concurrent_signatures_stand_in_one_chain(database: TestDatabase) {
    let signing = Signing::over(&database, "").await.unwrap();
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(common::ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    let calls = (0..300).map(|_| sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
    let mut sequences: Vec<u64> = futures::future::try_join_all(calls)
        .await
        .unwrap()
        .iter()
        .map(|signed| signed.sequence)
        .collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=300).collect::<Vec<_>>());
    assert_verifies(&cara, 300).await;
    // a second writer of the chain is told apart from a database in trouble
    let second = Signing::over(&database, "").await.unwrap();
    sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    let refused = sign(
        &second.caller("cara-ws"),
        &key,
        Purpose::Certificate,
        prepared.to_be_signed(),
    )
    .await;
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    assert!(
        second
            .down()
            .iter()
            .any(|reason| reason.contains("another process")),
        "{:?}",
        second.down()
    );
    drop(cara);
    second.stop().await;
    signing.stop().await;
}

/// What is written of keys on tokens: where their copies are, that they sign nothing, and what was begun.
async fn copies_and_quarantine_of_keys_are_kept(database: TestDatabase) {
    use ers_faulty_pkcs11::{Fault, FaultyToken};
    let first = FaultyToken::new().unwrap();
    let line = |name: &str, token: &FaultyToken| {
        let library = token.library().display().to_string();
        format!("  - {{ name: {name}, pkcs11: {{ library: {library}, pin: '1234' }} }}\n")
    };
    let tokens = format!("tokens:\n{}", line("first", &first));
    let signing = Signing::over(&database, &tokens).await.unwrap();
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(common::ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    first.set(&[Fault::Flip]).unwrap();
    let wrong = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()).await;
    assert_eq!(wrong.unwrap_err().code(), Code::Internal);
    first.set(&[]).unwrap();
    drop(cara);
    signing.stop().await;

    let second = first.clone_keys().unwrap();
    let tokens = format!("{tokens}{}", line("second", &second));
    let signing = Signing::over(&database, &tokens).await.unwrap();
    let administrator = signing.caller("administrator");
    let told = administrator.list_keys().await.unwrap().pop().unwrap();
    assert!(told.quarantine.is_some() && told.replicas.is_empty());
    administrator
        .lift_quarantine(&key.id, "it was a test")
        .await
        .unwrap();
    for _ in 0..2 {
        let attached = administrator.attach_replica(&key.id, "second", None).await;
        assert_eq!(attached.unwrap().replicas, ["second"]);
    }
    let told = administrator.list_keys().await.unwrap().pop().unwrap();
    assert_eq!((told.replicas.len(), told.quarantine), (1, None));
    let cara = signing.caller("cara-ws");
    for _ in 0..2 {
        sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap();
    }
    administrator.destroy_key(&key.id).await.unwrap();
    assert!(administrator.list_keys().await.unwrap().is_empty());
    drop((cara, administrator));
    signing.stop().await;
}

async fn the_schema_goes_down_and_up_again(database: TestDatabase) {
    let connection = db::connect::<Migrator>(&database.config).await.unwrap();
    Migrator::down(&connection, None).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    connection.close().await.unwrap();
}
