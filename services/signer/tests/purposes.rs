//! Promises: CRLs and OCSP answers are signed, openssl accepts them, and the journal holds their digest and not their
//! bytes; a CRL beyond gRPC's usual limits passes; what is signed for CMS, TLS and tokens has its shape.

#[cfg(test)]
mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Signing, ca_key, new_key, openssl, sign, signed_root};
use ers_pki::cmp::{Body, Header, Party, Unprotected};
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_signer_client::{KeyLimits, Purpose, Signer as _};
use futures::TryStreamExt;
use tonic::Code;

#[tokio::test]
async fn a_crl_of_many_entries_is_signed_and_only_its_digest_is_kept() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let key = cara
        .create_key(ca_key("root", KeyAlgorithm::P256))
        .await
        .unwrap();
    let root = signed_root(&cara, &key).await;
    let prepared = common::crl(&root, 150_000);
    let bytes = prepared.to_be_signed().to_vec();
    assert!(bytes.len() > 5 * 1024 * 1024);
    let signed = sign(&cara, &key, Purpose::Crl, &bytes).await.unwrap();
    let crl = prepared.assemble(&signed.signature).unwrap();
    let folder = signing.folder.path();
    std::fs::write(folder.join("root.pem"), root.pem()).unwrap();
    std::fs::write(folder.join("list.crl"), crl.der()).unwrap();
    let output = openssl(
        folder,
        &[
            "crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "root.pem", "-verify", "-noout",
        ],
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("verify OK"));
    let entries: Vec<_> = cara
        .read_journal("main", 1, &[Purpose::Crl])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!((entries.len(), entries[0].to_be_signed.len()), (1, 0));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(entries[0].digest, digest.as_ref());
}

#[tokio::test]
async fn an_ocsp_answer_is_signed_by_its_responder() {
    let signing = Signing::start().await;
    let cara = signing.caller("cara-ws");
    let ca = cara
        .create_key(ca_key("root", KeyAlgorithm::Rsa2048))
        .await
        .unwrap();
    let root = signed_root(&cara, &ca).await;
    let ocsp = new_key(
        "ocsp",
        KeyAlgorithm::P256,
        &[Purpose::Ocsp],
        KeyLimits::default(),
    );
    let ocsp = cara.create_key(ocsp).await.unwrap();
    let response = common::ocsp_response(&root, &cara, &ca, &ocsp).await;
    let signed = sign(
        &signing.caller("rev-info"),
        &ocsp,
        Purpose::Ocsp,
        response.to_be_signed(),
    )
    .await
    .unwrap();
    let folder = signing.folder.path();
    std::fs::write(folder.join("root.pem"), root.pem()).unwrap();
    std::fs::write(
        folder.join("answer.der"),
        response.assemble(&signed.signature).unwrap(),
    )
    .unwrap();
    let output = openssl(
        folder,
        &["ocsp", "-respin", "answer.der", "-CAfile", "root.pem"],
    );
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("Response verify OK"),
        "{output:?}"
    );
}

#[tokio::test]
async fn cms_tls_and_token_keys_sign_what_has_the_shape_and_nothing_else() {
    let all =
        "grants: [{ caller: all, sign: [cms, tls, token], create_keys: [cms, tls, token] }]\n";
    let signing = Signing::with(all).await;
    let client = signing.caller("all");
    let wish = new_key(
        "all",
        KeyAlgorithm::P256,
        &[Purpose::Cms, Purpose::Tls, Purpose::Token],
        KeyLimits::default(),
    );
    let key = client.create_key(wish).await.unwrap();
    let content_type = b"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let digest = b"\x30\x2f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22\x04\x20";
    let attributes = [b"\x31\x4b".as_slice(), content_type, digest, &[7; 32]].concat();
    let handshake = [
        &[0x20; 64][..],
        b"TLS 1.3, server CertificateVerify\0",
        &[7; 32],
    ]
    .concat();
    let token = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#),
        URL_SAFE_NO_PAD.encode("{}")
    );
    let shapes = [
        (Purpose::Cms, attributes),
        (Purpose::Tls, handshake),
        (Purpose::Token, token.into_bytes()),
    ];
    for (purpose, bytes) in &shapes {
        for other in [Purpose::Cms, Purpose::Tls, Purpose::Token] {
            let asked = sign(&client, &key, other, bytes).await;
            match other == *purpose {
                true => assert!(asked.is_ok(), "{purpose}: {asked:?}"),
                false => assert_eq!(
                    asked.unwrap_err().code(),
                    Code::InvalidArgument,
                    "{purpose} as {other}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_cmp_key_signs_what_a_server_sends_with_the_algorithm_that_is_named_and_nothing_else() {
    let signing = Signing::start().await;
    let cmp = signing.caller("cmp");
    let wish = new_key(
        "cmp-signer:P-256",
        KeyAlgorithm::P256,
        &[Purpose::Cmp],
        KeyLimits::default(),
    );
    let key = cmp.create_key(wish).await.unwrap();
    let part = |body: &Body, algorithm: SignatureAlgorithm| {
        let header = Header {
            protection_algorithm: Some(algorithm.to_der()),
            ..Header::new(2, Party::unnamed(), Party::unnamed())
        };
        Unprotected::new(&header, body).protected_part()
    };
    let right = SignatureAlgorithm::Sha256WithEcdsa;
    let confirmation = part(&Body::Confirmation, right);
    let signed = sign(&cmp, &key, Purpose::Cmp, &confirmation).await.unwrap();
    key.public_key
        .verify(right, &confirmation, &signed.signature)
        .unwrap();
    for bytes in [
        part(&Body::PollRequest(vec![0]), right),
        part(&Body::Confirmation, SignatureAlgorithm::Sha256WithRsa),
        confirmation[1..].to_vec(),
        common::root(&key.public_key).to_be_signed().to_vec(),
    ] {
        let refused = sign(&cmp, &key, Purpose::Cmp, &bytes).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }
    let other = sign(&cmp, &key, Purpose::Cms, &confirmation).await;
    assert_eq!(other.unwrap_err().code(), Code::PermissionDenied);
}
