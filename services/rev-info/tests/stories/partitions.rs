//! Promises: a delta CRL and each partition are served at the place that certificates and base CRLs name; openssl verifies them
//! and heeds them together; one that is not what its name says is not served.

use ers_pki::{crl::Scope, serial::SerialNumber};

use crate::world::{World, openssl};

/// Fetches a CRL from where something names it; in a file, PEM.
async fn fetch(world: &World, url: &str, file: &str) -> String {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    assert_eq!(answer.headers()["content-type"], "application/pkix-crl");
    let der = answer.bytes().await.unwrap();
    let path = world.file(file);
    std::fs::write(&path, ers_pki::pem::encode("X509 CRL", &der)).unwrap();
    let path = path.display().to_string();
    let ca = world.file("ca.pem").display().to_string();
    let text = openssl(&["crl", "-in", &path, "-noout", "-text", "-CAfile", &ca]).await;
    assert!(text.contains("verify OK"), "{text}");
    text
}

/// What `openssl verify` says of the leaf with the CRLs in these files.
async fn verify(world: &World, files: &[&str], options: &[&str]) -> String {
    let text: String = files
        .iter()
        .map(|file| std::fs::read_to_string(world.file(file)).unwrap())
        .collect();
    std::fs::write(world.file("crls.pem"), text).unwrap();
    let [ca, crls, leaf] =
        ["ca.pem", "crls.pem", "leaf.pem"].map(|file| world.file(file).display().to_string());
    let mut arguments = vec!["verify", "-CAfile", &ca, "-crl_check", "-CRLfile", &crls];
    arguments.extend(options);
    arguments.push(&leaf);
    openssl(&arguments).await
}

/// The URI behind a heading in openssl's text.
fn named_place<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, behind) = text.split_once(heading).unwrap();
    let (_, behind) = behind.split_once("URI:").unwrap();
    behind.split_whitespace().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_crl_is_served_where_its_base_says_and_openssl_heeds_both() {
    let world = World::start().await;
    let place = |name: &str| format!("{}/rev-info/crl/{name}.crl", world.url);
    let (base, delta) = (place("sub"), place("sub.delta"));
    let leaf = world.leaf(&base, &delta);
    let scope = Scope {
        freshest: vec![delta.clone()],
        ..Scope::default()
    };
    world.publish("sub", 5, scope, &[]);
    let of_base = Scope {
        base: Some(5),
        ..Scope::default()
    };
    world.publish("sub.delta", 6, of_base, &[leaf.serial()]);
    let text = fetch(&world, &base, "base.pem").await;
    let freshest = named_place(&text, "X509v3 Freshest CRL");
    assert_eq!(freshest, delta);
    let text = fetch(&world, freshest, "delta.pem").await;
    assert!(text.contains("Delta CRL Indicator: critical"), "{text}");
    assert!(verify(&world, &["base.pem"], &[]).await.contains(": OK"));
    let said = verify(&world, &["base.pem", "delta.pem"], &["-use_deltas"]).await;
    assert!(said.contains("certificate revoked"), "{said}");
    // One that CARA gives under another one's name, or that is no delta though CARA says so, is not served.
    {
        world.publish("sub.p8", 1, Scope::default(), &[]);
        world.publish("sub.p7.delta", 7, Scope::default(), &[]);
        let mut others = world.cara.others.lock();
        let other = others.remove("sub.p8").unwrap();
        others.insert("sub.p9".to_owned(), other);
        others.get_mut("sub.p7.delta").unwrap().0.base_number = Some(5);
    }
    let status = async |name: &str| reqwest::get(place(name)).await.unwrap().status();
    assert_eq!(status("sub.p9").await, 503, "it says another name");
    assert_eq!(status("sub.p7.delta").await, 503, "it has no base");
    assert_eq!(status("none.delta").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_partition_is_served_at_the_place_that_its_certificates_name() {
    let world = World::start().await;
    let place = |name: &str| format!("{}/rev-info/crl/{name}.crl", world.url);
    let serial = |hex: &str| SerialNumber::from_hex(hex).unwrap();
    let leaf = world.leaf(&place("sub.p2"), &place("sub.p2.delta"));
    for (name, revoked) in [
        ("sub.p1", vec![serial("aa11")]),
        ("sub.p2", vec![serial("bb22"), leaf.serial()]),
    ] {
        let scope = Scope {
            distribution_points: vec![place(name)],
            ..Scope::default()
        };
        world.publish(name, 9, scope, &revoked);
    }
    for (name, own, others) in [("sub.p1", "AA11", "BB22"), ("sub.p2", "BB22", "AA11")] {
        let text = fetch(&world, &place(name), &format!("{name}.pem")).await;
        let named = named_place(&text, "X509v3 Issuing Distribution Point: critical");
        assert_eq!(named, place(name));
        assert!(text.contains(own) && !text.contains(others), "{text}");
    }
    let certificate = {
        let leaf = world.file("leaf.pem").display().to_string();
        openssl(&["x509", "-in", &leaf, "-noout", "-text"]).await
    };
    let named = named_place(&certificate, "X509v3 CRL Distribution Points");
    assert_eq!(named, place("sub.p2"));
    // openssl looks for the partition that the certificate names, and does not take another one for it.
    let said = verify(&world, &["sub.p1.pem", "sub.p2.pem"], &["-extended_crl"]).await;
    assert!(said.contains("certificate revoked"), "{said}");
    let said = verify(&world, &["sub.p1.pem"], &["-extended_crl"]).await;
    assert!(
        !said.contains(": OK") && !said.contains("certificate revoked"),
        "{said}"
    );
    // A partition that CARA says is another one's is not served in its place.
    world.publish("sub.p1", 10, Scope::default(), &[]);
    world
        .cara
        .others
        .lock()
        .get_mut("sub.p1")
        .unwrap()
        .0
        .partition = 1;
    world
        .cara
        .tell(ers_proto::cara::v1::event::What::CrlPublished(
            ers_proto::cara::v1::CrlPublished {
                issuer: "sub".into(),
                number: 10,
                name: "sub.p1".into(),
            },
        ));
    let text = fetch(&world, &place("sub.p1"), "sub.p1.pem").await;
    assert!(text.contains("AA11"), "the last good one stays: {text}");
}
