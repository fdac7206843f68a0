//! What edges are told: policies, who asks, certificates.

use ers_pki::{name::AttributeType, profile::Profile};
use ers_proto::clm::v1 as proto;

use super::write::{duration, timestamp_ms};
use crate::{
    domain::{
        policy::{AcmeRules, CommonNameRule, Rules},
        server_key::context,
    },
    flows::{Answer, Capacity, EdgePolicy, KnownCertificate, SharedSecret, Suggestion},
};

pub(super) fn edge_policy(edge: &EdgePolicy) -> proto::EdgePolicy {
    let rules = edge.policy.definition.rules();
    let (next, above) = match edge.issuer.next.split_first() {
        Some((next, above)) => (next.clone(), above.to_vec()),
        None => Default::default(),
    };
    let (est, scep, cmp) = (rules.est, &rules.scep, rules.cmp);
    proto::EdgePolicy {
        name: rules.name.to_string(),
        realm: rules.realm.to_string(),
        description: rules.description.clone(),
        external_account_required: rules.acme.external_account_required,
        wildcards_allowed: rules.names.wildcards,
        default_validity: Some(duration(rules.validity.default.duration())),
        issuer: rules.issuer.to_string(),
        ca_chain: edge.issuer.chain.to_vec(),
        link_certificates: edge.issuer.links.clone(),
        next_ca_certificate: next,
        next_ca_chain: above,
        template: edge
            .profile
            .as_ref()
            .map(|profile| template(rules, profile)),
        est: Some(proto::EstSettings {
            password_allowed: est.password,
            certificate_allowed: est.certificate,
            server_keys_allowed: est.server_keys,
            both_required: est.both_required,
            linking_required: est.linking_required,
        }),
        scep: Some(proto::ScepSettings {
            legacy_algorithms: scep.legacy_algorithms,
            renewal_allowed: scep.renewal,
        }),
        cmp: Some(proto::CmpSettings {
            mac_allowed: cmp.mac,
            signature_allowed: cmp.signature,
            implicit_confirm_allowed: cmp.implicit_confirm,
            central_keys_allowed: cmp.central_keys,
            ra_verified_allowed: cmp.ra_verified,
            confirm_within: Some(duration(cmp.confirm_within.duration())),
        }),
        acme: Some(acme(&rules.acme)),
        manual_approval: rules.manual_approval,
        kept_key_context: match rules.server_keys.kept {
            true => context(&rules.realm, &rules.name),
            false => String::new(),
        },
        renewal: Some(proto::RenewalSettings {
            before: rules
                .authentication
                .renewal
                .before
                .map(|before| duration(before.duration())),
            same_key: rules.authentication.renewal.same_key,
        }),
    }
}

/// What policy and profile both want.
fn template(rules: &Rules, profile: &Profile) -> proto::RequestTemplate {
    let key_algorithms: Vec<String> = rules
        .key_algorithms
        .iter()
        .filter(|algorithm| profile.key_algorithms.contains(algorithm))
        .map(|algorithm| algorithm.as_str().to_owned())
        .collect();
    let required: Vec<_> = profile
        .subject
        .required
        .iter()
        .filter_map(|text| AttributeType::find(text))
        .collect();
    let free = rules.subject.common_name == CommonNameRule::Free;
    let subject = rules
        .subject
        .oids()
        .map(|oid| proto::TemplateAttribute {
            oid: oid.to_string(),
            required: required.contains(&oid)
                || (oid == AttributeType::COMMON_NAME && free && !rules.names.required),
            value: String::new(),
        })
        .collect();
    let kinds = rules.names.kinds();
    let only_one = kinds.len() == 1;
    let names = kinds
        .into_iter()
        .map(|kind| proto::TemplateName {
            kind: kind.to_owned(),
            required: rules.names.required && only_one,
        })
        .collect();
    let mut extensions = Vec::new();
    if !profile.key_usage.is_empty() {
        extensions.push("2.5.29.15".to_owned());
    }
    if !profile.extended_key_usage.is_empty() {
        extensions.push("2.5.29.37".to_owned());
    }
    proto::RequestTemplate {
        key_algorithms,
        subject,
        names,
        extensions,
        signature_digests: vec!["SHA-256".to_owned()],
    }
}

pub(super) fn answer(answer: Answer) -> proto::AuthenticateResponse {
    use proto::authenticate_response::Outcome;
    let outcome = match answer {
        Answer::Known(known) => Outcome::Authenticated(proto::Authenticated {
            end_entity: known
                .end_entity
                .map(|name| name.to_string())
                .unwrap_or_default(),
            requester: known.requester,
            standing: standing(known.capacity).into(),
            method: known.method.to_owned(),
            renewal_only: known.renewal_only,
        }),
        Answer::Denied {
            detail,
            retry_after,
        } => Outcome::Denied(proto::Denied {
            detail,
            retry_after: retry_after.map(duration),
        }),
    };
    proto::AuthenticateResponse {
        outcome: Some(outcome),
    }
}

fn standing(capacity: Capacity) -> proto::Standing {
    match capacity {
        Capacity::Holder => proto::Standing::Holder,
        Capacity::RegistrationAuthority => proto::Standing::RegistrationAuthority,
    }
}

pub(super) fn shared_secret(secret: SharedSecret) -> proto::SharedSecret {
    proto::SharedSecret {
        sealed: secret.sealed,
        end_entity: secret.end_entity.to_string(),
        requester: secret.requester,
        standing: standing(secret.capacity).into(),
        nothing_counted: secret.nothing_counted,
    }
}

pub(super) fn known_certificate(known: KnownCertificate, now_ms: i64) -> proto::KnownCertificate {
    let certificate = known.certificate;
    proto::KnownCertificate {
        state: certificate.state(now_ms).as_str().to_owned(),
        chain: known.chain.to_vec(),
        certificate: certificate.der,
        policy: certificate.origin.policy,
        realm: certificate.origin.realm,
        end_entity: certificate.origin.end_entity,
        requester: certificate.origin.requester,
        protocol: certificate.origin.protocol,
        issuer: certificate.issuer,
        serial: certificate.serial,
    }
}

pub(super) fn renewal_window(suggestion: Suggestion) -> proto::RenewalWindow {
    proto::RenewalWindow {
        start: Some(timestamp_ms(suggestion.window.start_ms)),
        end: Some(timestamp_ms(suggestion.window.end_ms)),
        explanation_url: suggestion.explanation_url.unwrap_or_default(),
        pulled_forward: suggestion.pulled_forward,
    }
}

fn acme(rules: &AcmeRules) -> proto::AcmeSettings {
    fn texts<'a, T: ToString + 'a>(all: impl IntoIterator<Item = &'a T>) -> Vec<String> {
        all.into_iter().map(ToString::to_string).collect()
    }
    proto::AcmeSettings {
        external_account_required: rules.external_account_required,
        honour_caa: rules.honour_caa,
        caa_identities: rules.caa_identities.clone(),
        profiles: texts(&rules.profiles),
        challenges: rules
            .challenges
            .iter()
            .map(|challenge| challenge.as_str().to_owned())
            .collect(),
        reuse_within: rules.reuse_within.map(|within| duration(within.duration())),
        allowed_networks: texts(&rules.allowed_networks),
        denied_networks: texts(&rules.denied_networks),
    }
}
