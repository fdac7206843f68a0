//! Promises:
//! - a delta CRL and its base say what a complete CRL would say, whatever happened in between;
//! - every revoked certificate is in exactly the partition that it names; together they are what the database says, and
//!   another number of partitions moves nothing;
//! - one publisher is effective: who lost its lease publishes nothing, and another goes on;
//! - numbers and times never go back; a CRL of a million entries is made in bounded memory.

use std::{collections::BTreeMap, sync::Arc};

use crate::common::{Replica, clock, issuing, request, with_pki};
use crate::revoking_in_depth::crl;
use cara_ws::config::{CrlConfig, Issuing};
use ers_pki::{crl::Crl, revocation::Reason, serial::SerialNumber};
use ers_proto::cara::v1::{
    ListCrlsRequest, LoadAuthorityRequest, PublishCrlsRequest, ReleaseRequest, RevokeRequest,
};
use ers_signer_client::{SignerError, fake::FakeSigner};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use sea_orm::ConnectionTrait as _;

on_every_database!(
    a_delta_crl_and_its_base_say_what_a_complete_one_says,
    every_revoked_certificate_is_in_the_partition_that_it_names,
    another_replica_publishes_when_the_publisher_dies_and_the_dead_one_publishes_nothing,
    a_crl_that_is_stored_in_pieces_comes_back_whole,
);

fn with(crl: CrlConfig) -> Issuing {
    Issuing { crl, ..issuing() }
}

async fn replica(database: &TestDatabase, crl: CrlConfig) -> Replica {
    let signer = Arc::new(FakeSigner::new());
    Replica::start_issuing(&database.config, &signer, &clock(), with(crl))
        .await
        .with_pki()
        .await
}

async fn issue(replica: &Replica, id: &str) -> (String, Vec<u8>) {
    let answer = replica
        .issuance("clm-api")
        .issue(request(id, "dns:a.test"))
        .await
        .unwrap();
    let certificate = answer.into_inner().certificate.unwrap();
    (certificate.serial, certificate.der)
}

async fn revoke(replica: &Replica, serial: &str, reason: &str) {
    let request = RevokeRequest {
        issuer: "sub".into(),
        serial: serial.into(),
        reason: reason.into(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(request).await.unwrap();
}

async fn release(replica: &Replica, serial: &str) {
    let request = ReleaseRequest {
        issuer: "sub".into(),
        serial: serial.into(),
        requester: "test".into(),
    };
    replica.revoking().release(request).await.unwrap();
}

async fn publish(replica: &Replica, delta_only: bool) {
    let request = PublishCrlsRequest {
        issuer: "sub".into(),
        delta_only,
        requester: "test".into(),
    };
    replica.administrator().publish_crls(request).await.unwrap();
}

type Content = BTreeMap<SerialNumber, Reason>;

fn content(list: &Crl) -> Content {
    list.entries()
        .map(|entry| (entry.serial, entry.reason))
        .collect()
}

/// RFC 5280 section 5.2.4: what a base says with a delta.
fn applied(base: &Crl, delta: &Crl) -> Content {
    let mut all = content(base);
    for entry in delta.entries() {
        if entry.reason == Reason::RemoveFromCrl {
            all.remove(&entry.serial);
        } else {
            all.insert(entry.serial, entry.reason);
        }
    }
    all
}

/// Failure 27: a delta CRL is correct against its base, through many random acts.
async fn a_delta_crl_and_its_base_say_what_a_complete_one_says(database: TestDatabase) {
    let settings = CrlConfig {
        delta_minutes: 60,
        ..CrlConfig::default()
    };
    let replica = replica(&database, settings).await;
    let mut serials = Vec::new();
    for number in 0..24 {
        serials.push(issue(&replica, &format!("r-{number}")).await.0);
    }
    let mut bases = vec![crl(&replica, "sub").await];
    publish(&replica, false).await;
    bases.push(crl(&replica, "sub").await);
    let mut random = 88_172_645_463_325_252_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    for round in 0..5 {
        for _ in 0..8 {
            let serial = &serials[next(serials.len())];
            match next(4) {
                0 => revoke(&replica, serial, "certificateHold").await,
                1 => {
                    // refused for what is final
                    let request = ReleaseRequest {
                        issuer: "sub".into(),
                        serial: serial.clone(),
                        requester: "test".into(),
                    };
                    drop(replica.revoking().release(request).await);
                }
                2 => revoke(&replica, serial, "superseded").await,
                _ => revoke(&replica, serial, "keyCompromise").await,
            }
        }
        replica.clock.advance(time::Duration::minutes(1));
        publish(&replica, true).await;
        let delta = crl(&replica, "sub.delta").await;
        publish(&replica, false).await;
        let complete = crl(&replica, "sub").await;
        assert_eq!(delta.scope().freshest, Vec::<String>::new());
        assert_eq!(
            complete.scope().freshest,
            ["http://revocation.test/rev-info/crl/sub.delta.crl"]
        );
        let base_number = delta.scope().base.unwrap();
        assert!(delta.number() > base_number && complete.number() > delta.number());
        let base = bases.iter().find(|base| base.number() == base_number);
        assert_eq!(
            applied(base.unwrap(), &delta),
            content(&complete),
            "round {round}"
        );
        // Whoever has the newer complete one may use it too.
        assert_eq!(applied(bases.last().unwrap(), &delta), content(&complete));
        bases.push(complete);
    }
    // One more on hold, told by delta and taken back by delta: openssl heeds both.
    let (serial, der) = issue(&replica, "last").await;
    for (act, revoked) in [("hold", true), ("release", false)] {
        match act {
            "hold" => revoke(&replica, &serial, "certificateHold").await,
            _ => release(&replica, &serial).await,
        }
        publish(&replica, true).await;
        let lists = [crl(&replica, "sub").await, crl(&replica, "sub.delta").await];
        let said = verify(&replica, &der, &lists, &["-use_deltas"]).await;
        assert_eq!(
            said.contains("certificate revoked"),
            revoked,
            "{act}: {said}"
        );
        assert_eq!(said.contains(": OK"), !revoked, "{act}: {said}");
    }
}

/// What `openssl verify` says of a certificate of `sub` with these CRLs.
async fn verify(replica: &Replica, der: &[u8], lists: &[Crl], options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let authority = async |name: &str| {
        let request = LoadAuthorityRequest { name: name.into() };
        let loaded = replica.authorities().load(request).await.unwrap();
        ers_pki::pem::encode("CERTIFICATE", &loaded.into_inner().certificate)
    };
    let root = file("root.pem", authority("root").await);
    let sub = file("sub.pem", authority("sub").await);
    let leaf = file("leaf.pem", ers_pki::pem::encode("CERTIFICATE", der));
    let crls = file("crls.pem", lists.iter().map(Crl::pem).collect());
    use ers_runtime::clock::Clock as _;
    let now = replica.clock.now().unix_timestamp().to_string();
    let mut arguments = vec![
        "verify",
        "-attime",
        &now,
        "-CAfile",
        &root,
        "-untrusted",
        &sub,
        "-crl_check",
        "-CRLfile",
        &crls,
    ];
    arguments.extend(options);
    arguments.push(&leaf);
    let output = std::process::Command::new("openssl")
        .args(&arguments)
        .output()
        .unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Failure 26: every revoked serial number is in exactly the partition in its CRL distribution point; together they are what
/// the database says; another number of partitions keeps old certificates in place.
async fn every_revoked_certificate_is_in_the_partition_that_it_names(database: TestDatabase) {
    let signer = Arc::new(FakeSigner::new());
    let settings = |partitions| {
        with(CrlConfig {
            partitions,
            ..CrlConfig::default()
        })
    };
    let clock = clock();
    let four = Replica::start_issuing(&database.config, &signer, &clock, settings(4))
        .await
        .with_pki()
        .await;
    let mut issued = Vec::new();
    for number in 0..16 {
        issued.push(issue(&four, &format!("r-{number}")).await);
    }
    for (serial, _) in issued.iter().step_by(2) {
        revoke(&four, serial, "superseded").await;
    }
    publish(&four, false).await;
    let before = partitions(&four, 4).await;
    check_partitions(&issued, &before, &crl(&four, "sub").await);
    drop(four);

    let two = Replica::start_issuing(&database.config, &signer, &clock, settings(2)).await;
    for number in 0..8 {
        issued.push(issue(&two, &format!("s-{number}")).await);
    }
    for (serial, _) in &issued[8..] {
        revoke(&two, serial, "keyCompromise").await;
    }
    publish(&two, false).await;
    let after = partitions(&two, 4).await;
    check_partitions(&issued, &after, &crl(&two, "sub").await);
    for (before, after) in before.iter().zip(&after) {
        for serial in content(before).keys() {
            assert!(
                content(after).contains_key(serial),
                "it stays in its partition"
            );
        }
    }
    let (_, der) = issued.last().unwrap();
    let said = verify(&two, der, &after, &[]).await;
    assert!(said.contains("certificate revoked"), "{said}");
}

async fn partitions(replica: &Replica, count: u32) -> Vec<Crl> {
    let mut lists = Vec::new();
    for number in 1..=count {
        lists.push(crl(replica, &format!("sub.p{number}")).await);
    }
    lists
}

fn check_partitions(issued: &[(String, Vec<u8>)], partitions: &[Crl], whole: &Crl) {
    let mut union = Content::new();
    for (list, number) in partitions.iter().zip(1..) {
        let url = format!("http://revocation.test/rev-info/crl/sub.p{number}.crl");
        assert_eq!(list.scope().distribution_points, [url.as_str()]);
        for (serial, reason) in content(list) {
            let (_, der) = issued
                .iter()
                .find(|(issued, _)| SerialNumber::from_hex(issued).unwrap() == serial)
                .unwrap();
            let names_it = der
                .windows(url.len())
                .any(|octets| octets == url.as_bytes());
            assert!(names_it, "{serial} is in {number}, which it does not name");
            assert_eq!(union.insert(serial, reason), None, "in one partition only");
        }
    }
    assert_eq!(union, content(whole));
    assert!(!union.is_empty() && whole.scope().is_complete());
}

/// Failure 50: two publishers, one effective. The one that held the lease comes back late and is refused.
async fn another_replica_publishes_when_the_publisher_dies_and_the_dead_one_publishes_nothing(
    database: TestDatabase,
) {
    let signer = Arc::new(FakeSigner::new());
    let clock = clock();
    let dying = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let (serial, _) = issue(&dying, "r-1").await;
    let number = crl(&dying, "sub").await.number();
    // Its signature never comes: it hangs with the lease in its hands.
    let mut hang = signer.hang_next();
    revoke(&dying, &serial, "superseded").await;
    hang.reached().await;

    let living = Replica::start(&database.config, &signer, &clock).await;
    living.cara.maintain().await;
    assert_eq!(
        crl(&living, "sub").await.number(),
        number,
        "the lease is respected"
    );
    clock.advance(time::Duration::seconds(61));
    living.cara.maintain().await;
    let taken_over = crl(&living, "sub").await;
    // The number that the dead one took before it asked for a signature is not given again.
    assert!(taken_over.number() > number);
    assert_eq!(taken_over.len(), 1);
    for _ in 0..3 {
        publish(&living, false).await;
    }
    // The dead one wakes up with a CRL whose number was deleted as old by now.
    hang.let_go();
    let mut last = 0;
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let now = crl(&living, "sub").await.number();
        assert!(now >= number + 4 && now >= last);
        last = now;
    }
    let request = ListCrlsRequest {
        issuer: "sub".into(),
    };
    let crls = living
        .status()
        .list_crls(request)
        .await
        .unwrap()
        .into_inner()
        .crls;
    assert_eq!(crls.len(), 1);
    let connection = crate::common::connect(&database).await;
    let kept = "select min(number) as n from crl where authority = 'sub'";
    let oldest = crate::common::number(&connection, kept).await;
    assert!(oldest > i64::try_from(number).unwrap() + 1, "{oldest}");
}

/// Failure 27: every database takes a CRL that is longer than it takes in one statement.
async fn a_crl_that_is_stored_in_pieces_comes_back_whole(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    insert_revocations(&database, 60_000).await;
    publish(&replica, false).await;
    let list = crl(&replica, "sub").await;
    assert_eq!(list.len(), 60_000);
    assert!(list.der().len() > 3_000_000);
    for _ in 0..4 {
        publish(&replica, false).await;
    }
    // What was replaced is gone, pieces and all.
    let connection = crate::common::connect(&database).await;
    let kept = "select count(distinct publication) as n from crl_piece";
    assert_eq!(crate::common::number(&connection, kept).await, 3);
}

/// Failure 27: a million entries, in seconds and without the list being held twice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes its time: cargo test --release -p cara-ws --test stories million -- --ignored --nocapture measures it"]
async fn a_crl_of_a_million_entries_is_made_in_bounded_memory() {
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::MariaDb] {
        let database = fresh(kind).await.unwrap();
        let (replica, _) = with_pki(&database).await;
        insert_revocations(&database, 1_000_000).await;
        let before = resident_peak_kib();
        let begun = std::time::Instant::now();
        publish(&replica, false).await;
        let took = begun.elapsed();
        let grown_mib = (resident_peak_kib() - before) / 1024;
        let list = crl(&replica, "sub").await;
        assert_eq!(list.len(), 1_000_000);
        println!(
            "{kind:?}: {} entries, {} MiB, in {:.1} s; peak memory grew by {grown_mib} MiB",
            list.len(),
            list.der().len() >> 20,
            took.as_secs_f64(),
        );
    }
}

fn resident_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Rows as revoking writes them, for certificates with random serial numbers of 20 octets.
async fn insert_revocations(database: &TestDatabase, count: u64) {
    let connection = crate::common::connect(database).await;
    const ROWS: u64 = 1_000;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state ^ (state >> 29)
    };
    for _ in 0..count.div_ceil(ROWS) {
        let rows: Vec<String> = (0..ROWS)
            .map(|_| {
                let serial = format!(
                    "4{:015x}{:016x}{:08x}",
                    random() >> 4,
                    random(),
                    random() >> 32
                );
                format!("('sub', '{serial}', 1, 0, 9000000000000, 1790000000000, 1, 1)")
            })
            .collect();
        let statement = format!(
            "insert into revocation (issuer, serial, generation, crl_partition, not_after, revoked_at, reason, changed) values {}",
            rows.join(", ")
        );
        connection.execute_unprepared(&statement).await.unwrap();
    }
}

/// Failure 24: the signer is down near nextUpdate: the last good CRL stays, and the next one comes when it is back, with a
/// higher number.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_crl_stays_while_the_signer_is_down_and_numbers_only_grow() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, signer) = with_pki(&database).await;
    let before = crl(&replica, "sub").await;
    replica.clock.advance(time::Duration::hours(160));
    for _ in 0..8 {
        signer.fail_next(SignerError::Unavailable(None));
    }
    replica.cara.maintain().await;
    assert_eq!(crl(&replica, "sub").await.der(), before.der());
    for _ in 0..8 {
        replica.cara.maintain().await;
    }
    let after = crl(&replica, "sub").await;
    assert!(after.number() > before.number());
    use ers_runtime::clock::Clock as _;
    assert!(after.next_update() > replica.clock.now());
}
