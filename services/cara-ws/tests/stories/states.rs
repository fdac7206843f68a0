//! Promises:
//! - a CA that is suspended, retired or revoked, or below one that is revoked, issues nothing, says why, and goes on
//!   telling the status of what it has issued;
//! - a CA's own settings go before the configuration's, and are changed by one administrator at a time.

use ers_pki::{certificate::Certificate, crl::Crl};
use ers_proto::cara::v1::{
    AuthorityState, ChangeAuthorityStateRequest, FindStatusRequest, LoadCrlRequest, RevokeRequest,
    UpdateAuthorityRequest,
};
use ers_test_support::{
    databases::{Kind, TestDatabase, fresh},
    on_every_database,
};
use tonic::{Code, Status};

use crate::{
    common::{DAY, Replica, request, seconds, sub, with_pki},
    generations::load,
};

on_every_database!(
    a_ca_that_is_not_active_issues_nothing_and_goes_on_telling_status,
    a_ca_is_run_by_its_own_settings
);

async fn change(
    replica: &Replica,
    name: &str,
    state: AuthorityState,
) -> Result<AuthorityState, Status> {
    let request = ChangeAuthorityStateRequest {
        name: name.into(),
        state: state.into(),
        ..ChangeAuthorityStateRequest::default()
    };
    let answer = replica.authorities().change_state(request).await?;
    Ok(answer.into_inner().state())
}

async fn refused(replica: &Replica, id: &str) -> String {
    let refused = replica
        .issuance("clm-api")
        .issue(request(id, "dns:a.test"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Code::FailedPrecondition,
        "{}",
        refused.message()
    );
    refused.message().to_owned()
}

/// Failure 42: a CA that is disabled or revoked issues nothing.
async fn a_ca_that_is_not_active_issues_nothing_and_goes_on_telling_status(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let issued = replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:a.test"))
        .await
        .unwrap();
    let serial = issued.into_inner().certificate.unwrap().serial;

    for _ in 0..2 {
        let state = change(&replica, "sub", AuthorityState::Suspended)
            .await
            .unwrap();
        assert_eq!(state, AuthorityState::Suspended);
    }
    assert_eq!(
        refused(&replica, "r-2").await,
        "issuer: issue: CA sub is suspended"
    );
    change(&replica, "sub", AuthorityState::Active)
        .await
        .unwrap();
    replica
        .issuance("clm-api")
        .issue(request("r-2", "dns:a.test"))
        .await
        .unwrap();

    change(&replica, "sub", AuthorityState::Retired)
        .await
        .unwrap();
    assert_eq!(
        refused(&replica, "r-3").await,
        "issuer: issue: CA sub is retired"
    );
    let back = change(&replica, "sub", AuthorityState::Active)
        .await
        .unwrap_err();
    assert_eq!(back.code(), Code::FailedPrecondition);
    assert_eq!(back.message(), "name: resume: CA sub is retired");

    let revoke = RevokeRequest {
        issuer: "sub".into(),
        serial: serial.clone(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(revoke).await.unwrap();
    replica.clock.advance(time::Duration::hours(25));
    let before = load(&replica, "sub").await.crl_number;
    replica.cara.maintain().await;
    assert!(
        load(&replica, "sub").await.crl_number > before,
        "its CRL goes on"
    );
    let find = FindStatusRequest {
        issuer: "sub".into(),
        serial,
    };
    let status = replica.status().find(find).await.unwrap().into_inner();
    assert!(status.revocation.is_some());

    // The root is revoked: everything below it stops, and nothing new comes below it.
    change(&replica, "root", AuthorityState::Revoked)
        .await
        .unwrap();
    let below = replica
        .create(ers_proto::cara::v1::CreateAuthorityRequest {
            name: "below".into(),
            ..sub()
        })
        .await
        .unwrap_err();
    assert_eq!(
        below.message(),
        "issuer: issue certificate of CA: issue: CA root is revoked"
    );
}

/// Failure 42: a CA below one that was revoked issues nothing, and a CA whose certificate is revoked as any other
/// certificate is stopped too.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_ca_stops_with_everything_below_it() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, _) = with_pki(&database).await;
    let middle = ers_proto::cara::v1::CreateAuthorityRequest {
        name: "middle".into(),
        subject: "CN=Middle".into(),
        path_length: Some(1),
        ..sub()
    };
    let middle = replica.create(middle).await.unwrap();
    let low = ers_proto::cara::v1::CreateAuthorityRequest {
        name: "low".into(),
        subject: "CN=Low".into(),
        issuer: "middle".into(),
        validity: Some(seconds(100 * DAY)),
        ..sub()
    };
    replica.create(low).await.unwrap();
    let certificate = Certificate::from_der(&middle.certificate).unwrap();
    let revoke = RevokeRequest {
        issuer: "root".into(),
        serial: certificate.serial().to_hex(),
        reason: "cACompromise".into(),
        requester: "test".into(),
        ..RevokeRequest::default()
    };
    replica.revoking().revoke(revoke).await.unwrap();
    assert_eq!(
        load(&replica, "middle").await.state(),
        AuthorityState::Revoked
    );
    for (issuer, told) in [
        ("middle", "middle is revoked"),
        ("low", "middle is revoked"),
    ] {
        let asked = ers_proto::cara::v1::IssueRequest {
            issuer: issuer.into(),
            ..request(&format!("r-{issuer}"), "dns:a.test")
        };
        let refused = replica.issuance("clm-api").issue(asked).await.unwrap_err();
        assert!(refused.message().contains(told), "{}", refused.message());
    }
    // The others go on.
    replica
        .issuance("clm-api")
        .issue(request("r-1", "dns:a.test"))
        .await
        .unwrap();
    // Revoked as a CA, its certificate stands in the CRL of the one above.
    change(&replica, "sub", AuthorityState::Revoked)
        .await
        .unwrap();
    assert_eq!(
        refused(&replica, "r-2").await,
        "issuer: issue: CA sub is revoked"
    );
    let sub = Certificate::from_der(&load(&replica, "sub").await.certificate).unwrap();
    loop {
        let load = LoadCrlRequest {
            issuer: "root".into(),
            ..LoadCrlRequest::default()
        };
        let crl = replica.status().load_crl(load).await.unwrap().into_inner();
        if Crl::from_der(&crl.der)
            .unwrap()
            .find(sub.serial())
            .is_some()
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn a_ca_is_run_by_its_own_settings(database: TestDatabase) {
    let (replica, _) = with_pki(&database).await;
    let update = |settings: &str, version| UpdateAuthorityRequest {
        name: "sub".into(),
        settings: settings.into(),
        version,
    };
    let settings = r#"{"profiles":["tls-server"],"longest_validity":"10d","crl_validity_hours":2,"revocation_url":"http://other.test","extra_crl_urls":["http://mirror.test/sub.g{generation}.crl"]}"#;
    let changed = replica
        .authorities()
        .update(update(settings, Some(0)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(changed.settings, settings);
    assert_eq!(changed.settings_version, 1);
    let again = replica
        .authorities()
        .update(update(settings, None))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.settings_version, 1);
    let late = replica
        .authorities()
        .update(update("{}", Some(0)))
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition, "{}", late.message());

    let issue = async |asked| replica.issuance("clm-api").issue(asked).await;
    let with_validity = |id: &str, days| ers_proto::cara::v1::IssueRequest {
        validity: Some(seconds(days * DAY)),
        ..request(id, "dns:a.test")
    };
    let issued = issue(with_validity("r-1", 9)).await.unwrap().into_inner();
    let issued = Certificate::from_der(&issued.certificate.unwrap().der).unwrap();
    assert_eq!(
        issued.crl_urls(),
        [
            "http://other.test/crl/sub.crl",
            "http://mirror.test/sub.g1.crl"
        ]
    );
    let too_long = issue(with_validity("r-2", 11)).await.unwrap_err();
    assert!(
        too_long.message().starts_with("validity: "),
        "{}",
        too_long.message()
    );
    let other = ers_proto::cara::v1::IssueRequest {
        profile: "tls-client".into(),
        ..with_validity("r-3", 9)
    };
    let other = issue(other).await.unwrap_err();
    assert!(
        other.message().starts_with("profile: "),
        "{}",
        other.message()
    );

    replica
        .clock
        .advance(time::Duration::hours(2) + time::Duration::minutes(1));
    replica.cara.maintain().await;
    let sub = load(&replica, "sub").await;
    let ends = sub.crl_next_update.unwrap().seconds;
    assert_eq!(ends - 1_795_348_800, 4 * 3600 + 60);

    for (wrong, told) in [
        ("{", "read settings"),
        (r#"{"crl_hours": 2}"#, "read settings"),
        (r#"{"crl_validity_hours": 0}"#, "crl_validity_hours"),
        (r#"{"profiles": ["none"]}"#, "there is no profile none"),
    ] {
        let refused = replica
            .authorities()
            .update(update(wrong, None))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(
            refused.message().starts_with("settings: "),
            "{}",
            refused.message()
        );
        assert!(refused.message().contains(told), "{}", refused.message());
    }
}

/// Failure 21: a CA certificate is not to be had by asking for one as for any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_for_cas_is_refused_where_certificates_are_issued() {
    let database = fresh(Kind::Sqlite).await.unwrap();
    let (replica, signer) = with_pki(&database).await;
    let before = signer.entries().len();
    for profile in ["sub-ca", "root-ca"] {
        let asked = ers_proto::cara::v1::IssueRequest {
            issuer: "root".into(),
            profile: profile.into(),
            subject_alternative_names: Vec::new(),
            ..request(profile, "dns:a.test")
        };
        let refused = replica.issuance("clm-api").issue(asked).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(
            refused.message().starts_with("profile: "),
            "{}",
            refused.message()
        );
    }
    assert_eq!(signer.entries().len(), before);
}
