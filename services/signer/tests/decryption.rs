//! Promises: content keys are opened by keys in software and in a token (SoftHSM), in this process and in a child of its
//! own; what was not encrypted as it should be gives random octets and harms nobody; only who holds the grant may, and
//! only with a key made for it; such a key signs nothing for the purpose.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail them"
)]

#[cfg(test)]
mod common;

use common::{Signing, new_key, openssl, sign};
use ers_pki::cms::{DigestAlgorithm, KeyTransport};
use ers_pki::key::KeyAlgorithm;
use ers_signer_client::{
    DecryptCall, Key, KeyLimits, Purpose, Signer as _, SignerClient, SignerError,
};
use ers_test_support::softhsm;

const CONTENT_KEY: [u8; 32] = [0x42; 32];

async fn ra_key(scep: &SignerClient) -> Key {
    let purposes = [Purpose::Cms, Purpose::Decryption];
    let new = new_key(
        "scep-ra:1",
        KeyAlgorithm::Rsa2048,
        &purposes,
        KeyLimits::default(),
    );
    scep.create_key(new).await.unwrap()
}

async fn open(
    client: &SignerClient,
    key: &Key,
    transport: KeyTransport,
    ciphertext: &[u8],
    expected_length: usize,
) -> Result<Vec<u8>, SignerError> {
    let call = DecryptCall {
        request_id: "request-1",
        key_id: &key.id,
        transport,
        ciphertext,
        expected_length,
    };
    client.decrypt(call).await.map(|octets| octets.to_vec())
}

/// SoftHSM 2.6 knows OAEP with SHA-1 only.
const OAEP_SHA1: KeyTransport = KeyTransport::Oaep {
    digest: DigestAlgorithm::Sha1,
    mask: DigestAlgorithm::Sha1,
};

async fn opens_and_does_not_tell(signing: &Signing, transports: &[KeyTransport]) {
    let scep = signing.caller("scep");
    let key = ra_key(&scep).await;
    for &transport in transports {
        let sealed = transport.encrypt(&key.public_key, &CONTENT_KEY).unwrap();
        let opened = open(&scep, &key, transport, &sealed, 32).await;
        assert_eq!(opened.unwrap(), CONTENT_KEY, "{transport:?}");
        let mut changed = sealed.clone();
        changed[17] ^= 1;
        for (octets, expected) in [
            (&changed[..], 32),
            (&sealed, 16),
            (&sealed[..255], 32),
            (&[0xff; 256], 24),
            (&[1], 16),
        ] {
            let first = open(&scep, &key, transport, octets, expected)
                .await
                .unwrap();
            let second = open(&scep, &key, transport, octets, expected)
                .await
                .unwrap();
            assert_eq!((first.len(), second.len()), (expected, expected));
            assert_ne!(first, second, "{transport:?}");
        }
        // nobody else is harmed
        let opened = open(&scep, &key, transport, &sealed, 32).await;
        assert_eq!(opened.unwrap(), CONTENT_KEY);
    }
    assert!(signing.context.health.is_ready(), "{:?}", signing.down());
}

/// Failure 39: keys in software do not tell whether a content key was encrypted as it should be.
#[tokio::test]
async fn software_keys_open_content_keys_and_tell_nothing_of_padding() {
    let signing = Signing::start().await;
    let transports = [KeyTransport::Pkcs1, KeyTransport::OAEP_SHA256, OAEP_SHA1];
    opens_and_does_not_tell(&signing, &transports).await;
}

/// Failure 39: a token does not tell, and is not taken for broken by a stranger's message.
#[tokio::test]
async fn keys_in_a_token_open_content_keys_and_tell_nothing_of_padding() {
    let token = softhsm::token().unwrap();
    for workers in ["", ", workers: 1"] {
        let lines = format!(
            "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, pin: '{}'{workers}{} }} }}]\n",
            softhsm::LIBRARY,
            token.label,
            token.pin,
            if workers.is_empty() {
                String::new()
            } else {
                format!(", worker_program: {}", env!("CARGO_BIN_EXE_signer"))
            },
        );
        let signing = Signing::with(&lines).await;
        signing.wait_until_ready().await;
        opens_and_does_not_tell(&signing, &[KeyTransport::Pkcs1, OAEP_SHA1]).await;
        signing.stop().await;
    }
}

#[tokio::test]
async fn what_openssl_encrypts_is_opened() {
    let signing = Signing::start().await;
    let scep = signing.caller("scep");
    let key = ra_key(&scep).await;
    let folder = signing.folder.path();
    std::fs::write(folder.join("key.der"), key.public_key.spki_der()).unwrap();
    std::fs::write(folder.join("plain"), CONTENT_KEY).unwrap();
    let arguments = "pkeyutl -encrypt -pubin -keyform DER -inkey key.der -in plain -out sealed";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    assert!(openssl(folder, &arguments).status.success());
    let sealed = std::fs::read(folder.join("sealed")).unwrap();
    let opened = open(&scep, &key, KeyTransport::Pkcs1, &sealed, 32).await;
    assert_eq!(opened.unwrap(), CONTENT_KEY);
}

/// Failure 21: an edge that may decrypt may do so with its own keys only, and nobody else may.
#[tokio::test]
async fn only_who_may_decrypts_and_only_with_keys_for_it() {
    let signing = Signing::start().await;
    let scep = signing.caller("scep");
    let key = ra_key(&scep).await;
    let sealed = KeyTransport::Pkcs1
        .encrypt(&key.public_key, &CONTENT_KEY)
        .unwrap();
    for stranger in ["est", "cmp", "acme", "clm-api", "cara-ws", "nobody"] {
        let refused = open(
            &signing.caller(stranger),
            &key,
            KeyTransport::Pkcs1,
            &sealed,
            32,
        )
        .await;
        assert!(
            matches!(refused, Err(SignerError::Refused { .. })),
            "{stranger}"
        );
    }
    // a key that only signs
    let other = new_key(
        "scep-ra:2",
        KeyAlgorithm::Rsa2048,
        &[Purpose::Cms],
        KeyLimits::default(),
    );
    let other = scep.create_key(other).await.unwrap();
    let refused = open(&scep, &other, KeyTransport::Pkcs1, &sealed, 32).await;
    assert!(matches!(refused, Err(SignerError::Refused { .. })));
    // nothing is signed for the purpose
    let refused = sign(&scep, &key, Purpose::Decryption, &sealed).await;
    assert!(refused.is_err());
    // keys of other kinds cannot be made for it
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::RsaPss2048] {
        let new = new_key(
            "scep-ra:3",
            algorithm,
            &[Purpose::Decryption],
            KeyLimits::default(),
        );
        let refused = scep.create_key(new).await;
        assert!(
            matches!(refused, Err(SignerError::Invalid { .. })),
            "{refused:?}"
        );
    }
    for (ciphertext, expected) in [
        (&sealed[..], 0),
        (&sealed, 65),
        (&[][..], 32),
        (&[0; 1025], 32),
    ] {
        let refused = open(&scep, &key, KeyTransport::Pkcs1, ciphertext, expected).await;
        assert!(
            matches!(refused, Err(SignerError::Invalid { .. })),
            "{refused:?}"
        );
    }
}
