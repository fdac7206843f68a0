//! Promises:
//! - a certificate is found by each of its names, keys, numbers, times and states, by nothing else, and at once;
//! - pages follow each other without a gap or a repetition, whatever is issued meanwhile;
//! - what was issued by the release before is found as well;
//! - what is wrong with a search is told by field.

use std::collections::HashSet;

use ers_proto::cara::v1::{
    Certificate, IssueRequest, ListCertificatesRequest, Origin, RevokeRequest,
    SearchCertificatesRequest, SearchState, TimeRange,
};
use ers_test_support::{databases::TestDatabase, on_every_database};
use prost_types::Timestamp;
use sea_orm::ConnectionTrait as _;
use tonic::Code;

use crate::common::{Replica, request, with_pki};

on_every_database!(
    a_certificate_is_found_by_each_of_its_names_and_by_no_other,
    certificates_are_found_by_state_and_time,
    pages_follow_each_other_while_certificates_are_issued,
    what_was_there_before_the_index_is_found_too,
    what_is_wrong_with_a_search_is_told_by_field,
);

async fn issue(replica: &Replica, wanted: IssueRequest) -> Certificate {
    replica
        .issuance("clm-api")
        .issue(wanted)
        .await
        .unwrap()
        .into_inner()
        .certificate
        .unwrap()
}

async fn search(replica: &Replica, wanted: SearchCertificatesRequest) -> Vec<Certificate> {
    let answer = replica.certificates().search(wanted).await.unwrap();
    let answer = answer.into_inner();
    assert!(!answer.incomplete);
    answer.certificates
}

async fn serials(replica: &Replica, wanted: SearchCertificatesRequest) -> Vec<String> {
    let found = search(replica, wanted).await;
    found.into_iter().map(|c| c.serial).collect()
}

fn any() -> SearchCertificatesRequest {
    SearchCertificatesRequest::default()
}

fn named(name: &str) -> SearchCertificatesRequest {
    SearchCertificatesRequest {
        names: vec![name.into()],
        ..any()
    }
}

async fn a_certificate_is_found_by_each_of_its_names_and_by_no_other(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let mut wanted = request("r-1", "dns:www.example.com");
    wanted
        .subject_alternative_names
        .extend(["dns:mail.sub.example.com".into(), "ip:192.0.2.1".into()]);
    wanted.origin = Some(Origin {
        policy: "server".into(),
        end_entity: "host-17".into(),
        ..Origin::default()
    });
    let one = issue(&replica, wanted).await;
    issue(&replica, request("r-2", "dns:www.example.org")).await;
    let read = ers_pki::certificate::Certificate::from_der(&one.der).unwrap();
    let key = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, read.public_key().spki_der());
    let finds = [
        named("dns:www.example.com"),
        named("dns:WWW.EXAMPLE.COM"),
        named("dns:mail.sub.example.com"),
        named("dns:.example.com"),
        named("dns:.sub.example.com"),
        named("ip:192.0.2.1"),
        SearchCertificatesRequest {
            names: vec!["dns:.example.com".into(), "ip:192.0.2.1".into()],
            ..any()
        },
        SearchCertificatesRequest {
            serial: one.serial.clone(),
            ..any()
        },
        SearchCertificatesRequest {
            fingerprint: read.fingerprint().to_vec(),
            ..any()
        },
        SearchCertificatesRequest {
            subject_key_identifier: read.subject_key_identifier().unwrap().to_vec(),
            ..any()
        },
        SearchCertificatesRequest {
            public_key_fingerprint: key.as_ref().to_vec(),
            ..any()
        },
        SearchCertificatesRequest {
            end_entity: "host-17".into(),
            ..any()
        },
        SearchCertificatesRequest {
            policy: "server".into(),
            issuer: "sub".into(),
            profile: "tls-server".into(),
            ..any()
        },
    ];
    for wanted in finds {
        let found = serials(&replica, wanted.clone()).await;
        assert_eq!(found, std::slice::from_ref(&one.serial), "{wanted:?}");
    }
    let misses = [
        named("dns:example.com"),
        named("dns:.www.example.com"),
        named("ip:192.0.2.2"),
        SearchCertificatesRequest {
            serial: "7f".into(),
            ..any()
        },
        SearchCertificatesRequest {
            serial: one.serial.clone(),
            issuer: "root".into(),
            ..any()
        },
        SearchCertificatesRequest {
            names: vec!["dns:www.example.com".into(), "dns:www.example.org".into()],
            ..any()
        },
        SearchCertificatesRequest {
            profile: "tls-client".into(),
            ..named("dns:www.example.com")
        },
        SearchCertificatesRequest {
            fingerprint: vec![0; 32],
            ..any()
        },
    ];
    for wanted in misses {
        let found = serials(&replica, wanted.clone()).await;
        assert!(found.is_empty(), "{wanted:?}: {found:?}");
    }
    // The CAs' own certificates have subjects.
    let of_subject = |subject: &str| SearchCertificatesRequest {
        subject: subject.into(),
        ..any()
    };
    let of_attribute = |attribute: &str| SearchCertificatesRequest {
        subject_attributes: vec![attribute.into()],
        ..any()
    };
    for (wanted, count) in [
        (of_subject("CN=Test Root CA,O=Test"), 1),
        (of_subject("cn=test root ca,o=test"), 1),
        (of_subject("CN=Test Root CA"), 0),
        (of_attribute("CN=Test Root CA"), 1),
        (of_attribute("CN=Test*"), 2),
        (of_attribute("CN=Test"), 0),
    ] {
        let found = search(&replica, wanted.clone()).await;
        let cas = found.iter().filter(|c| {
            let read = ers_pki::certificate::Certificate::from_der(&c.der).unwrap();
            read.is_ca()
        });
        assert_eq!(cas.count(), count, "{wanted:?}");
    }
}

async fn certificates_are_found_by_state_and_time(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let first = issue(&replica, request("r-1", "dns:a.test")).await;
    replica.clock.advance(time::Duration::hours(1));
    let second = issue(&replica, request("r-2", "dns:a.test")).await;
    replica.clock.advance(time::Duration::hours(1));
    for (certificate, reason) in [(&first, "superseded"), (&second, "certificateHold")] {
        let revoke = RevokeRequest {
            issuer: "sub".into(),
            serial: certificate.serial.clone(),
            reason: reason.into(),
            requester: "test".into(),
            ..RevokeRequest::default()
        };
        replica.revoking().revoke(revoke).await.unwrap();
        replica.clock.advance(time::Duration::hours(1));
    }
    let third = issue(&replica, request("r-3", "dns:a.test")).await;
    let (a, b, c) = (&first.serial, &second.serial, &third.serial);
    let state = |state: SearchState| SearchCertificatesRequest {
        state: state.into(),
        issuer: "sub".into(),
        profile: "tls-server".into(),
        ..any()
    };
    let at = |certificate: &Certificate| certificate.issued_at.unwrap().seconds;
    let range = |from: i64, until: i64| {
        Some(TimeRange {
            from: Some(Timestamp {
                seconds: from,
                nanos: 0,
            }),
            until: Some(Timestamp {
                seconds: until,
                nanos: 0,
            }),
        })
    };
    let by_name = |wanted: SearchCertificatesRequest| SearchCertificatesRequest {
        names: vec!["dns:a.test".into()],
        ..wanted
    };
    let cases = [
        (state(SearchState::Valid), vec![c]),
        (state(SearchState::Revoked), vec![b, a]),
        (state(SearchState::Held), vec![b]),
        (state(SearchState::Expired), vec![]),
        (by_name(state(SearchState::Unspecified)), vec![c, b, a]),
        (by_name(state(SearchState::Revoked)), vec![b, a]),
        (
            SearchCertificatesRequest {
                issued: range(at(&first), at(&second)),
                ..state(SearchState::Unspecified)
            },
            vec![a],
        ),
        (
            SearchCertificatesRequest {
                revoked: range(at(&second) + 3600, at(&second) + 7200),
                ..state(SearchState::Unspecified)
            },
            vec![a],
        ),
        (
            SearchCertificatesRequest {
                not_after: range(
                    first.not_after.unwrap().seconds,
                    third.not_after.unwrap().seconds,
                ),
                ..state(SearchState::Unspecified)
            },
            vec![a, b],
        ),
    ];
    for (wanted, found) in cases {
        let serials = serials(&replica, wanted.clone()).await;
        assert_eq!(serials.iter().collect::<Vec<_>>(), found, "{wanted:?}");
    }
    replica.clock.advance(time::Duration::days(1000));
    assert_eq!(
        serials(&replica, state(SearchState::Expired)).await,
        [a, b, c].map(String::clone)
    );
    assert!(
        serials(&replica, state(SearchState::Valid))
            .await
            .is_empty()
    );
}

async fn pages_follow_each_other_while_certificates_are_issued(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let mut there = HashSet::new();
    for number in 0..12 {
        let name = ["dns:a.pages.test", "dns:b.pages.test"][number % 2];
        there.insert(
            issue(&replica, request(&format!("r-{number}"), name))
                .await
                .serial,
        );
    }
    let ways = [
        named("dns:.pages.test"),
        SearchCertificatesRequest {
            profile: "tls-server".into(),
            ..any()
        },
        SearchCertificatesRequest {
            profile: "tls-server".into(),
            not_after: Some(TimeRange::default()),
            ..any()
        },
    ];
    let mut issued = 100;
    for way in ways {
        let mut seen = Vec::new();
        let mut token = String::new();
        loop {
            let wanted = SearchCertificatesRequest {
                page_size: 5,
                page_token: token,
                ..way.clone()
            };
            let page = replica
                .certificates()
                .search(wanted)
                .await
                .unwrap()
                .into_inner();
            assert!(page.certificates.len() <= 5);
            seen.extend(page.certificates.into_iter().map(|c| c.serial));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            issued += 1;
            issue(
                &replica,
                request(&format!("r-{issued}"), "dns:a.pages.test"),
            )
            .await;
        }
        let once: HashSet<_> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "one stands on two pages: {way:?}");
        assert!(there.is_subset(&once), "one is missing: {way:?}");
    }
    let list = ListCertificatesRequest {
        page_size: 3,
        ..ListCertificatesRequest::default()
    };
    let listed = replica
        .certificates()
        .list(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.certificates.len(), 3);
    let authorities = 2 * 2; // their own certificates, and their OCSP signers
    let expected = 12 + (issued - 100) + authorities;
    assert_eq!(listed.total, u64::try_from(expected).unwrap());
}

async fn what_was_there_before_the_index_is_found_too(database: TestDatabase) {
    let (replica, signer) = with_pki(&database).await;
    let one = issue(&replica, request("r-1", "dns:old.test")).await;
    assert_eq!(
        serials(&replica, named("dns:old.test")).await,
        std::slice::from_ref(&one.serial)
    );
    let clock = std::sync::Arc::clone(&replica.clock);
    replica.stop().await;
    // as the release before leaves it
    let connection = ers_runtime::db::connect::<ers_migrations::cara::Migrator>(&database.config)
        .await
        .unwrap();
    for sql in [
        "delete from certificate_name",
        "delete from certificate_count",
        "update name_position set sequence = 0",
    ] {
        connection.execute_unprepared(sql).await.unwrap();
    }
    clock.advance(time::Duration::minutes(1));
    let next = Replica::start(&database.config, &signer, &clock).await;
    assert_eq!(serials(&next, named("dns:old.test")).await, [one.serial]);
}

async fn what_is_wrong_with_a_search_is_told_by_field(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let page_token = |token: &str| SearchCertificatesRequest {
        page_token: token.into(),
        ..any()
    };
    let cases = [
        (
            "serial",
            SearchCertificatesRequest {
                serial: "xyz".into(),
                ..any()
            },
        ),
        (
            "fingerprint",
            SearchCertificatesRequest {
                fingerprint: vec![1],
                ..any()
            },
        ),
        (
            "subject",
            SearchCertificatesRequest {
                subject: "nonsense".into(),
                ..any()
            },
        ),
        (
            "subject_attributes",
            SearchCertificatesRequest {
                subject_attributes: vec!["CN".into()],
                ..any()
            },
        ),
        ("names", named("example.com")),
        (
            "names",
            SearchCertificatesRequest {
                names: vec!["ip:192.0.2.1".into(); 21],
                ..any()
            },
        ),
        (
            "public_key_fingerprint",
            SearchCertificatesRequest {
                public_key_fingerprint: vec![1; 20],
                ..any()
            },
        ),
        (
            "issuer",
            SearchCertificatesRequest {
                issuer: "A CA".into(),
                ..any()
            },
        ),
        ("page_token", page_token("17")),
        ("page_token", page_token("n.-1.61")),
        (
            "page_token",
            SearchCertificatesRequest {
                names: vec!["dns:a.test".into()],
                ..page_token("n.-1.61")
            },
        ),
    ];
    for (field, wanted) in cases {
        let refused = replica.certificates().search(wanted).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert!(
            refused.message().starts_with(&format!("{field}: ")),
            "{field}: {}",
            refused.message()
        );
    }
}
