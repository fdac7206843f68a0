//! Promises: an OCSP signer that may not speak for its CA, or not any more, answers nothing and is an alarm, and no other CA
//! notices; one that nears its end is an alarm before clients notice; a renewed one ends the alarm.

use ers_proto::cara::v1::{AuthorityChanged, Responder, event::What};
use time::Duration;

use crate::world::World;

const SERIAL: &str = "1a2b3c4d5e6f";

/// Where the clock was moved openssl warns of the times first.
fn is_good(said: &str) -> bool {
    said.contains("Response verify OK") && (said.contains(": good") || said.contains("\ngood"))
}

/// CARA says other OCSP signers from now on; waits until they are known.
async fn tell(world: &World, responders: Vec<Responder>, until: impl Fn(&[String]) -> bool) {
    *world.cara.responders.lock() = responders;
    world.cara.tell(What::AuthorityChanged(AuthorityChanged {
        name: "sub".into(),
    }));
    let begun = std::time::Instant::now();
    while !until(&world.warnings()) {
        assert!(begun.elapsed().as_secs() < 10, "{:?}", world.warnings());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Failure 31: an OCSP signer's certificate without the extended key usage, or of another CA, is refused and told; its CA
/// alone is without answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_may_not_speak_for_its_ca_is_refused_and_other_cas_answer() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    let first = world.cara.responder.clone();
    let (key, ca) = world.authority("other");
    let year = Duration::days(30);
    let right = world
        .responder("other", (&key, &ca), "ocsp-signer", year)
        .await;
    tell(&world, vec![first.clone(), right.clone()], <[_]>::is_empty).await;
    while !world.ocsp_of("other", SERIAL, &[]).await.contains(": good") {}

    let usage = world
        .responder("other", (&key, &ca), "tls-client", year)
        .await;
    let of_first = world.first_authority();
    let stranger = Responder {
        issuer_certificate: ca.der().to_vec(),
        ..world
            .responder("other", of_first, "ocsp-signer", year)
            .await
    };
    let broken = Responder {
        certificate: vec![0x30, 0],
        ..right.clone()
    };
    let algorithm = Responder {
        signature_algorithm: "SHA256withRSA".into(),
        ..right.clone()
    };
    for wrong in [usage, stranger, broken, algorithm] {
        tell(&world, vec![wrong, first.clone()], |warnings| {
            warnings
                .iter()
                .any(|told| told.contains("OCSP signer of other") && told.contains("refused"))
        })
        .await;
        assert!(world.is_ready(), "other CAs are served");
        let said = world.ocsp_of("other", SERIAL, &[]).await;
        assert!(said.contains("internalerror"), "{said}");
        let said = world.ocsp(SERIAL, &[]).await;
        assert!(
            said.contains("Response verify OK") && said.contains(": good"),
            "{said}"
        );
        tell(&world, vec![first.clone(), right.clone()], <[_]>::is_empty).await;
        let said = world.ocsp_of("other", SERIAL, &[]).await;
        assert!(said.contains(": good"), "{said}");
    }
    // a CA that nobody knows is another matter
    world.authority("nobody");
    let said = world.ocsp_of("nobody", SERIAL, &[]).await;
    assert!(said.contains("unauthorized"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_key_than_the_certificates_signs_is_not_handed_out() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    let (key, ca) = world.authority("other");
    let month = Duration::days(30);
    let right = world
        .responder("other", (&key, &ca), "ocsp-signer", month)
        .await;
    let another = world
        .responder("other", (&key, &ca), "ocsp-signer", month)
        .await;
    let mixed = Responder {
        key_id: another.key_id,
        ..right.clone()
    };
    let first = world.cara.responder.clone();
    tell(&world, vec![first.clone(), mixed], <[_]>::is_empty).await;
    // until it has heard of this CA
    while world
        .ocsp_of("other", SERIAL, &[])
        .await
        .contains("unauthorized")
    {}
    for options in [&["-no_nonce"][..], &[], &[]] {
        let said = world.ocsp_of("other", SERIAL, options).await;
        assert!(said.contains("internalerror"), "{said}");
    }
    tell(&world, vec![first, right], <[_]>::is_empty).await;
    while !world.ocsp_of("other", SERIAL, &[]).await.contains(": good") {}
}

/// Failure 31: an OCSP signer's certificate near its end is told in time, answers nothing after it, and all is well when it
/// is renewed.
#[tokio::test(flavor = "multi_thread")]
async fn a_signer_near_its_end_is_told_and_one_that_has_ended_signs_nothing() {
    let world = World::start().await;
    world.cara.issue(SERIAL);
    let ca = world.first_authority();
    let days = Duration::days(20);
    let ending = world.responder("sub", ca, "ocsp-signer", days).await;
    tell(&world, vec![ending.clone()], <[_]>::is_empty).await;
    let signatures = || world.signer.entries().len();

    world.clock.advance(Duration::days(16));
    tell(&world, vec![ending.clone()], |warnings| {
        warnings
            .iter()
            .any(|told| told.contains("OCSP signer of sub") && told.contains("was not renewed"))
    })
    .await;
    assert!(world.is_ready());
    let said = world.ocsp(SERIAL, &[]).await;
    assert!(is_good(&said), "{said}");
    let before = signatures();

    world.clock.advance(Duration::days(5));
    for options in [&["-no_nonce"][..], &[]] {
        let said = world.ocsp(SERIAL, options).await;
        assert!(said.contains("internalerror"), "{said}");
    }
    assert_eq!(
        signatures(),
        before,
        "nothing is signed with an ended certificate"
    );
    tell(&world, vec![ending], |warnings| {
        warnings
            .iter()
            .any(|told| told.contains("is not valid") && told.contains("no answers"))
    })
    .await;

    let renewed = world.responder("sub", ca, "ocsp-signer", days).await;
    tell(&world, vec![renewed], <[_]>::is_empty).await;
    // by the machine's clock, which is openssl's, the new certificate is yet to begin
    let said = world.ocsp(SERIAL, &["-no_nonce"]).await;
    assert!(said.contains("\ngood"), "{said}");
}
