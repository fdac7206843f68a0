//! Promises: the master password and the keys under it change while replicas run, only for the administrator and only
//! with the password in force; the old password opens nothing any more; what was broken off is finished; what was sealed
//! or signed before stays good.

#![cfg(test)]

mod common;

use std::sync::Arc;

use common::{Signing, ca_key, root, sign};
use ers_pki::key::KeyAlgorithm;
use ers_proto::signer::v1 as wire;
use ers_runtime::grpc::Caller;
use ers_signer_client::{Key, Purpose, Signer as _};
use ers_test_support::databases::TestDatabase;
use ers_test_support::on_every_database;
use futures::TryStreamExt;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use signer::StartError;
use tonic::{Code, Status};
use tower::ServiceExt;
use wire::administration_client::AdministrationClient;

on_every_database!(
    the_master_password_changes_under_a_running_signer,
    the_data_key_changes_under_two_replicas,
    a_rotation_that_was_broken_off_is_finished,
    checkpoint_keys_follow_one_another,
);

const OLD: &str = "open sesame";
const NEW: &str = "another password";

/// A client of the administration as a caller; its type has no name.
macro_rules! administration {
    ($signing:expr, $caller:expr) => {{
        let caller = Caller::named($caller);
        AdministrationClient::new($signing.signer.routes().map_request(
            move |mut request: tonic::codegen::http::Request<_>| {
                request.extensions_mut().insert(caller.clone());
                request
            },
        ))
    }};
}

async fn change(signing: &Signing, caller: &str, old: &str, new: &str) -> Result<(), Status> {
    administration!(signing, caller)
        .change_master_password(wire::ChangeMasterPasswordRequest {
            old_password: old.to_owned(),
            new_password: new.to_owned(),
        })
        .await
        .map(|_| ())
}

async fn rotate(
    signing: &Signing,
    caller: &str,
    password: &str,
    resume: bool,
) -> Result<(u32, u64), Status> {
    administration!(signing, caller)
        .rotate_data_key(wire::RotateDataKeyRequest {
            master_password: password.to_owned(),
            resume,
        })
        .await
        .map(|answer| (answer.get_ref().generation, answer.get_ref().resealed))
}

async fn make_key(signing: &Signing, label: &str) -> Key {
    signing
        .caller("cara-ws")
        .create_key(ca_key(label, KeyAlgorithm::P256))
        .await
        .unwrap()
}

async fn signs(signing: &Signing, key: &Key) -> Result<(), Code> {
    let prepared = root(&key.public_key);
    sign(
        &signing.caller("cara-ws"),
        key,
        Purpose::Certificate,
        prepared.to_be_signed(),
    )
    .await
    .map(|_| ())
    .map_err(|error| error.code())
}

async fn the_master_password_changes_under_a_running_signer(database: TestDatabase) {
    let signing = Signing::over(&database, "").await.unwrap();
    let key = make_key(&signing, "root").await;
    let scep = signing.caller("scep");
    let sealed = scep.seal("scep/challenge", b"challenge").await.unwrap();
    for (caller, old, new, code) in [
        ("cara-ws", OLD, NEW, Code::PermissionDenied),
        ("stranger", OLD, NEW, Code::PermissionDenied),
        ("administrator", "guess", NEW, Code::PermissionDenied),
        ("administrator", OLD, "short", Code::InvalidArgument),
    ] {
        let refused = change(&signing, caller, old, new).await.unwrap_err();
        assert_eq!(refused.code(), code, "{caller} {old} {new}");
        assert!(
            !refused.message().contains(old) && !refused.message().contains(new),
            "{refused}"
        );
    }
    change(&signing, "administrator", OLD, NEW).await.unwrap();
    // who runs goes on, and the old password is of no use any more
    assert_eq!(signs(&signing, &key).await, Ok(()));
    let again = change(&signing, "administrator", OLD, NEW).await;
    assert_eq!(again.unwrap_err().code(), Code::PermissionDenied);
    drop(scep);
    signing.stop().await;
    let refused = Signing::over(&database, "").await.err().unwrap();
    assert!(matches!(refused, StartError::Unlock(_)), "{refused}");
    let signing = Signing::over(&database, &format!("master_password: {NEW}\n"))
        .await
        .unwrap();
    assert_eq!(signs(&signing, &key).await, Ok(()));
    let opened = signing
        .caller("scep")
        .unseal("scep/challenge", &sealed)
        .await;
    assert_eq!(opened.unwrap().as_slice(), b"challenge");
    signing.stop().await;
}

async fn the_data_key_changes_under_two_replicas(database: TestDatabase) {
    let first = Signing::over(&database, "").await.unwrap();
    let second = Signing::over(&database, "journal: { chain: other }\n")
        .await
        .unwrap();
    let key = make_key(&first, "root").await;
    let before = first
        .caller("scep")
        .seal("scep/challenge", b"before")
        .await
        .unwrap();
    let refused = rotate(&first, "cara-ws", OLD, false).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = rotate(&first, "administrator", "guess", false)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);

    for generation in [2, 3] {
        let rotated = rotate(&first, "administrator", OLD, false).await;
        assert_eq!(rotated.unwrap(), (generation, 1));
        // the other replica has never opened the key: it fetches the data key that it is under now
        let fresh = make_key(&first, &format!("fresh-{generation}")).await;
        assert_eq!(signs(&second, &fresh).await, Ok(()));
        assert_eq!(signs(&second, &key).await, Ok(()));
        let after = first
            .caller("scep")
            .seal("scep/challenge", b"after")
            .await
            .unwrap();
        for (sealed, secret) in [(&before, b"before".as_slice()), (&after, b"after")] {
            let opened = second.caller("scep").unseal("scep/challenge", sealed).await;
            assert_eq!(opened.unwrap().as_slice(), secret);
        }
        signing_destroy(&first, &fresh).await;
    }
    second.stop().await;
    first.stop().await;
    // and so does the next start, also with another password
    let signing = Signing::over(&database, "").await.unwrap();
    assert_eq!(signs(&signing, &key).await, Ok(()));
    change(&signing, "administrator", OLD, NEW).await.unwrap();
    signing.stop().await;
    let signing = Signing::over(&database, &format!("master_password: {NEW}\n"))
        .await
        .unwrap();
    let opened = signing
        .caller("scep")
        .unseal("scep/challenge", &before)
        .await;
    assert_eq!(opened.unwrap().as_slice(), b"before");
    assert_unbroken(&signing).await;
    signing.stop().await;
}

async fn signing_destroy(signing: &Signing, key: &Key) {
    signing
        .caller("cara-ws")
        .destroy_key(&key.id)
        .await
        .unwrap();
}

async fn connect(database: &TestDatabase) -> DatabaseConnection {
    use secrecy::ExposeSecret as _;
    let url = database.config.url.resolve().unwrap();
    sea_orm::Database::connect(url.expose_secret())
        .await
        .unwrap()
}

async fn material(database: &DatabaseConnection, key: &Key) -> Vec<u8> {
    let query = Query::select()
        .column("material")
        .from("signer_key")
        .and_where(Expr::col("id").eq(key.id.as_str()))
        .to_owned();
    let row = database.query_one(&query).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn a_rotation_that_was_broken_off_is_finished(database: TestDatabase) {
    let signing = Signing::over(&database, "").await.unwrap();
    let keys = [
        make_key(&signing, "root").await,
        make_key(&signing, "sub").await,
    ];
    let connection = connect(&database).await;
    let under_first = material(&connection, &keys[0]).await;
    assert_eq!(
        rotate(&signing, "administrator", OLD, false).await.unwrap(),
        (2, 2)
    );
    // as a crash would have left it: the data key is new, one of the keys still under the old one
    let broken_off = async || {
        let update = Query::update()
            .table("signer_key")
            .value("material", under_first.clone())
            .and_where(Expr::col("id").eq(keys[0].id.as_str()))
            .to_owned();
        connection.execute(&update).await.unwrap();
    };
    broken_off().await;
    assert_eq!(
        rotate(&signing, "administrator", OLD, true).await.unwrap(),
        (2, 1)
    );
    assert_ne!(material(&connection, &keys[0]).await, under_first);
    assert_eq!(
        rotate(&signing, "administrator", OLD, true).await.unwrap(),
        (2, 0)
    );
    broken_off().await;
    signing.stop().await;
    // a start finishes it as well
    let signing = Signing::over(&database, "").await.unwrap();
    assert_ne!(material(&connection, &keys[0]).await, under_first);
    for key in &keys {
        assert_eq!(signs(&signing, key).await, Ok(()));
    }
    connection.close().await.unwrap();
    signing.stop().await;
}

async fn assert_unbroken(signing: &Signing) {
    let steps: Vec<_> = signing
        .caller("administrator")
        .verify_journal(None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert!(!steps.is_empty());
    for step in steps {
        assert_eq!(step.fault, None, "{}", step.chain);
    }
}

async fn checkpoint_keys_follow_one_another(database: TestDatabase) {
    let settings = "journal: { checkpoint_entries: 1 }\n";
    let first = Signing::over(&database, settings).await.unwrap();
    let second = Signing::over(
        &database,
        "journal: { chain: other, checkpoint_entries: 1 }\n",
    )
    .await
    .unwrap();
    let key = make_key(&first, "root").await;
    let rotate = async |signing: &Signing, caller: &str| {
        administration!(signing, caller)
            .rotate_checkpoint_key(wire::RotateCheckpointKeyRequest {})
            .await
            .map(|key| key.into_inner().number)
    };
    let refused = rotate(&first, "cara-ws").await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for number in [2, 3] {
        for signing in [&first, &second] {
            assert_eq!(signs(signing, &key).await, Ok(()));
        }
        assert_eq!(rotate(&first, "administrator").await.unwrap(), number);
        assert_unbroken(&second).await;
    }
    for signing in [&first, &second] {
        assert_eq!(signs(signing, &key).await, Ok(()));
        assert_unbroken(signing).await;
    }
    second.stop().await;
    first.stop().await;
    // somebody who can write to the database puts a key of his own into the line
    let connection = connect(&database).await;
    let forged = Arc::new(ers_pki::key::PrivateKey::generate(KeyAlgorithm::P256).unwrap());
    let update = Query::update()
        .table("journal_key")
        .value("public_key", forged.public_key().spki_der().to_vec())
        .and_where(Expr::col("number").eq(1))
        .to_owned();
    connection.execute(&update).await.unwrap();
    connection.close().await.unwrap();
    let refused = Signing::over(&database, settings).await.err().unwrap();
    let told = ers_runtime::error::chain(&refused);
    assert!(told.contains("checkpoint key 1"), "{told}");
}
