//! Promises: GetCACert gives an RA certificate of the devices' CA, the same one from every replica; it is followed by
//! another one in time, and the one before still opens messages; where none can be had that is said; GetCACaps and
//! GetNextCACert tell the truth.

use ers_pki::ExtendedKeyUsage;
use ers_pki::certificate::Certificate;
use ers_pki::cms::SignedData;

use crate::support::{Device, Mode, World, certificates};

async fn get(world: &World, path_and_query: &str) -> (u16, String, Vec<u8>) {
    let answer = reqwest::get(format!("{}{path_and_query}", world.base))
        .await
        .unwrap();
    let kind = answer.headers().get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    (status, kind, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ra_certificate_comes_first_then_its_ca_and_every_replica_has_the_same() {
    let world = World::new().await;
    let (status, kind, body) = get(&world, "/scep?operation=GetCACert").await;
    assert_eq!(
        (status, kind.as_str()),
        (200, "application/x-x509-ca-ra-cert")
    );
    let [authority, ca] = certificates(&body).try_into().unwrap();
    assert_eq!(ca.der(), world.clm.root().der());
    let authority = Certificate::from_der(authority.der()).unwrap();
    authority.verify_signed_by(world.clm.root()).unwrap();
    assert!(authority.has_extended_key_usage(ExtendedKeyUsage::CMC_RA));
    for path in ["/scep/scep", "/scep/old", "/scep"] {
        assert_eq!(world.authority(path).await, authority, "{path}");
    }
    let there = world.replica().await;
    let answer = reqwest::get(format!("{there}/scep?operation=GetCACert"))
        .await
        .unwrap();
    assert_eq!(answer.bytes().await.unwrap(), body);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ra_certificate_follows_in_time_and_the_one_before_still_opens() {
    let world = World::new().await;
    let first = world.authority("/scep").await;
    let lifetime = first.not_after() - first.not_before();
    // shortly before two thirds nothing happens
    world.clock.advance(lifetime / 2);
    world.replica().await;
    let there = format!("{}/scep", world.replica().await);
    let device = Device::new("sensor");
    let csr = device.csr("sensor.example.com", "secret");
    device
        .ask(&there, &first, "19", "A1", &csr)
        .await
        .certificates();
    world.clock.advance(lifetime / 4);
    let there = format!("{}/scep", world.replica().await);
    let answer = reqwest::get(format!("{there}?operation=GetCACert"))
        .await
        .unwrap();
    let second = certificates(&answer.bytes().await.unwrap()).remove(0);
    let second = Certificate::from_der(second.der()).unwrap();
    assert_ne!(second, first);
    assert_ne!(second.public_key(), first.public_key());
    // encrypted for the first one, answered by the second one
    let message = device.message(&first, "19", "A2", &csr);
    device
        .post(&there, &second, "A2", message)
        .await
        .certificates();
    // after its end it opens nothing
    world.clock.advance(lifetime / 2);
    let there = format!("{}/scep", world.replica().await);
    let answer = reqwest::get(format!("{there}?operation=GetCACert"))
        .await
        .unwrap();
    let now = certificates(&answer.bytes().await.unwrap()).remove(0);
    let now = Certificate::from_der(now.der()).unwrap();
    let message = device.message(&first, "19", "A3", &csr);
    let answer = device.post(&there, &now, "A3", message).await;
    assert_eq!(answer.failure(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_are_those_of_the_policy() {
    let world = World::new().await;
    let (_, kind, body) = get(&world, "/scep?operation=GetCACaps").await;
    assert_eq!(kind, "text/plain");
    let modern = String::from_utf8(body).unwrap();
    let words: Vec<&str> = modern.lines().collect();
    for word in [
        "AES",
        "SHA-256",
        "SHA-512",
        "POSTPKIOperation",
        "SCEPStandard",
        "Renewal",
    ] {
        assert!(words.contains(&word), "{word}");
    }
    assert!(!words.contains(&"DES3") && !words.contains(&"SHA-1"));
    let (_, _, body) = get(&world, "/scep/old?operation=GetCACaps").await;
    let old = String::from_utf8(body).unwrap();
    assert!(old.contains("DES3\n") && old.contains("SHA-1\n") && !old.contains("Renewal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_ca_certificate_is_told_signed_when_there_is_one() {
    let world = World::new().await;
    let (status, ..) = get(&world, "/scep?operation=GetNextCACert").await;
    assert_eq!(status, 404);
    let next = Device::new("next").certificate;
    let world = World::new().await;
    world.clm.change_policy("scep", |policy| {
        policy.next_ca_certificate = next.der().to_vec()
    });
    let authority = world.authority("/scep").await;
    let (status, kind, body) = get(&world, "/scep/scep?operation=GetNextCACert").await;
    assert_eq!(
        (status, kind.as_str()),
        (200, "application/x-x509-next-ca-cert")
    );
    let signed = SignedData::from_ber(&body).unwrap();
    signed
        .verify(&signed.signers()[0], authority.public_key())
        .unwrap();
    let content = certificates(signed.content().unwrap());
    assert_eq!(content[0].der(), next.der());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_clm_or_an_ra_certificate_the_client_is_told_to_come_again() {
    let world = World::new().await;
    let (status, _, body) = get(&world, "/scep/elsewhere?operation=GetCACert").await;
    assert_eq!(status, 503);
    assert_eq!(body, b"not available at present\n");
    world.settled().await;
    let device = Device::new("x");
    let authority = world.authority("/scep").await;
    world.clm.mode(Mode::Down);
    let csr = device.csr("x.example.com", "secret");
    let message = device.message(&authority, "19", "D1", &csr);
    let (status, _) = crate::support::device::post(&format!("{}/scep", world.base), message).await;
    assert_eq!(status, 503);
}
