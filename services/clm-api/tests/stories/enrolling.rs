//! Promises:
//! - what a policy allows is issued at once, by CSR or by key, and openssl accepts the chain
//! - the same request id gives the same outcome, also when CARA's answer was lost, or the policy changed in between
//! - the same request id for something else is refused
//! - what the policy does not allow is an outcome with a reason, kept for people to see
//! - an edge speaks only its own protocol; a service that is no edge gets nothing
//! - over a stream each question is answered as the call of its name would be, for the caller that asks
//! - when CARA is out of reach the caller is told to try again

use ers_proto::clm::v1::{self as proto, RefusalReason, enroll_response::Outcome};
use tonic::Code;

use super::{
    clm::{World, issued, refused, wish},
    openssl,
};

fn with_csr(id: &str, csr: Vec<u8>) -> proto::EnrollRequest {
    proto::EnrollRequest {
        csr,
        public_key: vec![],
        subject_alternative_names: vec![],
        ..wish(id, "dns:unused.test")
    }
}

#[tokio::test]
async fn a_csr_of_openssl_becomes_a_certificate_that_openssl_verifies() {
    let world = World::new().await;
    let csr = openssl::csr(
        "/CN=www.example.test/O=Left out",
        &["DNS:www.example.test", "IP:192.0.2.1"],
    );
    let made = issued(world.enroll(with_csr("r1", csr)).await);
    assert!(openssl::verify(&made.certificate, world.cara.root().der()));
    let certificate = ers_pki::certificate::Certificate::from_der(&made.certificate).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=www.example.test");
    let mut names: Vec<String> = certificate
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    names.sort();
    assert_eq!(names, ["dns:www.example.test", "ip:192.0.2.1"]);
    assert_eq!(made.serial, certificate.serial().to_hex());
    world.stop().await;
}

#[tokio::test]
async fn what_a_csr_wishes_beside_names_reaches_the_ca() {
    let world = World::new().await;
    let csr = openssl::csr_with(
        "/CN=www.example.test",
        &[
            "subjectAltName=DNS:www.example.test",
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=serverAuth,1.2.3.4",
            "tlsfeature=status_request",
        ],
    );
    issued(world.enroll(with_csr("wishes", csr)).await);
    let asked = world.cara.asked("wishes");
    assert_eq!(asked.key_usage, ["digitalSignature"]);
    assert_eq!(asked.extended_key_usage, ["serverAuth", "1.2.3.4"]);
    let wished: Vec<_> = asked
        .extensions
        .iter()
        .map(|wished| wished.oid.as_str())
        .collect();
    assert_eq!(wished, ["1.3.6.1.5.5.7.1.24"]);
    assert_eq!(asked.extensions[0].value, [0x30, 3, 2, 1, 5]);

    let long = format!("1.2.3.4=DER:0482{:04x}{}", 17_000, "00".repeat(17_000));
    let csr = openssl::csr_with("/CN=www.example.test", &[&long]);
    let answer = refused(world.enroll(with_csr("long", csr)).await);
    assert!(answer.detail.contains("longer ones"), "{answer:?}");
    world.stop().await;
}

#[tokio::test]
async fn the_same_request_id_gives_the_same_certificate() {
    let world = World::new().await;
    let request = wish("again", "dns:a.test");
    let first = issued(world.enroll(request.clone()).await);
    let second = issued(world.enroll(request).await);
    assert_eq!(first.serial, second.serial);
    assert_eq!(world.cara.certificates().len(), 1);
    world.stop().await;
}

/// Failure 12: fifty who enrol the same request at once get one certificate.
#[tokio::test]
async fn fifty_at_once_under_one_id_get_one_certificate() {
    let world = World::new().await;
    let request = wish("fifty", "dns:a.test");
    let all = (0..50).map(|_| world.enroll(request.clone()));
    let serials: std::collections::BTreeSet<String> = futures::future::join_all(all)
        .await
        .into_iter()
        .map(|outcome| issued(outcome).serial)
        .collect();
    assert_eq!(serials.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn over_a_stream_each_question_is_answered_as_its_own_call_would_be() {
    use proto::{enrollment_answer::Answer, enrollment_question::Question};
    let world = World::new().await;
    let acme = |id: &str, name: &str| proto::EnrollRequest {
        protocol: "acme".into(),
        policy: "acme".into(),
        requester: "acme-account:1".into(),
        names_proven: true,
        ..wish(id, name)
    };
    let password = proto::authenticate_request::Credential::Password(proto::Password {
        end_entity: "anna".into(),
        password: "secret".into(),
    });
    let first = acme("s1", "dns:a.test");
    let questions = [
        Some(Question::Enroll(first.clone())),
        Some(Question::Enroll(acme("s2", "email:a@b.test"))),
        Some(Question::Enroll(proto::EnrollRequest {
            protocol: "est".into(),
            ..acme("s3", "dns:a.test")
        })),
        // an edge that lets in by accounts of its own
        Some(Question::Authenticate(proto::AuthenticateRequest {
            protocol: "acme".into(),
            credential: Some(password),
            ..proto::AuthenticateRequest::default()
        })),
        None,
        Some(Question::Enroll(first)),
    ];
    let questions = (1..).zip(questions);
    let questions = questions.map(|(number, question)| proto::EnrollmentQuestion {
        number,
        question,
        ..proto::EnrollmentQuestion::default()
    });
    let questions = tokio_stream::iter(questions.collect::<Vec<_>>());
    let mut edge = world.enrollment("acme");
    let mut answers = edge.ask_each(questions).await.unwrap().into_inner();
    let mut told = std::collections::BTreeMap::new();
    while let Some(answer) = answers.message().await.unwrap() {
        told.insert(answer.number, answer.answer.unwrap());
    }
    assert_eq!(told.len(), 6);
    let outcome = |number: u64| match &told[&number] {
        Answer::Enrolled(enrolled) => enrolled.outcome.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let code = |number: u64| match &told[&number] {
        Answer::Failure(failure) => Code::from(failure.code),
        other => panic!("{other:?}"),
    };
    assert_eq!(issued(outcome(1)).serial, issued(outcome(6)).serial);
    assert_eq!(refused(outcome(2)).reason(), RefusalReason::BadName);
    assert_eq!(code(3), Code::PermissionDenied);
    assert_eq!(code(4), Code::PermissionDenied);
    assert_eq!(code(5), Code::InvalidArgument);

    let nobody = tokio_stream::iter(Vec::<proto::EnrollmentQuestion>::new());
    let refused = world.enrollment("rev-info").ask_each(nobody).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    world.stop().await;
}

#[tokio::test]
async fn after_a_lost_answer_the_same_id_finds_the_certificate() {
    let world = World::new().await;
    world.cara.lose_answers();
    let request = wish("lost", "dns:a.test");
    let error = world
        .enrollment("administrator")
        .enroll(request.clone())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    world.cara.recover();
    let found = issued(world.enroll(request).await);
    assert_eq!(world.cara.certificates().len(), 1);
    assert_eq!(found.serial, world.cara.certificates()[0].serial);
    world.stop().await;
}

#[tokio::test]
async fn a_policy_that_changed_between_two_tries_changes_nothing() {
    let world = World::new().await;
    let request = wish("changed", "dns:a.test");
    let first = issued(world.enroll(request.clone()).await);
    let mut administration = world.administration();
    let shown = administration
        .show_policy(proto::ShowPolicyRequest {
            name: "server".into(),
        })
        .await
        .unwrap();
    world
        .apply(
            &shown
                .into_inner()
                .definition
                .replace("default: 90d", "default: 30d"),
        )
        .await;
    let second = issued(world.enroll(request).await);
    assert_eq!(first.serial, second.serial);
    world.stop().await;
}

#[tokio::test]
async fn a_request_id_used_for_something_else_is_refused_by_its_field() {
    let world = World::new().await;
    issued(world.enroll(wish("taken", "dns:a.test")).await);
    let error = world
        .enrollment("administrator")
        .enroll(wish("taken", "dns:b.test"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().starts_with("request_id: "), "{error}");
    world.stop().await;
}

#[tokio::test]
async fn what_the_policy_does_not_allow_is_refused_with_a_reason_and_kept() {
    let world = World::new().await;
    let kind = refused(world.enroll(wish("mail", "email:a@b.test")).await);
    assert_eq!(kind.reason(), RefusalReason::BadName);
    assert!(kind.detail.contains("email:a@b.test"), "{}", kind.detail);
    let validity = Some(prost_types::Duration {
        seconds: 10 * 365 * 86_400,
        nanos: 0,
    });
    let long = refused(
        world
            .enroll(proto::EnrollRequest {
                validity,
                ..wish("long", "dns:a.test")
            })
            .await,
    );
    assert_eq!(long.reason(), RefusalReason::BadValidity);
    let way = proto::EnrollRequest {
        policy: "acme".into(),
        ..wish("way", "dns:a.test")
    };
    assert_eq!(
        refused(world.enroll(way).await).reason(),
        RefusalReason::NotAllowed
    );
    let listed = world
        .administration()
        .list_requests(proto::ListRequestsRequest::default())
        .await
        .unwrap();
    let mut kept: Vec<(String, String)> = listed
        .into_inner()
        .requests
        .into_iter()
        .map(|request| (request.id, request.state))
        .collect();
    kept.sort();
    let failed = |id: &str| (id.to_owned(), "failed".to_owned());
    assert_eq!(kept, [failed("long"), failed("mail"), failed("way")]);
    assert_eq!(world.cara.calls(), 0);
    world.stop().await;
}

#[tokio::test]
async fn what_does_not_read_is_refused_not_an_error() {
    let world = World::new().await;
    let garbage = refused(
        world
            .enroll(with_csr("garbage", vec![0x30, 0x03, 1, 2, 3]))
            .await,
    );
    assert_eq!(garbage.reason(), RefusalReason::BadRequest);
    let mut broken = openssl::csr("/CN=a.test", &["DNS:a.test"]);
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let signature = refused(world.enroll(with_csr("signature", broken)).await);
    assert_eq!(
        signature.reason(),
        RefusalReason::BadRequest,
        "{}",
        signature.detail
    );
    let key = proto::EnrollRequest {
        public_key: vec![1, 2, 3],
        ..wish("key", "dns:a.test")
    };
    assert_eq!(
        refused(world.enroll(key).await).reason(),
        RefusalReason::BadKey
    );
    let name = refused(world.enroll(wish("name", "dns:a..test")).await);
    assert_eq!(name.reason(), RefusalReason::BadName);
    world.stop().await;
}

#[tokio::test]
async fn what_cara_refuses_for_the_askers_sake_is_an_outcome() {
    let world = World::new().await;
    world
        .cara
        .fail(Code::InvalidArgument, "public_key: it is the issuer's own");
    let outcome = refused(world.enroll(wish("own", "dns:a.test")).await);
    assert_eq!(outcome.reason(), RefusalReason::BadKey);
    world.cara.fail(
        Code::FailedPrecondition,
        "validity: it would end after its issuer",
    );
    let outcome = refused(world.enroll(wish("end", "dns:a.test")).await);
    assert_eq!(outcome.reason(), RefusalReason::BadValidity);
    world.stop().await;
}

#[tokio::test]
async fn cara_out_of_reach_busy_suspended_or_broken_is_told_by_its_code() {
    let world = World::new().await;
    for (from, to) in [
        (Code::Unavailable, Code::Unavailable),
        (Code::ResourceExhausted, Code::ResourceExhausted),
        (Code::FailedPrecondition, Code::Unavailable),
        (Code::Internal, Code::Internal),
        (Code::NotFound, Code::Internal),
    ] {
        world.cara.fail(from, "it is so");
        let error = world
            .enrollment("administrator")
            .enroll(wish("r", "dns:a.test"))
            .await
            .unwrap_err();
        assert_eq!(error.code(), to, "{from:?}");
    }
    world.cara.recover();
    issued(world.enroll(wish("r", "dns:a.test")).await);
    world.stop().await;
}

#[tokio::test]
async fn an_edge_speaks_only_its_own_protocol() {
    let world = World::new().await;
    for protocol in ["rest", "cli", "system", "est"] {
        let request = proto::EnrollRequest {
            protocol: protocol.into(),
            ..wish("r", "dns:a.test")
        };
        let error = world.enrollment("acme").enroll(request).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{protocol}");
    }
    for stranger in ["rev-info", "cara-ws", "signer", "clm-api"] {
        let error = world
            .enrollment(stranger)
            .enroll(wish("r", "dns:a.test"))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{stranger}");
    }
    assert_eq!(world.cara.calls(), 0);
    world.stop().await;
}

#[tokio::test]
async fn acme_works_under_its_default_policy_with_proven_names() {
    let world = World::new().await;
    let policy = world
        .enrollment("acme")
        .load_policy(proto::LoadPolicyRequest {
            policy: String::new(),
            protocol: "acme".into(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (policy.name.as_str(), policy.external_account_required),
        ("acme", false)
    );
    let request = proto::EnrollRequest {
        policy: String::new(),
        protocol: "acme".into(),
        csr: openssl::csr("/CN=Whatever/O=Someone", &["DNS:a.test", "DNS:*.a.test"]),
        public_key: vec![],
        subject_alternative_names: vec!["dns:a.test".into(), "dns:*.a.test".into()],
        names_proven: true,
        ..wish("acme-order-1", "dns:unused.test")
    };
    let unproven = proto::EnrollRequest {
        names_proven: false,
        request_id: "u".into(),
        ..request.clone()
    };
    let outcome = world
        .enrollment("acme")
        .enroll(unproven)
        .await
        .unwrap()
        .into_inner()
        .outcome
        .unwrap();
    assert_eq!(refused(outcome).reason(), RefusalReason::NotAllowed);
    let outcome = world
        .enrollment("acme")
        .enroll(request)
        .await
        .unwrap()
        .into_inner()
        .outcome
        .unwrap();
    let made = issued(outcome);
    let certificate = ers_pki::certificate::Certificate::from_der(&made.certificate).unwrap();
    assert!(
        certificate.subject().is_empty(),
        "{}",
        certificate.subject()
    );
    assert_eq!(certificate.names().len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn policies_are_loaded_by_name_and_protocol() {
    let world = World::new().await;
    let load = async |caller, policy: &str, protocol: &str| {
        let request = proto::LoadPolicyRequest {
            policy: policy.into(),
            protocol: protocol.into(),
        };
        world.enrollment(caller).load_policy(request).await
    };
    assert!(
        load("acme", "acme-eab", "acme")
            .await
            .unwrap()
            .into_inner()
            .external_account_required
    );
    assert_eq!(
        load("acme", "nothing", "acme").await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        load("acme", "server", "acme").await.unwrap_err().code(),
        Code::FailedPrecondition
    );
    assert_eq!(
        load("operator", "", "rest").await.unwrap_err().code(),
        Code::NotFound
    );
    world.stop().await;
}

#[tokio::test]
async fn fields_that_are_missing_or_wrong_are_named() {
    let world = World::new().await;
    let good = wish("r", "dns:a.test");
    for (request, field) in [
        (
            proto::EnrollRequest {
                request_id: String::new(),
                ..good.clone()
            },
            "request_id",
        ),
        (
            proto::EnrollRequest {
                request_id: "a b".into(),
                ..good.clone()
            },
            "request_id",
        ),
        (
            proto::EnrollRequest {
                protocol: "http".into(),
                ..good.clone()
            },
            "protocol",
        ),
        (
            proto::EnrollRequest {
                requester: String::new(),
                ..good.clone()
            },
            "requester",
        ),
        (
            proto::EnrollRequest {
                policy: "A B".into(),
                ..good.clone()
            },
            "policy",
        ),
        (
            proto::EnrollRequest {
                csr: vec![1],
                ..good.clone()
            },
            "csr",
        ),
        (
            proto::EnrollRequest {
                public_key: vec![],
                ..good.clone()
            },
            "csr",
        ),
    ] {
        let error = world
            .enrollment("administrator")
            .enroll(request)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{field}");
        assert!(
            error.message().starts_with(&format!("{field}: ")),
            "{error}"
        );
    }
    let unknown = proto::EnrollRequest {
        policy: "nothing".into(),
        ..good
    };
    let error = world
        .enrollment("administrator")
        .enroll(unknown)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("nothing"), "{error}");
    world.stop().await;
}

#[tokio::test]
async fn an_outcome_is_found_again_by_its_request_id() {
    let world = World::new().await;
    let made = issued(world.enroll(wish("found", "dns:a.test")).await);
    refused(world.enroll(wish("bad", "email:a@b.test")).await);
    let find = async |id: &str| {
        let request = proto::FindOutcomeRequest {
            request_id: id.into(),
        };
        let response = world.enrollment("acme").find_outcome(request).await;
        response.map(|response| response.into_inner().outcome.unwrap())
    };
    assert_eq!(
        issued(find("found").await.unwrap()).certificate,
        made.certificate
    );
    assert!(matches!(find("bad").await.unwrap(), Outcome::Refused(_)));
    assert_eq!(find("never").await.unwrap_err().code(), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn an_unknown_end_entity_is_refused() {
    let world = World::new().await;
    let request = proto::EnrollRequest {
        end_entity: "printer".into(),
        ..wish("e", "dns:a.test")
    };
    let outcome = refused(world.enroll(request).await);
    assert_eq!(outcome.reason(), RefusalReason::NotAllowed);
    assert!(outcome.detail.contains("printer"), "{}", outcome.detail);
    world.stop().await;
}
