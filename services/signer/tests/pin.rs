//! Promise: of a PIN that the token refuses, exactly one attempt is made, however often the signer is asked; a token must
//! not lock itself. Counted by looking at the calls to the library.

#[cfg(test)]
mod common;

use common::{Signing, ca_key};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::Signer as _;
use ers_test_support::softhsm;
use tonic::Code;

#[tokio::test]
async fn a_refused_pin_is_tried_once() {
    let token = softhsm::token().unwrap();
    let lines = format!(
        "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, pin: '0000', sessions: 3 }} }}]\n",
        softhsm::SPY,
        token.label
    );
    let signing = Signing::with(&lines).await;
    let cara = signing.caller("cara-ws");
    for attempt in 0..20 {
        let refused = cara
            .create_key(ca_key("root", KeyAlgorithm::P256))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "attempt {attempt}");
    }
    // longer than the token is waited for when it is only away
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(
        signing
            .down()
            .iter()
            .any(|reason| reason.contains("PIN refused")),
        "{:?}",
        signing.down()
    );
    let calls = softhsm::spied().unwrap();
    assert_eq!(calls.matches(": C_Login").count(), 1, "{calls}");
    assert!(calls.contains("CKR_PIN_INCORRECT"), "{calls}");
}
