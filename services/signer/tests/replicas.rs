//! Promises: a key may live on several tokens. A copy is believed only after its public half and a signature of it were
//! seen; the tokens share the work; when one is away, the others sign; and another key under the same id signs nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail them")]

#[cfg(test)]
mod common;

use std::time::Duration;

use common::{Signing, ca_key, root, sign};
use ers_faulty_pkcs11::{Fault, FaultyToken};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{Key, Purpose, Signed, Signer as _, SignerClient, SignerError};
use tonic::Code;

fn lines(tokens: &[(&str, &FaultyToken)]) -> String {
    let tokens: String = tokens
        .iter()
        .map(|(name, token)| {
            format!(
                "  - {{ name: {name}, pkcs11: {{ library: {}, pin: '1234', sessions: 2, timeout_s: 2 }} }}\n",
                token.library().display()
            )
        })
        .collect();
    format!("tokens:\n{tokens}  - {{ name: software, software: {{}} }}\n")
}

struct Two {
    signing: Signing,
    first: FaultyToken,
    second: FaultyToken,
    key: Key,
    other: Key,
}

/// Two keys on two tokens, not yet attached on the second.
async fn two() -> Two {
    let first = FaultyToken::new().unwrap();
    let signing = Signing::with(&lines(&[("first", &first)])).await;
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let mut keys = Vec::new();
    for label in ["root", "other"] {
        let wish = ca_key(label, KeyAlgorithm::P256);
        keys.push(cara.create_key(wish).await.unwrap());
    }
    drop(cara);
    let folder = signing.stop().await;
    let second = first.clone_keys().unwrap();
    let tokens = lines(&[("first", &first), ("second", &second)]);
    let signing = Signing::try_with(folder, &tokens).await.unwrap();
    signing.wait_until_ready().await;
    let other = keys.pop().unwrap();
    let key = keys.pop().unwrap();
    Two {
        signing,
        first,
        second,
        key,
        other,
    }
}

async fn certify(client: &SignerClient, key: &Key) -> Result<Signed, SignerError> {
    let prepared = root(&key.public_key);
    sign(client, key, Purpose::Certificate, prepared.to_be_signed()).await
}

/// Failure 18: when one of two tokens is away, the other one signs; when it is back, they share the work.
#[tokio::test]
async fn a_key_on_two_tokens_signs_while_one_of_them_is_away() {
    let two = two().await;
    let administrator = two.signing.caller("administrator");
    let cara = two.signing.caller("cara-ws");
    let refused = cara.attach_replica(&two.key.id, "second", None).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let attached = administrator
        .attach_replica(&two.key.id, "second", None)
        .await
        .unwrap();
    assert_eq!(attached.replicas, ["second"]);
    assert!(!attached.token_key_id.is_empty());

    let signatures = |token: &FaultyToken| token.calls("C_Sign");
    let before = (signatures(&two.first), signatures(&two.second));
    for _ in 0..20 {
        certify(&cara, &two.key).await.unwrap();
    }
    let done = (
        signatures(&two.first) - before.0,
        signatures(&two.second) - before.1,
    );
    assert_eq!(done, (10, 10), "in turn, as both queues are empty");

    two.first.set(&[Fault::Removed]).unwrap();
    for _ in 0..10 {
        certify(&cara, &two.key).await.unwrap();
    }
    assert!(!two.signing.context.health.is_ready());
    // a key without a copy waits for its token
    assert!(certify(&cara, &two.other).await.is_err());
    two.first.set(&[]).unwrap();
    two.signing.wait_until_ready().await;
    two.second.set(&[Fault::Removed]).unwrap();
    for _ in 0..10 {
        certify(&cara, &two.key).await.unwrap();
    }
}

/// Failure 17, Failure 18: a token that hangs costs the call its time, and the signature comes from the other token.
#[tokio::test]
async fn a_token_that_hangs_is_left_for_the_other_one() {
    let two = two().await;
    let administrator = two.signing.caller("administrator");
    let cara = two.signing.caller("cara-ws");
    administrator
        .attach_replica(&two.key.id, "second", None)
        .await
        .unwrap();
    two.first
        .set(&[Fault::Delay("C_Sign", Duration::from_secs(60))])
        .unwrap();
    for _ in 0..6 {
        certify(&cara, &two.key).await.unwrap();
    }
}

/// Failure 18: a copy is compared before it is believed.
#[tokio::test]
async fn another_key_under_the_id_is_not_attached() {
    let two = two().await;
    let administrator = two.signing.caller("administrator");
    let attach = async |token: &str, id: Option<Vec<u8>>| {
        administrator
            .attach_replica(&two.key.id, token, id)
            .await
            .unwrap_err()
            .to_string()
    };
    let of_other = two.signing.caller("cara-ws").load_key(&two.other.id).await;
    let of_other = of_other.unwrap().token_key_id;
    let refused = attach("second", Some(of_other)).await;
    assert!(refused.contains("has another key"), "{refused}");
    let refused = attach("second", Some(vec![7; 20])).await;
    assert!(refused.contains("has no key"), "{refused}");
    let refused = attach("second", Some(vec![7; 65])).await;
    assert!(refused.contains("longer"), "{refused}");
    let refused = attach("first", None).await;
    assert!(refused.contains("was made on"), "{refused}");
    let refused = attach("third", None).await;
    assert!(refused.contains("no token third"), "{refused}");
    let refused = attach("software", None).await;
    assert!(refused.contains("no copies"), "{refused}");
    // a copy that signs wrongly is none
    two.second.set(&[Fault::Flip]).unwrap();
    let refused = attach("second", None).await;
    assert!(refused.contains("has another key"), "{refused}");
    let told = administrator.load_key(&two.key.id).await.unwrap();
    assert!(told.replicas.is_empty() && told.quarantine.is_none());
}

/// Failure 18: a copy that became another key after it was attached signs nothing; the right one does.
#[tokio::test]
async fn another_key_that_took_the_place_of_a_copy_signs_nothing() {
    let two = two().await;
    let administrator = two.signing.caller("administrator");
    administrator
        .attach_replica(&two.key.id, "second", None)
        .await
        .unwrap();
    // the second token restored from the wrong backup
    let database = two.signing.database().await;
    let exchange = format!(
        "update key_replica set material = (select material from signer_key where id = '{}')",
        two.other.id
    );
    sea_orm::ConnectionTrait::execute_unprepared(&database, &exchange)
        .await
        .unwrap();
    drop(administrator);
    let folder = two.signing.stop().await;
    let tokens = lines(&[("first", &two.first), ("second", &two.second)]);
    let signing = Signing::try_with(folder, &tokens).await.unwrap();
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let before = two.second.calls("C_Sign");
    for _ in 0..10 {
        certify(&cara, &two.key).await.unwrap();
    }
    assert_eq!(two.second.calls("C_Sign"), before);
    // it is the copy that is refused, not the key
    let told = cara.load_key(&two.key.id).await.unwrap();
    assert_eq!(told.quarantine, None);
    two.first.set(&[Fault::Removed]).unwrap();
    let refused = certify(&cara, &two.key).await.unwrap_err();
    assert!(
        [Code::Internal, Code::Unavailable].contains(&refused.code()),
        "{refused}"
    );
}

#[tokio::test]
async fn a_key_is_destroyed_on_all_its_tokens_and_a_detached_copy_stays() {
    let two = two().await;
    let administrator = two.signing.caller("administrator");
    for key in [&two.key, &two.other] {
        administrator
            .attach_replica(&key.id, "second", None)
            .await
            .unwrap();
    }
    let detached = administrator.detach_replica(&two.other.id, "second").await;
    assert!(detached.unwrap().replicas.is_empty());
    for key in [&two.key, &two.other] {
        administrator.destroy_key(&key.id).await.unwrap();
        let gone = certify(&two.signing.caller("cara-ws"), key).await;
        assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    }
    let left = |token: &FaultyToken| {
        let output = std::process::Command::new("pkcs11-tool")
            .args(["--module", "/usr/lib/softhsm/libsofthsm2.so"])
            .args(["--token-label", "faulty", "--login", "--pin", "1234", "-O"])
            .env("SOFTHSM2_CONF", token.softhsm_configuration())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout)
            .matches("Private Key Object")
            .count()
    };
    assert_eq!((left(&two.first), left(&two.second)), (0, 1));
}
