//! Promises: every command of `openssl cmp` 3.0 works as its manual says, with MAC and signature, explicit and implicit
//! confirmation; what is granted is told; the root comes with a shared secret.

use crate::support::{World, secret_of};

async fn with_device(name: &str) -> World {
    let world = World::new().await;
    world.clm.share_secret(name, &secret_of(name), false);
    world.openssl().write_secret(name, &secret_of(name));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn ir_and_cr_by_a_shared_secret_are_confirmed() {
    let world = with_device("device").await;
    let openssl = world.openssl();
    for command in ["ir", "cr"] {
        openssl.key("new.key").await;
        let text = openssl
            .cmp(&format!(
                "-cmd {command} -ref device -secret file:device.secret -newkey new.key -subject /CN=device -sans device.test \
                 -certout new.pem -cacertsout {command}-ca.pem -chainout chain.pem"
            ))
            .await
            .ok();
        assert!(
            text.contains("received PKICONF") || text.contains("received PKIConf"),
            "{text}"
        );
        let shown = openssl.show("new.pem").await;
        assert!(
            shown.contains("DNS:device.test") && shown.contains("CN = device"),
            "{shown}"
        );
        openssl.run("verify -CAfile root.pem new.pem").await.ok();
    }
    assert_eq!(openssl.der("ir-ca.pem"), world.clm.root().der());
    let asked = world.clm.asked();
    assert_eq!(
        (
            asked[0].end_entity.as_str(),
            asked[0].authenticated_by.as_str()
        ),
        ("device", "mac")
    );
    // nothing wrong was counted that a right one would have to undo
    assert_eq!(world.clm.attempts(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_confirmed_implicitly_when_client_and_policy_want_it() {
    let world = with_device("device").await;
    let openssl = world.openssl();
    openssl.key("new.key").await;
    let text = openssl
        .cmp("-cmd ir -ref device -secret file:device.secret -newkey new.key -subject /CN=device -implicit_confirm -certout new.pem")
        .await
        .ok();
    assert!(!text.to_lowercase().contains("pkiconf"), "{text}");
    openssl.run("verify -CAfile root.pem new.pem").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn p10cr_by_a_shared_secret_is_confirmed() {
    let world = with_device("device").await;
    let openssl = world.openssl();
    openssl.key("new.key").await;
    openssl
        .run("req -new -config /dev/null -key new.key -subj /CN=device -out new.csr")
        .await
        .ok();
    openssl
        .cmp("-cmd p10cr -ref device -secret file:device.secret -csr new.csr -certout new.pem")
        .await
        .ok();
    openssl.run("verify -CAfile root.pem new.pem").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn kur_and_rr_by_signature_update_and_revoke_ones_own_certificate() {
    let world = with_device("device").await;
    let openssl = world.openssl();
    openssl.enrol("device").await;
    openssl.key("next.key").await;
    let signed = "-cert device.pem -key device.key -trusted root.pem";
    openssl
        .cmp(&format!(
            "-cmd kur {signed} -newkey next.key -certout next.pem"
        ))
        .await
        .ok();
    let shown = openssl.show("next.pem").await;
    assert!(shown.contains("DNS:device.test"), "{shown}");
    let renews = world.clm.asked().last().unwrap().renews.clone();
    assert_eq!(renews, openssl.der("device.pem"));
    let rr = format!("-cmd rr {signed} -oldcert device.pem -revreason 4");
    openssl.cmp(&rr).await.ok();
    let revocation = world.clm.revocation(&renews).unwrap();
    assert_eq!(
        (revocation.reason.as_str(), revocation.requester.as_str()),
        ("superseded", "end-entity:device")
    );
    openssl.cmp(&rr).await.refused("signerNotTrusted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_policy_and_every_path_of_the_standards_lead_to_it() {
    let world = with_device("device").await;
    let openssl = world.openssl();
    openssl.key("new.key").await;
    let enrol = "-cmd cr -ref device -secret file:device.secret -newkey new.key -subject /CN=device -certout new.pem";
    for path in [
        "cmp",
        "cmp/cmp",
        "cmp/cmp/certification",
        ".well-known/cmp",
        ".well-known/cmp/initialization",
        ".well-known/cmp/p/cmp",
        ".well-known/cmp/p/cmp/certification",
    ] {
        openssl.cmp_at(path, enrol).await.ok();
    }
    let told = &format!("{enrol} -trusted root.pem -unprotected_errors");
    openssl
        .cmp_at("cmp/nothing", told)
        .await
        .refused("badRequest");
    openssl
        .cmp_at("cmp/server", told)
        .await
        .refused("badRequest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_certificate_enrols_where_the_vendor_is_trusted() {
    use ers_enrollment::testing::{Authority, certify};
    use ers_pki::key::{KeyAlgorithm, PrivateKey};
    let world = World::new().await;
    let openssl = world.openssl();
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let vendor = Authority::new("CN=vendor", &*world.clock);
    let certificate = certify(&vendor, "CN=base-station-7", &key, &*world.clock);
    let write = |file: &str, text: &str| std::fs::write(world.folder().join(file), text).unwrap();
    write("vendor.pem", &certificate.pem());
    write("vendor.key", &key.to_pkcs8_pem().unwrap());
    write("vendor-root.pem", &vendor.root().pem());
    openssl.key("new.key").await;
    let enrol = "-cmd ir -cert vendor.pem -key vendor.key -extracerts vendor-root.pem -trusted root.pem -newkey new.key \
                 -subject /CN=base-station-7 -certout new.pem";
    openssl.cmp(enrol).await.refused("signerNotTrusted");
    world.clm.trust_vendor(vendor.root());
    openssl.cmp(enrol).await.ok();
    openssl.run("verify -CAfile root.pem new.pem").await.ok();
}

/// General messages, RFC 9483 section 4.3.
#[tokio::test(flavor = "multi_thread")]
async fn general_messages_tell_of_cas_templates_and_crls() {
    use ers_pki::cmp::{Body, InfoTypeAndValue, info, read_certificates, write_certificates};
    let world = with_device("device").await;
    world
        .openssl()
        .cmp("-cmd genm -ref device -secret file:device.secret -infotype caCerts")
        .await;
    let mut device = world.device("device");
    let asked = [
        InfoTypeAndValue::empty(info::CA_CERTS),
        InfoTypeAndValue::new(info::ROOT_CA_CERT, world.clm.root().der().to_vec()),
        InfoTypeAndValue::empty(info::CERT_REQ_TEMPLATE),
        InfoTypeAndValue::empty(info::CRL_STATUS_LIST),
        InfoTypeAndValue::empty(info::CURRENT_CRL),
        InfoTypeAndValue::empty(info::SIGN_KEY_PAIR_TYPES),
        InfoTypeAndValue::empty(info::PREFERRED_SYMM_ALG),
        InfoTypeAndValue::empty(info::SUPP_LANG_TAGS),
    ];
    let answer = device.send(&Body::General(asked.to_vec())).await;
    let Body::GeneralResponse(told) = answer.message.body() else {
        panic!("{answer:?}");
    };
    let value = |oid| {
        told.iter()
            .find(|one| one.oid == oid)
            .unwrap()
            .value
            .clone()
    };
    let certificates = read_certificates(&value(info::CA_CERTS).unwrap()).unwrap();
    assert_eq!(certificates, [world.clm.root().der()]);
    assert_eq!(
        value(info::ROOT_CA_KEY_UPDATE),
        None,
        "there is no other root"
    );
    assert!(ers_pki::crl::Crl::from_der(&value(info::CURRENT_CRL).unwrap()).is_ok());
    assert_eq!(value(info::CRLS).unwrap()[0], 0x30);
    assert!(
        value(info::CERT_REQ_TEMPLATE)
            .unwrap()
            .windows(7)
            .any(|part| part == b"Example")
    );
    assert_ne!(
        value(info::SIGN_KEY_PAIR_TYPES),
        Some(write_certificates(&[]))
    );
    assert!(value(info::UNSUPPORTED_OIDS).is_some());
}
