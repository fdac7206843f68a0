//! Promises:
//! - a profile that an administrator puts is in force at once and on other replicas soon; a certificate says by which version it was issued;
//! - what is wrong is refused with the reason: not JSON, contradictory, a configured one's name, an example that the linter stops, a version that is not the newest;
//! - an example can be seen before anything is put, also one that the linter would stop;
//! - one that is in use is not removed; one that is removed issues nothing, and its versions can still be read.

use std::sync::Arc;

use ers_proto::cara::v1::{
    DeleteProfileRequest, LintFinding, ListProfilesRequest, LoadAuthorityRequest,
    LoadProfileRequest, Profile, PutProfileRequest, PutProfileResponse, RehearseProfileRequest,
    UpdateAuthorityRequest, profiles_client::ProfilesClient,
};
use ers_test_support::{databases::TestDatabase, on_every_database};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::common::{DAY, Replica, Way, clock, request, with_pki};

on_every_database!(
    a_profile_is_put_in_versions_and_certificates_name_theirs,
    what_is_wrong_with_a_profile_is_told_and_nothing_changes,
    an_example_is_shown_with_what_would_stop_it_and_nothing_is_stored,
    a_profile_in_use_stays_and_a_removed_one_issues_nothing,
);

fn client(replica: &Replica, who: &'static str) -> ProfilesClient<Way> {
    ProfilesClient::new(replica.way(who))
}

fn printer(validity: &str) -> Value {
    json!({
        "name": "printer",
        "description": "Printers in the office",
        "key_usage": ["digitalSignature"],
        "extended_key_usage": ["serverAuth"],
        "key_algorithms": ["P-256", "RSA-2048"],
        "validity": { "default": validity, "longest": "90d" },
        "names": { "allowed": ["dns"], "required": true },
    })
}

fn putting(definition: &Value) -> PutProfileRequest {
    PutProfileRequest {
        definition: definition.to_string(),
        ..PutProfileRequest::default()
    }
}

async fn put(replica: &Replica, request: PutProfileRequest) -> Result<PutProfileResponse, Status> {
    let answer = client(replica, "administrator").put(request).await?;
    Ok(answer.into_inner())
}

async fn load(replica: &Replica, version: i32) -> Result<Profile, Status> {
    let request = LoadProfileRequest {
        name: "printer".into(),
        version,
    };
    Ok(client(replica, "clm-api").load(request).await?.into_inner())
}

/// Days of validity, and the version of the profile, of a certificate that is issued now.
async fn issue(replica: &Replica, id: &str) -> Result<(i64, i32), Status> {
    let wanted = ers_proto::cara::v1::IssueRequest {
        profile: "printer".into(),
        ..request(id, "dns:printer.test")
    };
    let answer = replica.issuance("clm-api").issue(wanted).await?;
    let issued = answer.into_inner().certificate.unwrap();
    let seconds = issued.not_after.unwrap().seconds - issued.not_before.unwrap().seconds;
    // both ends count
    Ok(((seconds + 1) / DAY, issued.profile_version))
}

async fn a_profile_is_put_in_versions_and_certificates_name_theirs(database: TestDatabase) {
    let signer = Arc::new(ers_signer_client::fake::FakeSigner::new());
    let clock = clock();
    let replica = Replica::start(&database.config, &signer, &clock)
        .await
        .with_pki()
        .await;
    let refused = issue(&replica, "before").await.unwrap_err();
    assert!(refused.message().starts_with("profile: "), "{refused:?}");

    let first = put(&replica, putting(&printer("30d"))).await.unwrap();
    let first = first.profile.unwrap();
    assert_eq!((first.name.as_str(), first.version), ("printer", 1));
    assert_eq!(first.put_by, "administrator");
    assert_eq!(issue(&replica, "r-1").await.unwrap(), (30, 1));
    // so already: no version
    let same = put(&replica, putting(&printer("30d"))).await.unwrap();
    assert_eq!(same.profile.unwrap(), first);
    let changed = PutProfileRequest {
        version: Some(1),
        ..putting(&printer("60d"))
    };
    assert_eq!(
        put(&replica, changed)
            .await
            .unwrap()
            .profile
            .unwrap()
            .version,
        2
    );
    assert_eq!(issue(&replica, "r-2").await.unwrap(), (60, 2));

    let another = Replica::start(&database.config, &signer, &clock).await;
    assert_eq!(issue(&another, "r-3").await.unwrap(), (60, 2));
    put(&replica, putting(&printer("10d"))).await.unwrap();
    another.cara.maintain().await;
    assert_eq!(issue(&another, "r-4").await.unwrap(), (10, 3));

    for (version, days) in [(1, "30d"), (2, "60d"), (3, "10d"), (0, "10d")] {
        let loaded = load(&replica, version).await.unwrap();
        let definition: Value = serde_json::from_str(&loaded.definition).unwrap();
        assert_eq!(definition["validity"]["default"], days, "{version}");
    }
    let listed = client(&replica, "clm-api")
        .list(ListProfilesRequest {})
        .await;
    let listed = listed.unwrap().into_inner().profiles;
    let of = |name: &str| listed.iter().find(|profile| profile.name == name).unwrap();
    assert_eq!((of("printer").version, of("tls-server").version), (3, 0));
}

async fn what_is_wrong_with_a_profile_is_told_and_nothing_changes(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    put(&replica, putting(&printer("30d"))).await.unwrap();
    let with = |field: &str, value: Value| {
        let mut definition = printer("30d");
        definition[field] = value;
        putting(&definition)
    };
    let pattern = json!({ "CN": { "required": true, "pattern": "printer-[0-9]{3}" } });
    let patterned = with("subject", json!({ "attributes": pattern }));
    // of the Forum's rules: no certificate for a server without a subject alternative name of the kinds it knows
    let linted = with("lint", json!({ "sets": { "cabf-tls": "block" } }));
    for (code, told, request) in [
        (
            Code::InvalidArgument,
            "read profile",
            PutProfileRequest::default(),
        ),
        (
            Code::InvalidArgument,
            "surprise",
            with("surprise", json!(1)),
        ),
        (
            Code::InvalidArgument,
            "check profile",
            with("key_algorithms", json!([])),
        ),
        (
            Code::InvalidArgument,
            "longer than",
            with("description", json!("x".repeat(70_000))),
        ),
        (
            Code::FailedPrecondition,
            "tls-server",
            with("name", json!("tls-server")),
        ),
        (
            Code::FailedPrecondition,
            "forum-block",
            with("name", json!("forum-block")),
        ),
        (Code::InvalidArgument, "lint an example", patterned.clone()),
        (Code::InvalidArgument, "cabf-tls", linted),
        (
            Code::InvalidArgument,
            "example_names",
            PutProfileRequest {
                example_names: vec!["nonsense".into()],
                ..with("ocsp_no_check", json!(true))
            },
        ),
        (
            Code::InvalidArgument,
            "example_subject",
            PutProfileRequest {
                example_subject: vec![1],
                ..with("ocsp_no_check", json!(true))
            },
        ),
        (
            Code::FailedPrecondition,
            "version: ",
            PutProfileRequest {
                version: Some(7),
                ..putting(&printer("40d"))
            },
        ),
        (
            Code::FailedPrecondition,
            "version: ",
            PutProfileRequest {
                version: Some(0),
                ..putting(&printer("40d"))
            },
        ),
    ] {
        let refused = put(&replica, request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{told}: {}", refused.message());
        assert!(
            refused.message().contains(told),
            "{told}: {}",
            refused.message()
        );
    }
    assert_eq!(load(&replica, 0).await.unwrap().version, 1);
    for who in ["clm-api", "rev-info", "acme"] {
        let refused = client(&replica, who).put(putting(&printer("40d"))).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied, "{who}");
    }
    // With an example of its own a pattern is met.
    let name: ers_pki::name::Name = "CN=printer-007".parse().unwrap();
    let shown = PutProfileRequest {
        example_subject: name.to_der().to_vec(),
        ..patterned
    };
    assert_eq!(
        put(&replica, shown).await.unwrap().profile.unwrap().version,
        2
    );
    // What the linter only warns of is told.
    let warned = with("lint", json!({ "sets": { "cabf-tls": "warn" } }));
    let answer = put(&replica, warned).await.unwrap();
    assert!(
        answer.findings.iter().any(|told| told.contains("cabf-tls")),
        "{answer:?}"
    );
}

async fn an_example_is_shown_with_what_would_stop_it_and_nothing_is_stored(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let rehearse = async |request: RehearseProfileRequest| {
        let answer = client(&replica, "administrator").rehearse(request).await?;
        Ok::<_, Status>(answer.into_inner())
    };
    let mut definition = printer("30d");
    definition["lint"] = json!({ "sets": { "cabf-tls": "block" } });
    let of = |definition: &Value| RehearseProfileRequest {
        definition: definition.to_string(),
        example_names: vec!["dns:printer-7.example.com".into()],
        ..RehearseProfileRequest::default()
    };
    let shown = rehearse(of(&definition)).await.unwrap();
    assert!(
        shown.text.contains("DNS:printer-7.example.com"),
        "{}",
        shown.text
    );
    let der = &shown.certificate;
    let read = ers_pki::certificate::Certificate::from_der(der).unwrap();
    assert_eq!(read.issuer().to_string(), "CN=Example Root,O=Example,C=DE");
    let stops = |found: &LintFinding| found.blocks && found.rule.starts_with("cabf-tls-");
    assert!(shown.findings.iter().any(stops), "{:?}", shown.findings);
    let shown = rehearse(of(&printer("30d"))).await.unwrap();
    assert!(!shown.findings.iter().any(|found| found.blocks));
    let by_name = RehearseProfileRequest {
        name: "tls-server".into(),
        ..RehearseProfileRequest::default()
    };
    let shown = rehearse(by_name.clone()).await.unwrap();
    assert!(shown.text.contains("TLS Web Server Authentication"));
    for (code, request) in [
        (Code::InvalidArgument, RehearseProfileRequest::default()),
        (
            Code::InvalidArgument,
            RehearseProfileRequest {
                definition: "{}".into(),
                ..by_name.clone()
            },
        ),
        (
            Code::NotFound,
            RehearseProfileRequest {
                name: "nobody".into(),
                ..by_name.clone()
            },
        ),
    ] {
        assert_eq!(rehearse(request).await.unwrap_err().code(), code);
    }
    let refused = client(&replica, "clm-api").rehearse(by_name).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(load(&replica, 0).await.unwrap_err().code(), Code::NotFound);
}

async fn a_profile_in_use_stays_and_a_removed_one_issues_nothing(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    put(&replica, putting(&printer("30d"))).await.unwrap();
    let remove = async |name: &str, sure: bool| {
        let request = DeleteProfileRequest {
            name: name.into(),
            sure,
        };
        client(&replica, "administrator").delete(request).await
    };
    let set = async |settings: Value| {
        let request = UpdateAuthorityRequest {
            name: "sub".into(),
            settings: settings.to_string(),
            version: None,
        };
        replica.authorities().update(request).await.unwrap();
    };
    set(json!({ "profiles": ["printer", "tls-server"] })).await;
    for sure in [false, true] {
        let refused = remove("printer", sure).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains("CA sub is set"), "{refused:?}");
    }
    set(json!({})).await;
    issue(&replica, "r-1").await.unwrap();
    let refused = remove("printer", false).await.unwrap_err();
    assert!(refused.message().contains("still valid"), "{refused:?}");
    assert_eq!(issue(&replica, "r-2").await.unwrap(), (30, 1));
    remove("printer", true).await.unwrap();
    let refused = issue(&replica, "r-3").await.unwrap_err();
    assert!(refused.message().starts_with("profile: "), "{refused:?}");
    // what was issued stays known, with what the profile said then
    let by = ers_proto::cara::v1::load_certificate_request::By::RequestId("r-1".into());
    let wanted = ers_proto::cara::v1::LoadCertificateRequest { by: Some(by) };
    let issued = replica.certificates().load(wanted).await.unwrap();
    assert_eq!(issued.into_inner().profile_version, 1);
    assert_eq!(load(&replica, 1).await.unwrap().version, 1);
    for (name, code) in [
        ("printer", Code::NotFound),
        ("nobody", Code::NotFound),
        ("tls-server", Code::FailedPrecondition),
    ] {
        assert_eq!(remove(name, true).await.unwrap_err().code(), code, "{name}");
    }
    assert_eq!(load(&replica, 0).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(load(&replica, 2).await.unwrap_err().code(), Code::NotFound);
    // Put again it goes on behind the versions that were.
    let again = PutProfileRequest {
        version: Some(0),
        ..putting(&printer("20d"))
    };
    assert_eq!(
        put(&replica, again).await.unwrap().profile.unwrap().version,
        3
    );
    // once its certificates have ended nothing is in the way
    replica.clock.advance(time::Duration::days(31));
    let loaded = replica
        .authorities()
        .load(LoadAuthorityRequest { name: "sub".into() })
        .await;
    assert!(loaded.is_ok());
    remove("printer", false).await.unwrap();
}
