//! Pages of every kind of search, over more certificates than a page is looked for among, are what one reads who reads
//! them all in order.

use ers_migrations::clm::Migrator;
use ers_runtime::clock::ManualClock;
use ers_test_support::{databases::TestDatabase, on_every_database};

use super::*;
use crate::{
    domain::{
        access::Reach,
        inventory::{InventoryCertificate, Origin, Told},
        inventory_filter::FilterText,
        note::{Note, Tag},
    },
    store::Store,
};

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_000 * DAY_MS;
const CERTIFICATES: i64 = 24;

on_every_database!(pages_of_each_search_have_every_certificate_once_in_its_order);

async fn pages_of_each_search_have_every_certificate_once_in_its_order(database: TestDatabase) {
    let connection = ers_runtime::db::connect::<Migrator>(&database.config)
        .await
        .unwrap();
    let store = Store::start(connection);
    let clock = ManualClock::at(now());
    fill(&store).await;
    let mut found = 0;
    for text in searches() {
        let filter = text.read().unwrap();
        let all = PageRequest {
            size: 100,
            after: None,
        };
        let all = store
            .read_certificates(&filter, &Reach::Everywhere, &all, clock.as_ref())
            .await
            .unwrap();
        let all: Vec<i64> = all.iter().map(|entry| entry.number).collect();
        found += all.len();
        for size in [5, 50] {
            let mut seen = Vec::new();
            let mut page = PageRequest { size, after: None };
            loop {
                let found = store
                    .search_certificates(&filter, &Reach::Everywhere, &page, clock.as_ref())
                    .await
                    .unwrap();
                assert_eq!(found.total, all.len() as u64, "{text:?} {size}");
                seen.extend(found.rows.iter().map(|entry| entry.number));
                let Some(next) = found.next else { break };
                page.after = Some(next.parse().unwrap());
            }
            assert_eq!(seen, all, "{text:?} {size}");
        }
    }
    assert!(found > 200, "{found}: the searches find something");
}

fn now() -> time::OffsetDateTime {
    time::OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(NOW_MS)
}

fn searches() -> Vec<FilterText> {
    let some = |text: &str| Some(text.to_owned());
    let mut searches = Vec::new();
    for search in [None, some("host"), some("odd")] {
        for tags in [
            None,
            some("env=prod"),
            some("env=test"),
            some("env=prod,team"),
        ] {
            for (owner, unowned) in [(None, false), (some("jo@example.com"), false), (None, true)] {
                for (state, order) in [
                    (None, None),
                    (None, some("expiry")),
                    (some("expired"), None),
                ] {
                    searches.push(FilterText {
                        search: search.clone(),
                        tags: tags.clone(),
                        owner: owner.clone(),
                        unowned,
                        state,
                        order,
                        ..FilterText::default()
                    });
                }
            }
        }
    }
    searches
}

async fn fill(store: &Store) {
    store.load_feed_position(NOW_MS).await.unwrap();
    let told: Vec<Told> = (1..=CERTIFICATES)
        .map(|number| Told {
            sequence: number.unsigned_abs(),
            certificate: Some(certificate(number)),
            event: None,
        })
        .collect();
    store.apply_events(0, &told, &[], NOW_MS).await.unwrap();
    let all = PageRequest {
        size: 100,
        after: None,
    };
    let clock = ManualClock::at(now());
    let all = store
        .read_certificates(&Filter::default(), &Reach::Everywhere, &all, clock.as_ref())
        .await
        .unwrap();
    for (index, entry) in all.iter().enumerate() {
        let tag = |name: &str, value: &str| Tag::of_parts(name, value).unwrap();
        let mut tags = vec![tag("env", if index % 3 == 0 { "test" } else { "prod" })];
        if index % 2 == 0 {
            tags.push(tag("team", "shop"));
        }
        let owner = if index % 4 == 0 { "jo@example.com" } else { "" };
        let note = Note {
            owner: owner.into(),
            tags,
            version: 1,
            ..Note::default()
        };
        let is_put = store.put_note(entry.number, 0, &note, "jo", NOW_MS).await;
        assert!(is_put.unwrap());
    }
}

fn certificate(number: i64) -> InventoryCertificate {
    let kind = if number % 5 == 0 { "odd" } else { "even" };
    InventoryCertificate {
        issuer: "sub".into(),
        serial: format!("{number:016x}"),
        fingerprint: format!("{number:064x}"),
        subject: format!("CN=host-{number}.{kind}.example.com"),
        names: vec![format!("dns:host-{number}.{kind}.example.com")],
        key_algorithm: "P-256".into(),
        not_before_ms: NOW_MS - 100 * DAY_MS,
        // neither in the order of their numbers nor all different
        not_after_ms: NOW_MS + (number * 7 % 12 - 4) * DAY_MS,
        revocation: None,
        origin: Origin {
            realm: "default".into(),
            policy: "server".into(),
            policy_version: 1,
            end_entity: String::new(),
            requester: "test".into(),
            protocol: "rest".into(),
        },
        request_id: format!("request-{number}"),
        der: vec![0x30, 0],
        issued_at_ms: NOW_MS,
    }
}
