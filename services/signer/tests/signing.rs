//! Promises: every kind of key signs, and openssl accepts it; every purpose has its bytes; what is signed has an entry
//! in the journal first; the same label gives the same key.

#[cfg(test)]
mod common;

use common::{
    Signing, ca_key, certify, issuer, new_key, openssl, openssl_accepts, root, sign, sign_with,
    signed_root,
};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::{KeyLimits, Purpose, Signer as _, SignerError};
use futures::TryStreamExt;
use tonic::Code;

#[tokio::test]
async fn every_kind_of_key_signs_with_every_algorithm_that_suits_it() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    // larger RSA keys differ in nothing but the time that they take to make
    let kinds =
        KeyAlgorithm::signing().filter(|kind| kind.modulus_bits().is_none_or(|bits| bits <= 3072));
    for kind in kinds {
        let key = cara
            .create_key(ca_key(&format!("ca:{kind}"), kind))
            .await
            .unwrap();
        let algorithms = SignatureAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.suits(kind));
        for algorithm in algorithms {
            let issuer = ers_pki::issuance::Issuer::self_signed(
                "CN=Test Root,O=ERS".parse().unwrap(),
                key.public_key.clone(),
                algorithm,
            );
            let name = "CN=Test Root,O=ERS".parse().unwrap();
            let prepared = certify("root-ca", &issuer.unwrap(), &key.public_key, name, None);
            let bytes = prepared.to_be_signed();
            let signed = sign_with(&cara, &key, Purpose::Certificate, algorithm, bytes)
                .await
                .unwrap();
            openssl_accepts(
                signing.folder.path(),
                &key.public_key,
                algorithm,
                bytes,
                &signed.signature,
            );
        }
    }
}

#[tokio::test]
async fn a_chain_that_the_signer_signed_is_accepted_by_openssl() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::Rsa2048))
        .await
        .unwrap();
    let root = signed_root(&cara, &key).await;
    let name = "CN=www.example.com".parse().unwrap();
    let prepared = certify(
        "tls-server",
        &issuer(&root),
        &common::subscriber(),
        name,
        None,
    );
    let signed = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    let leaf = prepared.assemble(&signed.signature).unwrap();
    std::fs::write(signing.folder.path().join("root.pem"), root.pem()).unwrap();
    std::fs::write(signing.folder.path().join("leaf.pem"), leaf.pem()).unwrap();
    let output = openssl(
        signing.folder.path(),
        &["verify", "-x509_strict", "-CAfile", "root.pem", "leaf.pem"],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn every_signature_has_an_entry_before_it_with_the_bytes_of_certificates() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    for sequence in 1..=3 {
        let signed = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap();
        assert_eq!((signed.chain.as_str(), signed.sequence), ("main", sequence));
    }
    let entries: Vec<_> = cara
        .read_journal("main", 2, &[Purpose::Certificate])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.sequence)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    let entry = &entries[0];
    assert_eq!(entry.to_be_signed, prepared.to_be_signed());
    assert_eq!(
        (entry.caller.as_str(), entry.request_id.as_str()),
        ("cara-ws", "request-1")
    );
    assert_eq!(
        (&entry.key_id, entry.context.as_slice()),
        (&key.id, b"note".as_slice())
    );
    let others: Vec<_> = cara
        .read_journal("main", 1, &[Purpose::Ocsp])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert!(others.is_empty());
    let heads = cara.list_chains().await.unwrap();
    assert_eq!((heads.len(), heads[0].sequence), (1, 3));
    assert_eq!(heads[0].entry_hash, entries[1].entry_hash);
}

#[tokio::test]
async fn many_at_once_stand_in_one_chain_without_gaps() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    let calls = (0..200).map(|_| sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
    let signed = futures::future::try_join_all(calls).await.unwrap();
    let mut sequences: Vec<u64> = signed.iter().map(|signed| signed.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=200).collect::<Vec<_>>());
    let progress: Vec<_> = cara
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let last = progress.last().unwrap();
    assert_eq!(
        (last.verified, last.fault.as_ref(), last.done),
        (200, None, true)
    );
}

#[tokio::test]
async fn the_same_label_gives_the_same_key_and_another_wish_is_refused() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let first = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let again = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    assert_eq!(
        (&first.id, first.public_key.spki_der()),
        (&again.id, again.public_key.spki_der())
    );
    assert_eq!(first.created_at, again.created_at);
    let other = cara
        .create_key(ca_key("root", KeyAlgorithm::P384))
        .await
        .unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    let limits = KeyLimits::default();
    let other = cara
        .create_key(new_key(
            "root",
            KeyAlgorithm::P256,
            &[Purpose::Certificate],
            limits,
        ))
        .await;
    assert_eq!(other.unwrap_err().code(), Code::AlreadyExists);
}

#[tokio::test]
async fn of_many_who_make_one_key_at_once_all_get_the_same() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let makers = (0..20).map(|_| cara.create_key(ca_key("root", KeyAlgorithm::P256)));
    let keys = futures::future::try_join_all(makers).await.unwrap();
    assert!(keys.iter().all(|key| key.id == keys[0].id));
    assert_eq!(cara.list_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn keys_outlive_the_process_and_their_limits_come_back_whole() {
    let signing = Signing::start().await;
    let limits = KeyLimits {
        issuer_name: Some(
            ers_pki::name::Name::with_common_name("Test Root")
                .unwrap()
                .to_der()
                .to_vec(),
        ),
        max_path_length: Some(0),
        longest_validity: Some(std::time::Duration::from_secs(90 * 86_400)),
        may_sign_ca_certificates: true,
    };
    let wish = new_key(
        "root",
        KeyAlgorithm::P256,
        &[Purpose::Certificate],
        limits.clone(),
    );
    let made = signing.caller("cara-ws").create_key(wish).await.unwrap();
    let folder = signing.stop().await;
    let signing = Signing::try_with(folder, "").await.unwrap();
    let loaded = signing.caller("rev-info").load_key(&made.id).await.unwrap();
    assert_eq!(
        (loaded.limits, loaded.creator.as_str()),
        (limits, "cara-ws")
    );
    assert_eq!(loaded.public_key.spki_der(), made.public_key.spki_der());
}

#[tokio::test]
async fn a_destroyed_key_signs_no_more() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    assert_eq!(
        signing
            .caller("acme")
            .destroy_key(&key.id)
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    signing
        .caller("administrator")
        .destroy_key(&key.id)
        .await
        .unwrap();
    let refused = sign(
        &cara,
        &key,
        Purpose::Certificate,
        root(&key.public_key).to_be_signed(),
    )
    .await;
    assert!(matches!(refused, Err(SignerError::NotFound { .. })));
    assert_eq!(
        cara.destroy_key(&key.id).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_full_queue_is_told_at_once_and_leaves_no_entry() {
    let signing = Signing::with("queue_length: 1\n").await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::Rsa4096))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    let calls = (0..64).map(|_| sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed()));
    let asked = futures::future::join_all(calls).await;
    let signed = asked.iter().filter(|asked| asked.is_ok()).count();
    let busy = asked
        .iter()
        .filter(|asked| matches!(asked, Err(SignerError::Busy)))
        .count();
    assert!(signed > 0 && busy > 0, "{signed} signed, {busy} busy");
    assert_eq!(signed + busy, 64);
    assert_eq!(cara.list_chains().await.unwrap()[0].sequence, signed as u64);
    sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_signer_that_was_killed_goes_on_where_its_journal_ends() {
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
    // not ended in order: no last checkpoint
    let signing = Signing::try_with(std::sync::Arc::clone(&signing.folder), "")
        .await
        .unwrap();
    let cara = signing.caller("cara-ws");
    assert_eq!(
        sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
            .await
            .unwrap()
            .sequence,
        2
    );
    let progress: Vec<_> = cara
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(progress.last().unwrap().fault, None);
}
