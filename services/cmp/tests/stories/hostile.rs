//! Promises: whatever octets come, there is an answer in the protocol's own words, and nothing else happens.

use ers_pki::cmp::{Body, BodyKind, Failure};
use ers_pki::key::{KeyAlgorithm, PrivateKey};

use crate::support::device::signed;
use crate::support::{Mode, World};

/// Failure 41: cut off, too long, giant lengths, deep nesting.
#[tokio::test(flavor = "multi_thread")]
async fn malformed_octets_get_bad_data_format_and_nothing_happens() {
    let world = World::new().await;
    let mut device = world.device("device");
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let right = device.message(&request);
    let mut longer = right.clone();
    longer.push(0);
    let nested = (0..400).fold(vec![0x05, 0], |inner: Vec<u8>, _| {
        let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82, length[0], length[1]], inner.as_slice()].concat()
    });
    let hostile = [
        Vec::new(),
        b"hello".to_vec(),
        right[..right.len() / 2].to_vec(),
        longer,
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        vec![0x30, 0x80, 0, 0],
        nested,
    ];
    for octets in hostile {
        let answer = device.send_octets(octets).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, Failure::BadDataFormat)
        );
    }
    assert!(world.clm.asked().is_empty());
    device.send_octets(right).await.certificate();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_types_paths_and_lengths_are_refused() {
    let world = World::new().await;
    let client = reqwest::Client::new();
    let url = format!("{}/cmp", world.base);
    let kind = ("content-type", "application/pkixcmp");
    let status =
        async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(client.get(&url)).await, 405);
    assert_eq!(status(client.post(&url).body("x")).await, 415);
    assert_eq!(
        status(
            client
                .post(&url)
                .header("content-type", "text/plain")
                .body("x")
        )
        .await,
        415
    );
    let strange = format!("{}/.well-known/cmp/nonsense", world.base);
    assert_eq!(
        status(client.post(&strange).header(kind.0, kind.1).body("x")).await,
        404
    );
    let giant = vec![0x30; 300 * 1024];
    assert_eq!(
        status(client.post(&url).header(kind.0, kind.1).body(giant)).await,
        413
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_served_here_and_a_clm_that_is_away_are_told() {
    let world = World::new().await;
    let mut device = world.device("device");
    for body in [
        Body::Unsupported(13),
        Body::Confirmation,
        Body::GeneralResponse(Vec::new()),
    ] {
        device.begin();
        assert_eq!(device.send(&body).await.error(), Failure::BadRequest);
    }
    let late = device.send(&Body::PollRequest(vec![0])).await;
    assert_eq!(late.error(), Failure::BadRequest);
    world.clm.mode(Mode::Down);
    device.begin();
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = Body::Request(
        BodyKind::Ir,
        vec![signed(0, device.template(&key), Vec::new(), &key)],
    );
    let answer = device.send_octets(device.message(&request)).await;
    assert_eq!(answer.error(), Failure::SystemUnavail);
}
