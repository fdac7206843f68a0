//! Promises: a CRL comes in pieces, is checked and hashed as it comes, and openssl accepts what is signed, by keys in the
//! database and on a token, also where the token or the algorithm must have it whole; what is no CRL, another issuer's or not
//! whole is refused without a journal entry and without anything signed.

#![cfg(test)]

mod common;

use common::{Signing, ca_key, new_key, openssl, sign_with, signed_root};
use ers_pki::issuance::Issuer;
use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use ers_pki::name::Name;
use ers_proto::signer::v1::{
    self as wire, SignLongHead, SignLongRequest, sign_long_request::Part,
    signing_client::SigningClient,
};
use ers_runtime::grpc::Caller;
use ers_signer_client::{Key, KeyLimits, Purpose, Signer as _, SignerClient};
use ers_test_support::softhsm;
use futures::TryStreamExt;
use tonic::Code;
use tower::ServiceExt as _;

/// More than goes in one message.
const ENTRIES: u32 = 22_000;

/// Signs a long CRL with a new key of a kind; openssl verifies it.
async fn sign_long_crl(signing: &Signing, kind: KeyAlgorithm, label: &str) -> (Key, Vec<u8>) {
    let cara = signing.caller("cara-ws");
    let key = cara.create_key(ca_key(label, kind)).await.unwrap();
    let root = signed_root(&cara, &key).await;
    let prepared = common::crl(&root, ENTRIES);
    assert!(prepared.to_be_signed().len() > 1024 * 1024);
    let bytes = prepared.to_be_signed().to_vec();
    let algorithm = SignatureAlgorithm::default_for(kind);
    let signed = sign_with(&cara, &key, Purpose::Crl, algorithm, &bytes)
        .await
        .unwrap();
    let crl = prepared.assemble(&signed.signature).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
    std::fs::write(folder.path().join("list.crl"), crl.der()).unwrap();
    let arguments = [
        "crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "root.pem", "-verify", "-noout",
    ];
    let output = openssl(folder.path(), &arguments);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("verify OK"),
        "{kind}: {output:?}"
    );
    (key, bytes)
}

async fn crl_digests(client: &SignerClient) -> Vec<Vec<u8>> {
    let entries: Vec<_> = client
        .read_journal("main", 1, &[Purpose::Crl])
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    entries.into_iter().map(|entry| entry.digest).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().to_vec()
}

/// Failure 27: the signer holds no list of a million entries; the journal has its digest all the same.
#[tokio::test]
async fn a_long_crl_is_signed_piece_by_piece_with_every_kind_of_key() {
    let signing = Signing::start().await;
    for kind in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::RsaPss2048,
        KeyAlgorithm::P384,
        KeyAlgorithm::BrainpoolP256r1,
        // must be held whole: it is read twice
        KeyAlgorithm::Ed25519,
    ] {
        let (_, bytes) = sign_long_crl(&signing, kind, &format!("root:{kind}")).await;
        let digests = crl_digests(&signing.caller("cara-ws")).await;
        assert_eq!(digests.last(), Some(&sha256(&bytes)), "{kind}");
    }
}

#[tokio::test]
async fn a_token_signs_a_long_crl_whether_it_or_the_signer_makes_the_hash() {
    for mechanisms in ["", ", mechanisms: { rsa_pkcs1: token }"] {
        let token = softhsm::token().unwrap();
        let lines = format!(
            "tokens: [{{ name: hsm, pkcs11: {{ library: {}, slot: {{ label: {} }}, pin: '{}'{mechanisms} }} }}]\n",
            softhsm::LIBRARY,
            token.label,
            token.pin,
        );
        let signing = Signing::with(&lines).await;
        signing.wait_until_ready().await;
        for kind in [KeyAlgorithm::Rsa2048, KeyAlgorithm::P256] {
            sign_long_crl(&signing, kind, &format!("root:{kind}")).await;
        }
    }
}

/// A signer with a key of a root, and what is asked of it.
struct Asking {
    signing: Signing,
    head: SignLongHead,
    /// A CRL of the root.
    bytes: Vec<u8>,
    /// A certificate of the root.
    certificate: Vec<u8>,
}

impl Asking {
    async fn start() -> Self {
        let signing = Signing::start().await;
        let cara = signing.caller("cara-ws");
        let name: Name = "CN=Test Root,O=ERS".parse().unwrap();
        let limits = KeyLimits {
            issuer_name: Some(name.to_der().to_vec()),
            may_sign_ca_certificates: true,
            ..KeyLimits::default()
        };
        let purposes = [Purpose::Certificate, Purpose::Crl];
        let wish = new_key("root", KeyAlgorithm::P256, &purposes, limits);
        let key = cara.create_key(wish).await.unwrap();
        let root = signed_root(&cara, &key).await;
        let head = SignLongHead {
            request_id: "request-1".into(),
            key_id: key.id.to_string(),
            purpose: Purpose::Crl.to_wire(),
            signature_algorithm: "SHA256withECDSA".into(),
            context: Vec::new(),
        };
        Self {
            signing,
            head,
            bytes: common::crl(&root, 10_000).to_be_signed().to_vec(),
            certificate: common::root(&key.public_key).to_be_signed().to_vec(),
        }
    }

    async fn parts(
        &self,
        caller: &str,
        parts: Vec<Option<Part>>,
    ) -> Result<wire::SignResponse, tonic::Status> {
        let caller = Caller::named(caller);
        let channel = self.signing.signer.routes().map_request(
            move |mut request: tonic::codegen::http::Request<_>| {
                request.extensions_mut().insert(caller.clone());
                request
            },
        );
        let parts = parts.into_iter().map(|part| SignLongRequest { part });
        let answer = SigningClient::new(channel)
            .sign_long(futures::stream::iter(parts))
            .await?;
        Ok(answer.into_inner())
    }

    /// How it is refused: the code, after the words were looked for.
    async fn code(&self, caller: &str, head: &SignLongHead, bytes: &[u8], told: &str) -> Code {
        let pieces = bytes.chunks(200_000).map(piece);
        let parts = std::iter::once(Some(Part::Head(head.clone()))).chain(pieces);
        let status = self.parts(caller, parts.collect()).await.unwrap_err();
        let message = status.message();
        assert!(message.contains(told), "{told}: {message}");
        status.code()
    }

    async fn signed(&self) -> Vec<Vec<u8>> {
        crl_digests(&self.signing.caller("cara-ws")).await
    }
}

fn piece(bytes: &[u8]) -> Option<Part> {
    Some(Part::Piece(bytes.to_vec()))
}

#[tokio::test]
async fn a_head_that_may_not_have_it_is_refused_before_anything_is_read() {
    let asking = Asking::start().await;
    let with = |change: &dyn Fn(&mut SignLongHead)| {
        let mut head = asking.head.clone();
        change(&mut head);
        head
    };
    let invalid = Code::InvalidArgument;
    let certificate = Purpose::Certificate.to_wire();
    for (changed, code, told) in [
        (with(&|head| head.purpose = certificate), invalid, "purpose"),
        (with(&|head| head.purpose = 0), invalid, "purpose"),
        (
            with(&|head| head.signature_algorithm = "SHA256withRSA".into()),
            invalid,
            "signature_algorithm",
        ),
        (
            with(&|head| head.signature_algorithm = "none".into()),
            invalid,
            "signature_algorithm",
        ),
        (
            with(&|head| head.context = vec![0; 9000]),
            invalid,
            "context",
        ),
        (
            with(&|head| head.request_id = String::new()),
            invalid,
            "request_id",
        ),
        (
            with(&|head| head.key_id = "nobody".into()),
            Code::NotFound,
            "key_id",
        ),
    ] {
        let bytes = &asking.bytes;
        let refused = asking.code("cara-ws", &changed, bytes, told).await;
        assert_eq!(refused, code, "{told}");
    }
    let refused = asking.code("acme", &asking.head, &asking.bytes, "").await;
    assert_eq!(refused, Code::PermissionDenied);
    assert_eq!(asking.signed().await, Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn what_is_not_a_whole_crl_of_the_key_is_refused_and_nothing_is_signed() {
    let asking = Asking::start().await;
    let (head, bytes) = (&asking.head, &asking.bytes);
    let other = {
        let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
        let name: Name = "CN=Other".parse().unwrap();
        let issuer = Issuer::self_signed(name, common::subscriber(), algorithm).unwrap();
        let later = common::now() + time::Duration::DAY;
        let list = ers_pki::crl::prepare(&issuer, 1, common::now(), later, []).unwrap();
        list.to_be_signed().to_vec()
    };
    let mut garbage = bytes.clone();
    garbage[300_000] ^= 0xff;
    for (wrong, told) in [
        (&bytes[..bytes.len() - 1], "to_be_signed"),
        (&[], "to_be_signed"),
        (&[&bytes[..], &[0]].concat(), "to_be_signed"),
        (&garbage, "to_be_signed"),
        (&asking.certificate, "to_be_signed"),
        (&other, "another issuer"),
    ] {
        let refused = asking.code("cara-ws", head, wrong, told).await;
        assert_eq!(refused, Code::InvalidArgument);
    }
    let first = || Some(Part::Head(head.clone()));
    for parts in [
        vec![],
        vec![None],
        vec![piece(bytes)],
        vec![first(), None],
        vec![first(), piece(&bytes[..9]), first(), piece(&bytes[9..])],
        vec![first(), piece(&vec![0x30; 1024 * 1024 + 1])],
    ] {
        let status = asking.parts("cara-ws", parts).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        let message = status.message();
        assert!(message.starts_with("part: "), "{message}");
    }
    assert_eq!(asking.signed().await, Vec::<Vec<u8>>::new());
    // and all is well still
    let good = vec![first(), piece(&bytes[..100]), piece(&bytes[100..])];
    asking.parts("cara-ws", good).await.unwrap();
    assert_eq!(asking.signed().await, [sha256(bytes)]);
}
