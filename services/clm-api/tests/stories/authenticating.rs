//! Promises:
//! - an end entity is let in by its password, and nobody by a wrong one, a suspended or an unknown name: all told alike
//! - after five wrong attempts nothing is looked at, in any replica; another address has its own count
//! - right passwords of one end entity that come together are all let in, also when wrong ones came before
//! - a certificate of ours lets in while it is active and fits the policy; a foreign one when a trusted CA leads to it
//! - a shared secret stays sealed; wrong MACs that the edge reports lock it
//! - an edge is told what a request should look like, whose certificates it gets, and the newest CRL

use ers_pki::{
    certificate::Certificate,
    issuance::{Issuer, Request as Wanted, prepare},
    key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm},
    name::Name,
    profile::Profile,
    serial::SerialNumber,
};
use ers_proto::clm::v1::{
    self as proto, Standing, authenticate_request::Credential,
    authenticate_response::Outcome as Let, find_certificate_request::By,
};
use ers_runtime::clock::Clock as _;
use ers_signer_client::Signer as _;
use ers_test_support::{databases::TestDatabase, on_every_database};
use tonic::Code;

use super::{
    cara::{CRL, ISSUER},
    clm::{World, issued},
};

on_every_database!(
    a_password_lets_in_and_nothing_else_does,
    failure_39_guessing_is_locked_out_in_every_replica,
    right_passwords_that_come_together_are_not_taken_for_guesses,
    a_shared_secret_stays_sealed_and_wrong_macs_lock_it,
    a_certificate_lets_in_while_it_is_active_and_fits,
);

const PASSWORD: &str = "correct horse battery";

pub async fn add(world: &World, name: &str) {
    let request = proto::AddEndEntityRequest {
        name: name.into(),
        ..Default::default()
    };
    let mut administration = world.administration();
    administration.add_end_entity(request).await.unwrap();
    let request = proto::SetEndEntityPasswordRequest {
        name: name.into(),
        password: PASSWORD.into(),
        ..Default::default()
    };
    let set = administration.set_end_entity_password(request).await;
    assert_eq!(set.unwrap().into_inner().made, "");
}

fn with_password(name: &str, password: &str, address: &str) -> proto::AuthenticateRequest {
    proto::AuthenticateRequest {
        protocol: "est".into(),
        address: address.into(),
        credential: Some(Credential::Password(proto::Password {
            end_entity: name.into(),
            password: password.into(),
        })),
        ..Default::default()
    }
}

async fn ask(world: &World, request: proto::AuthenticateRequest) -> Let {
    let mut enrollment = world.enrollment("est");
    let response = enrollment.authenticate(request).await.unwrap();
    response.into_inner().outcome.unwrap()
}

pub fn let_in(outcome: Let) -> proto::Authenticated {
    match outcome {
        Let::Authenticated(known) => known,
        Let::Denied(denied) => panic!("{denied:?}"),
    }
}

pub fn denied(outcome: Let) -> proto::Denied {
    match outcome {
        Let::Denied(denied) => denied,
        Let::Authenticated(known) => panic!("{known:?}"),
    }
}

async fn a_password_lets_in_and_nothing_else_does(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "printer").await;
    let known = let_in(ask(&world, with_password("printer", PASSWORD, "192.0.2.1")).await);
    assert_eq!(
        (known.end_entity.as_str(), known.requester.as_str()),
        ("printer", "end-entity:printer")
    );
    assert_eq!(
        (known.standing(), known.method.as_str()),
        (Standing::Holder, "password")
    );

    let wrong = denied(ask(&world, with_password("printer", "another password", "")).await);
    let unknown = denied(ask(&world, with_password("nobody", PASSWORD, "")).await);
    assert_eq!(wrong, unknown);
    let change = proto::ChangeEndEntityRequest {
        name: "printer".into(),
        state: "suspended".into(),
        ..Default::default()
    };
    let changed = world.administration().change_end_entity(change).await;
    assert_eq!(changed.unwrap().into_inner().state, "suspended");
    let suspended = denied(ask(&world, with_password("printer", PASSWORD, "")).await);
    assert_eq!(suspended, unknown);

    let error = world
        .enrollment("acme")
        .authenticate(with_password("printer", PASSWORD, ""))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    world.stop().await;
}

/// Failure 39: who guesses is locked out, in every replica, for longer each time; others are not.
async fn failure_39_guessing_is_locked_out_in_every_replica(database: TestDatabase) {
    let world = World::over(database).await;
    let other = world.replica().await;
    add(&world, "printer").await;
    let wrong = || with_password("printer", "wrong password", "192.0.2.66");
    for place in 0..5 {
        let replica = if place % 2 == 0 { &world } else { &other };
        assert_eq!(denied(ask(replica, wrong()).await).retry_after, None);
    }
    let right = || with_password("printer", PASSWORD, "192.0.2.66");
    for replica in [&world, &other] {
        let locked = denied(ask(replica, right()).await);
        assert_eq!(locked.retry_after.unwrap().seconds, 30, "{}", locked.detail);
    }
    let_in(ask(&world, with_password("printer", PASSWORD, "192.0.2.1")).await);
    world.clock.advance(time::Duration::seconds(31));
    assert_eq!(denied(ask(&world, wrong()).await).retry_after, None);
    let longer = denied(ask(&other, right()).await).retry_after.unwrap();
    assert_eq!(longer.seconds, 60);
    world.clock.advance(time::Duration::seconds(61));
    let_in(ask(&other, right()).await);
    assert_eq!(denied(ask(&other, wrong()).await).retry_after, None);
    other.stop().await;
    world.stop().await;
}

async fn right_passwords_that_come_together_are_not_taken_for_guesses(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "fleet").await;
    for _ in 0..4 {
        denied(
            ask(
                &world,
                with_password("fleet", "wrong password", "192.0.2.1"),
            )
            .await,
        );
    }
    let together = (0..24).map(|_| ask(&world, with_password("fleet", PASSWORD, "192.0.2.1")));
    for outcome in futures::future::join_all(together).await {
        let_in(outcome);
    }
    world.stop().await;
}

async fn a_shared_secret_stays_sealed_and_wrong_macs_lock_it(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "plc").await;
    let load = || proto::LoadSharedSecretRequest {
        protocol: "cmp".into(),
        reference: "plc".into(),
        address: "192.0.2.1".into(),
        ..Default::default()
    };
    let mut cmp = world.enrollment("cmp");
    let error = cmp.load_shared_secret(load()).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound, "it has none yet");
    let request = proto::SetEndEntitySecretRequest {
        name: "plc".into(),
        ..Default::default()
    };
    let made = world.administration().set_end_entity_secret(request).await;
    let made = made.unwrap().into_inner().made;
    assert_eq!(made.len(), 24);
    let secret = cmp.load_shared_secret(load()).await.unwrap().into_inner();
    let unsealed = world
        .signer
        .unseal("clm/shared-secret", &secret.sealed)
        .await
        .unwrap();
    assert_eq!(unsealed.as_slice(), made.as_bytes());
    assert_eq!(secret.requester, "end-entity:plc");

    let report = |succeeded| proto::ReportAttemptRequest {
        protocol: "cmp".into(),
        end_entity: "plc".into(),
        address: "192.0.2.1".into(),
        succeeded,
        ..Default::default()
    };
    assert!(secret.nothing_counted);
    for _ in 0..4 {
        cmp.report_attempt(report(false)).await.unwrap();
    }
    let secret = cmp.load_shared_secret(load()).await.unwrap().into_inner();
    assert!(!secret.nothing_counted, "a right one must be told");
    cmp.report_attempt(report(true)).await.unwrap();
    for _ in 0..5 {
        cmp.load_shared_secret(load()).await.unwrap();
        cmp.report_attempt(report(false)).await.unwrap();
    }
    let error = cmp.load_shared_secret(load()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let error = world
        .enrollment("scep")
        .load_shared_secret(load())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    world.stop().await;
}

pub fn est_wish(id: &str, key: &PrivateKey, name: &str) -> proto::EnrollRequest {
    proto::EnrollRequest {
        request_id: id.into(),
        protocol: "est".into(),
        requester: "end-entity:printer".into(),
        public_key: key.public_key().spki_der().to_vec(),
        subject: Name::with_common_name(name).unwrap().to_der().to_vec(),
        subject_alternative_names: vec![format!("dns:{name}.test")],
        ..Default::default()
    }
}

pub async fn est_enroll(
    world: &World,
    request: proto::EnrollRequest,
) -> proto::enroll_response::Outcome {
    let response = world.enrollment("est").enroll(request).await.unwrap();
    response.into_inner().outcome.unwrap()
}

fn with_certificate(der: &[u8]) -> proto::AuthenticateRequest {
    proto::AuthenticateRequest {
        protocol: "est".into(),
        credential: Some(Credential::Certificate(der.to_vec())),
        ..Default::default()
    }
}

async fn a_certificate_lets_in_while_it_is_active_and_fits(database: TestDatabase) {
    let world = World::over(database).await;
    add(&world, "printer").await;
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let request = proto::EnrollRequest {
        end_entity: "printer".into(),
        ..est_wish("one", &key, "printer")
    };
    let owned = issued(est_enroll(&world, request).await).certificate;
    let free = issued(est_enroll(&world, est_wish("two", &key, "free")).await).certificate;
    let known = let_in(ask(&world, with_certificate(&owned)).await);
    assert_eq!(
        (known.end_entity.as_str(), known.renewal_only),
        ("printer", false)
    );
    let known = let_in(ask(&world, with_certificate(&free)).await);
    assert_eq!((known.end_entity.as_str(), known.renewal_only), ("", true));

    // Of the same realm and CA, but another policy: it lets in nobody.
    let other = issued(
        world
            .enroll(super::clm::wish("other", "dns:www.test"))
            .await,
    );
    denied(ask(&world, with_certificate(&other.certificate)).await);

    let find = proto::FindCertificateRequest {
        by: Some(By::Certificate(owned.clone())),
    };
    let found = world.enrollment("scep").find_certificate(find).await;
    let found = found.unwrap().into_inner();
    assert_eq!(
        (found.state.as_str(), found.policy.as_str()),
        ("valid", "est")
    );
    let certificate = Certificate::from_der(&owned).unwrap();
    let find = proto::FindCertificateRequest {
        by: Some(By::IssuerNameAndSerial(proto::IssuerNameAndSerial {
            issuer_name: certificate.issuer().to_der().to_vec(),
            serial: certificate.serial().to_hex(),
        })),
    };
    let found = world.enrollment("scep").find_certificate(find).await;
    assert_eq!(found.unwrap().into_inner().certificate, owned);

    world
        .cara
        .revoke_for_others(&certificate.serial().to_hex(), "superseded");
    world.caught_up().await;
    denied(ask(&world, with_certificate(&owned)).await);
    world.clock.advance(time::Duration::days(91));
    denied(ask(&world, with_certificate(&free)).await);
    world.stop().await;
}

/// A CA of somebody else's, and a device of theirs.
fn foreign(world: &World) -> (Certificate, Certificate) {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let algorithm = SignatureAlgorithm::Sha256WithEcdsa;
    let name: Name = "CN=Factory".parse().unwrap();
    let own = Issuer::self_signed(name.clone(), key.public_key().clone(), algorithm).unwrap();
    let make = |profile: &str, issuer: &Issuer, subject: Name, public_key| {
        let wanted = Wanted {
            subject,
            ..Wanted::new(public_key)
        };
        let mut random = [1; 20];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let serial = SerialNumber::from_random(random).unwrap();
        let profile = Profile::find_ready(profile).unwrap();
        let now = world.clock.now();
        let prepared = prepare(profile, issuer, &wanted, serial, now).unwrap();
        let signature = key.sign(algorithm, prepared.to_be_signed()).unwrap();
        prepared.assemble(&signature).unwrap()
    };
    let root = make("root-ca", &own, name, key.public_key().clone());
    let issuer = Issuer::new(root.clone(), algorithm).unwrap();
    let device = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let subject = Name::with_common_name("device-7").unwrap();
    let device = make(
        "ieee-802-1ar-ldevid",
        &issuer,
        subject,
        device.public_key().clone(),
    );
    (root, device)
}

#[tokio::test]
async fn a_foreign_certificate_lets_in_when_the_policy_trusts_its_ca() {
    let world = World::new().await;
    let (root, device) = foreign(&world);
    denied(ask(&world, with_certificate(device.der())).await);
    let pem = root.pem().replace('\n', "\n      ");
    world
        .apply(&format!(
            "name: factory\nrealm: default\nissuer: {ISSUER}\nprofile: ieee-802-1ar-ldevid\nprotocols: [est]\n\
             validity: {{default: 90d, longest: 1y}}\nauthentication:\n  trusted_issuers:\n    - |\n      {pem}\n"
        ))
        .await;
    let request = || proto::AuthenticateRequest {
        policy: "factory".into(),
        ..with_certificate(device.der())
    };
    let known = let_in(ask(&world, request()).await);
    let fingerprint: String = device
        .fingerprint()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(known.requester, format!("certificate:{fingerprint}"));
    assert!(!known.renewal_only && known.end_entity.is_empty());
    // An end entity of that name is who it is, and may be suspended.
    add(&world, "device-7").await;
    assert_eq!(let_in(ask(&world, request()).await).end_entity, "device-7");
    world.clock.advance(time::Duration::days(400));
    denied(ask(&world, request()).await);
    world.stop().await;
}

#[tokio::test]
async fn an_edge_is_told_what_a_request_should_look_like() {
    let world = World::new().await;
    let load = |protocol: &str| proto::LoadPolicyRequest {
        protocol: protocol.into(),
        ..Default::default()
    };
    let policy = world.enrollment("est").load_policy(load("est")).await;
    let policy = policy.unwrap().into_inner();
    assert_eq!(
        (policy.name.as_str(), policy.issuer.as_str()),
        ("est", ISSUER)
    );
    assert_eq!(policy.ca_chain, [world.cara.root().der().to_vec()]);
    let template = policy.template.unwrap();
    assert!(template.key_algorithms.contains(&"P-256".to_owned()));
    assert_eq!(template.extensions, ["2.5.29.15", "2.5.29.37"]);
    assert!(policy.est.unwrap().server_keys_allowed);
    let kinds: Vec<&str> = template
        .names
        .iter()
        .map(|name| name.kind.as_str())
        .collect();
    assert_eq!(kinds, ["dns", "ip", "uri"]);
    let crl = proto::LoadCrlRequest {
        protocol: "scep".into(),
        ..Default::default()
    };
    let crl = world.enrollment("scep").load_crl(crl).await.unwrap();
    assert_eq!(crl.into_inner().crl, CRL);
    world.stop().await;
}

/// Failure 21: an edge that was taken over cannot have certificates of the platform's own.
#[tokio::test]
async fn failure_21_an_edge_gets_no_certificate_of_another_service() {
    let world = World::new().await;
    let wish = |policy: &str| proto::EnrollRequest {
        protocol: "system".into(),
        policy: policy.into(),
        subject_alternative_names: vec![],
        ..est_wish(
            policy,
            &PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap(),
            "ra",
        )
    };
    let enroll = async |caller, policy| world.enrollment(caller).enroll(wish(policy)).await;
    let outcome = enroll("scep", "scep-ra").await.unwrap().into_inner();
    issued(outcome.outcome.unwrap());
    for (caller, policy) in [
        ("scep", "platform-tls"),
        ("scep", "cmp-signer"),
        ("cmp", "scep-ra"),
    ] {
        let outcome = enroll(caller, policy).await.unwrap().into_inner();
        let refused = super::clm::refused(outcome.outcome.unwrap());
        assert!(refused.detail.contains(caller), "{}", refused.detail);
    }
    let error = enroll("est", "platform-tls").await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    world.stop().await;
}

#[tokio::test]
async fn end_entities_are_kept_and_every_act_is_written_down() {
    let world = World::new().await;
    add(&world, "a").await;
    add(&world, "b").await;
    let mut administration = world.administration();
    let again = proto::AddEndEntityRequest {
        name: "a".into(),
        ..Default::default()
    };
    let error = administration.add_end_entity(again).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    let page = proto::ListEndEntitiesRequest {
        page_size: 1,
        ..Default::default()
    };
    let first = administration
        .list_end_entities(page.clone())
        .await
        .unwrap()
        .into_inner();
    let second = proto::ListEndEntitiesRequest {
        page_token: first.next_page_token,
        ..page
    };
    let second = administration
        .list_end_entities(second)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            first.end_entities[0].name.as_str(),
            second.end_entities[0].name.as_str()
        ),
        ("a", "b")
    );
    assert!(second.end_entities[0].has_password && !second.end_entities[0].has_secret);
    let weak = proto::SetEndEntityPasswordRequest {
        name: "a".into(),
        password: "short".into(),
        ..Default::default()
    };
    let error = administration
        .set_end_entity_password(weak)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let remove = proto::RemoveEndEntityRequest {
        name: "a".into(),
        actor: "anna".into(),
        ..Default::default()
    };
    administration
        .remove_end_entity(remove.clone())
        .await
        .unwrap();
    let error = administration.remove_end_entity(remove).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let trail = world.trail().await;
    let last = trail
        .iter()
        .find(|(_, act, _)| act == "end_entity.remove")
        .unwrap();
    assert_eq!((last.0.as_str(), last.2.as_str()), ("anna", "default/a"));
    world.stop().await;
}
