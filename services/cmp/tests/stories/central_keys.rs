//! Promises: where the policy allows it a key is made for who asks (RFC 9483 section 4.1.6), signed as its maker's and
//! readable by nobody else, whether who asks has a key of its own or a shared secret; openssl reads it. A key that a
//! broken-off attempt has lost is nobody's: its certificate is revoked. Where the policy keeps such keys, CLM gets the
//! very key, sealed; where it does not, nothing.

use std::path::Path;

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Body, BodyKind, Failure};
use ers_pki::crmf::{CertReqMsg, CertTemplate, ProofOfPossession};
use ers_pki::key::{KeyAlgorithm, PrivateKey};
use ers_pki::{ExtendedKeyUsage, KeyUsage};

use crate::support::device::Answer;
use crate::support::{Device, Mode, World, secret_of};

const ENVELOPED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

async fn world() -> World {
    let world = World::new().await;
    world.clm.change_policy("cmp", |policy| {
        policy.cmp.as_mut().unwrap().central_keys_allowed = true;
    });
    world
}

/// A request without a key.
fn request(device: &Device) -> CertReqMsg {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let template = CertTemplate {
        public_key: None,
        ..device.template(&key)
    };
    CertReqMsg::new(0, template, Vec::new())
}

fn body(device: &Device) -> Body {
    Body::Request(BodyKind::Cr, vec![request(device)])
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut made = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => made.push(short),
        _ => {
            let length = u16::try_from(content.len()).unwrap();
            made.push(0x82);
            made.extend(length.to_be_bytes());
        }
    }
    made.extend(content);
    made
}

/// Of a content, whatever tag it came with.
fn content_info(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let content = [&[0x30], &content[1..]].concat();
    der(0x30, &[kind, &der(0xa0, &content)].concat())
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join(file)).unwrap()
}

/// The certificate, and the `EncryptedKey`.
fn handed_out(answer: &Answer) -> (Certificate, Vec<u8>) {
    assert_eq!(answer.message.header().version, 3);
    let issued = answer.issued();
    assert!(!issued.is_encrypted);
    let certificate = Certificate::from_der(&issued.certificate).unwrap();
    (certificate, issued.private_key.unwrap())
}

/// Has openssl check whose the opened key is, and that it is that of the certificate.
async fn check_package(world: &World, signed: &[u8], certificate: &Certificate) {
    let (openssl, folder) = (world.openssl(), world.folder());
    let signed = content_info(SIGNED_DATA, signed);
    std::fs::write(folder.join("signed.cms"), signed).unwrap();
    openssl
        .run(
            "cms -verify -inform DER -in signed.cms -CAfile root.pem -purpose any -binary -signer maker.pem -out package.der",
        )
        .await
        .ok();
    let maker = Certificate::from_der(&openssl.der("maker.pem")).unwrap();
    assert!(maker.has_extended_key_usage(ExtendedKeyUsage::CM_KGA));
    assert_eq!(maker.subject().to_string(), "CN=CMP key generation");
    // AsymmetricKeyPackage: a SEQUENCE of one
    let package = read(folder, "package.der");
    let header = if package[1] == 0x82 {
        4
    } else {
        2 + usize::from(package[1] == 0x81)
    };
    std::fs::write(folder.join("made.key"), &package[header..]).unwrap();
    openssl
        .run("pkey -inform DER -in made.key -pubout -outform DER -out made.pub")
        .await
        .ok();
    assert_eq!(
        read(folder, "made.pub"),
        certificate.public_key().spki_der()
    );
}

/// A device with a vendor's certificate of that key and that usage.
async fn vendor_device(world: &World, key: &str, usage: &str) -> Device {
    let (openssl, folder) = (world.openssl(), world.folder());
    let extensions = format!("subjectKeyIdentifier=hash\nkeyUsage={usage}\n");
    std::fs::write(folder.join("extensions"), extensions).unwrap();
    for command in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout vendor-root.key -out vendor-root.pem \
         -subj /CN=vendor -days 30",
        &format!("genpkey {key} -out vendor.key"),
        "req -new -key vendor.key -subj /CN=device -out vendor.csr",
        "x509 -req -in vendor.csr -CA vendor-root.pem -CAkey vendor-root.key -CAcreateserial -extfile extensions -days 30 \
         -out vendor.pem",
    ] {
        openssl.run(command).await.ok();
    }
    let root = Certificate::from_der(&openssl.der("vendor-root.pem")).unwrap();
    world.clm.trust_vendor(&root);
    let certificate = Certificate::from_der(&openssl.der("vendor.pem")).unwrap();
    let pem = std::fs::read_to_string(folder.join("vendor.key")).unwrap();
    let key = PrivateKey::from_pkcs8_pem(&pem).unwrap();
    let url = format!("{}/cmp/cmp", world.base);
    Device::with_certificate(&url, key, vec![certificate])
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_opens_a_key_that_was_made_for_the_holder_of_a_certificate() {
    for (key, usage) in [
        (
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            "digitalSignature,keyAgreement",
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            "digitalSignature,keyEncipherment",
        ),
    ] {
        let world = world().await;
        let mut device = vendor_device(&world, key, usage).await;
        let body = body(&device);
        let answer = device.send(&body).await;
        let (certificate, encrypted) = handed_out(&answer);
        let enveloped = content_info(ENVELOPED_DATA, &encrypted);
        std::fs::write(world.folder().join("key.cms"), enveloped).unwrap();
        world
            .openssl()
            .run("cms -decrypt -inform DER -in key.cms -recip vendor.pem -inkey vendor.key -binary -out signed.der")
            .await
            .ok();
        let signed = read(world.folder(), "signed.der");
        check_package(&world, &signed, &certificate).await;
        let confirmed = device.confirm(&[&certificate]).await;
        assert_eq!(confirmed.message.body(), &Body::Confirmation);
        assert!(world.clm.revocation(certificate.der()).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn libcrypto_opens_a_key_that_was_made_for_who_shares_a_secret() {
    use openssl::{aes, hash::MessageDigest, pkcs5::pbkdf2_hmac, symm};
    let world = world().await;
    let mut device = world.device("device");
    let body = body(&device);
    let (certificate, encrypted) = handed_out(&device.send(&body).await);
    let enveloped = content_info(ENVELOPED_DATA, &encrypted);
    std::fs::write(world.folder().join("key.cms"), &enveloped).unwrap();
    let shown = world
        .openssl()
        .run("asn1parse -inform DER -in key.cms")
        .await
        .ok();
    for part in [
        "PBKDF2",
        "hmacWithSHA256",
        "id-aes256-wrap",
        "aes-256-cbc",
        "pkcs7-signedData",
    ] {
        assert!(shown.contains(part), "{part}? {shown}");
    }
    let dumps = shown
        .lines()
        .filter_map(|line| line.split("[HEX DUMP]:").nth(1));
    let octets: Vec<Vec<u8>> = dumps.map(|dump| hex::decode(dump).unwrap()).collect();
    let [salt, wrapped, iv] = octets.as_slice() else {
        panic!("{shown}");
    };
    let mut wrapping = [0; 32];
    let sha256 = MessageDigest::sha256();
    pbkdf2_hmac(&secret_of("device"), salt, 20_000, sha256, &mut wrapping).unwrap();
    let mut key = vec![0; wrapped.len() - 8];
    let wrapping = aes::AesKey::new_decrypt(&wrapping).unwrap();
    aes::unwrap_key(&wrapping, None, &mut key, wrapped).unwrap();
    // the encrypted content ends the message
    let last = shown.lines().last().unwrap();
    let start: usize = last.split(':').next().unwrap().trim().parse().unwrap();
    let number = |name: &str| -> usize {
        let rest = last.split(name).nth(1).unwrap().trim_start();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    let content = &enveloped[start + number("hl=")..];
    assert_eq!(content.len(), number(" l="));
    let signed = symm::decrypt(symm::Cipher::aes_256_cbc(), &key, Some(iv), content).unwrap();
    check_package(&world, &signed, &certificate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_keeps_keys_clm_gets_the_sealed_one_once() {
    let context = "clm/server-key/default/cmp";
    let world = world().await;
    let mut device = world.device("device");
    let message = device.message(&body(&device));
    device.send_octets(message).await;
    assert!(world.clm.asked()[0].sealed_key.is_empty(), "kept nowhere");

    let world = World::new().await;
    world.clm.change_policy("cmp", |policy| {
        policy.cmp.as_mut().unwrap().central_keys_allowed = true;
        policy.kept_key_context = context.to_owned();
    });
    let mut device = world.device("device");
    let message = device.message(&body(&device));
    let (certificate, _) = handed_out(&device.send_octets(message.clone()).await);
    let (again, _) = handed_out(&device.send_octets(message).await);
    assert_eq!(again.der(), certificate.der());
    let asked = world.clm.asked();
    let [asked] = asked.as_slice() else {
        panic!("asked {} times", asked.len());
    };
    let opened = world.unseal(context, &asked.sealed_key).await;
    let key = PrivateKey::from_pkcs8_der(&opened).unwrap();
    assert_eq!(
        key.public_key().spki_der(),
        certificate.public_key().spki_der()
    );
}

/// Failure 3 and 20: where the key cannot be sealed nothing is issued, and the same message may be sent again.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_signer_nothing_is_issued_for_a_key_that_is_to_be_kept() {
    let world = world().await;
    world.clm.change_policy("cmp", |policy| {
        policy.kept_key_context = "clm/server-key/default/cmp".to_owned();
    });
    let mut device = world.device("device");
    let message = device.message(&body(&device));
    world.refuse_to_seal(true);
    let answer = device.send_octets(message.clone()).await;
    assert_eq!(answer.error(), Failure::SystemUnavail);
    assert_eq!(world.clm.issued(), 0);
    world.refuse_to_seal(false);
    handed_out(&device.send_octets(message).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_may_name_the_kind_of_key() {
    let world = world().await;
    let mut device = world.device("device");
    // rsaEncryption with an empty BIT STRING: the policy's RSA-3072
    let rsa = b"\x30\x12\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x01\x00";
    let mut kind = rsa.to_vec();
    kind[1] = u8::try_from(rsa.len() - 2).unwrap();
    let template = CertTemplate {
        public_key: Some(kind),
        ..request(&device).template().clone()
    };
    let wanted = CertReqMsg::new(0, template, Vec::new());
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![wanted]))
        .await;
    let (certificate, _) = handed_out(&answer);
    assert_eq!(certificate.public_key().algorithm(), KeyAlgorithm::Rsa3072);
    // and one that the policy does not have
    device.begin();
    let ed25519 = b"\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01\x00".to_vec();
    let template = CertTemplate {
        public_key: Some(ed25519),
        ..request(&device).template().clone()
    };
    let wanted = CertReqMsg::new(0, template, Vec::new());
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![wanted]))
        .await;
    assert_eq!(answer.rejection(), Failure::BadAlg);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_made_for_who_cannot_have_it() {
    // a policy that makes none
    let strict = World::new().await;
    let mut device = strict.device("device");
    let answer = device.send(&body(&device)).await;
    assert_eq!(answer.rejection(), Failure::BadCertTemplate);
    // a proof of a key that does not exist
    let world = world().await;
    let mut device = world.device("device");
    let proven = request(&device).with_proof(ProofOfPossession::EncryptedCertificate);
    let answer = device
        .send(&Body::Request(BodyKind::Ir, vec![proven]))
        .await;
    assert_eq!(answer.rejection(), Failure::BadPop);
    // a certificate that is not for this
    let key = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    let mut device = vendor_device(&world, key, "digitalSignature").await;
    let Some(usages) = Certificate::from_der(&world.openssl().der("vendor.pem"))
        .unwrap()
        .key_usages()
    else {
        panic!("it has usages");
    };
    assert!(!usages.contains(KeyUsage::KeyAgreement));
    let answer = device.send(&body(&device)).await;
    assert_eq!(answer.rejection(), Failure::BadRequest);
    assert!(world.clm.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_waits_with_its_request_for_a_person() {
    let world = world().await;
    world.clm.mode(Mode::Wait);
    let mut device = world.device("device");
    device.send(&body(&device)).await;
    world.clm.decide(true);
    let answer = device.send(&Body::PollRequest(vec![0])).await;
    let (certificate, encrypted) = handed_out(&answer);
    assert!(!encrypted.is_empty());
    let asked = world.clm.asked().pop().unwrap();
    assert_eq!(asked.public_key, certificate.public_key().spki_der());
}

/// The answer of CLM is lost, and with it the process that knew the key. The certificate is revoked, and who
/// asks is told to begin anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_whose_key_was_lost_is_revoked() {
    let world = world().await;
    world.clm.mode(Mode::LoseAnswer);
    let mut device = world.device("device");
    let message = device.message(&body(&device));
    let answer = device.send_octets(message.clone()).await;
    assert_eq!(answer.error(), Failure::SystemUnavail);
    world.clm.mode(Mode::Issue);
    let answer = device.send_octets(message).await;
    assert_eq!(answer.rejection(), Failure::SystemFailure);
    assert_eq!(world.clm.issued(), 1);
    let revoked = world.clm.revocations();
    assert_eq!(revoked, 1);
    // the next transaction has its own
    device.begin();
    let body = body(&device);
    handed_out(&device.send(&body).await);
}
