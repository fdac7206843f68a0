//! Promises, on a real PKCS #11 library: a session that was logged out, and a library that was finalised under us, cost
//! no call: another session is opened and the call done once more. In a process of its own, because both hit every
//! token of the process.

#[cfg(test)]
mod common;

use common::{Signing, ca_key, root, sign};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{Purpose, Signer as _};
use ers_test_support::softhsm;
use pkcs11::context::Pkcs11;

#[tokio::test]
async fn lost_sessions_cost_no_call() {
    let token = softhsm::token().unwrap();
    let lines = format!(
        "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, pin: '{}', sessions: 2 }} }}]\n",
        softhsm::LIBRARY,
        token.label,
        token.pin
    );
    let signing = Signing::with(&lines).await;
    signing.wait_until_ready().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let prepared = root(&key.public_key);
    let try_four = async || {
        for _ in 0..4 {
            sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
                .await
                .unwrap();
        }
    };
    try_four().await;

    // logged out: one login counts for all sessions of a process
    let library = Pkcs11::new(softhsm::LIBRARY).unwrap();
    let labelled = |slot: &_| {
        library
            .get_token_info(*slot)
            .is_ok_and(|found| found.label() == token.label)
    };
    let slot = library
        .get_slots_with_token()
        .unwrap()
        .into_iter()
        .find(labelled)
        .unwrap();
    library.open_ro_session(slot).unwrap().logout().unwrap();
    try_four().await;

    // finalised: sessions, handles and logins are void
    library.finalize().unwrap();
    try_four().await;
    assert!(signing.context.health.is_ready(), "{:?}", signing.down());
    let signed = sign(&cara, &key, Purpose::Certificate, prepared.to_be_signed())
        .await
        .unwrap();
    assert_eq!(signed.sequence, 13);
}
