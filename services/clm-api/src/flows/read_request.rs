//! What was asked, read and checked: CSR with proof of possession, key, names. What cannot be read is refused.

use aws_lc_rs::digest;
use ers_pki::{ObjectIdentifier, csr::Csr, general_name::GeneralName, key::PublicKey, name::Name};
use ers_runtime::error::chain;

use super::enroll::{Enroll, KeySource};
use crate::domain::{
    decide::{Asked, AskedEndEntity, Wishes},
    refusal::{Refusal, RefusalReason},
};

/// Key usage and extended key usage, which have fields of their own.
const USAGES: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
];

/// Reads a request; its end entity was looked up before.
pub(super) fn read_request(
    call: &Enroll,
    end_entity: Option<AskedEndEntity>,
) -> Result<Asked, Refusal> {
    let (public_key, csr_subject, csr_names, wishes) = match &call.key {
        KeySource::Csr(der) => read_csr(der)?,
        KeySource::PublicKey(spki) => {
            let key = PublicKey::from_spki_der(spki).map_err(|error| {
                RefusalReason::BadKey.because(format!("public_key: {}", chain(&error)))
            })?;
            (key, Name::empty(), Vec::new(), Wishes::default())
        }
    };
    let (subject, subject_is_stated) = match &call.subject {
        Some(der) => {
            let subject = Name::from_der(der).map_err(|error| {
                RefusalReason::BadName.because(format!("subject: {}", chain(&error)))
            })?;
            (subject, true)
        }
        None => (csr_subject, false),
    };
    let names = if call.names.is_empty() {
        csr_names
    } else {
        read_names(&call.names)?
    };
    Ok(Asked {
        protocol: call.protocol,
        requester: call.requester.clone(),
        end_entity,
        public_key,
        subject,
        subject_is_stated,
        names,
        names_proven: call.names_proven,
        not_before: call.not_before,
        validity: call.validity,
        wishes,
    })
}

fn read_csr(der: &[u8]) -> Result<(PublicKey, Name, Vec<GeneralName>, Wishes), Refusal> {
    let csr = Csr::from_der(der).map_err(|error| refusal_of_csr(&error))?;
    Ok((
        csr.public_key().clone(),
        csr.subject().clone(),
        csr.names().to_vec(),
        wishes_of(&csr)?,
    ))
}

fn wishes_of(csr: &Csr) -> Result<Wishes, Refusal> {
    let others = csr
        .extensions()
        .iter()
        .filter(|wished| !USAGES.contains(&wished.oid));
    let wishes = Wishes {
        key_usage: csr
            .key_usage()
            .map(|usages| usages.iter().map(|usage| usage.to_string()).collect())
            .unwrap_or_default(),
        extended_key_usage: csr
            .extended_key_usage()
            .iter()
            .map(ToString::to_string)
            .collect(),
        extensions: others.cloned().collect(),
    };
    let too_many = wishes.extensions.len() > Wishes::MOST_EXTENSIONS
        || wishes.extended_key_usage.len() > Wishes::MOST_EXTENSIONS;
    let too_long = |value: &[u8]| value.len() > Wishes::LONGEST_VALUE;
    if too_many
        || wishes
            .extensions
            .iter()
            .any(|wished| too_long(&wished.value))
    {
        let detail =
            "csr: it asks for more extensions, or longer ones, than a certificate can have";
        return Err(RefusalReason::BadRequest.because(detail));
    }
    Ok(wishes)
}

fn read_names(texts: &[String]) -> Result<Vec<GeneralName>, Refusal> {
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|error: ers_pki::general_name::GeneralNameError| {
                    RefusalReason::BadName
                        .because(format!("subject_alternative_names: {}", chain(&error)))
                })
        })
        .collect()
}

fn refusal_of_csr(error: &ers_pki::csr::CsrError) -> Refusal {
    RefusalReason::BadRequest.because(format!("csr: {}", chain(error)))
}

/// SHA-256 over what was asked, lower-case hex. Over the parsed parts, not the CSR: who asks again may have signed a new
/// CSR for the same.
pub(super) fn content_digest(call: &Enroll, asked: Option<&Asked>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut part = |bytes: &[u8]| {
        context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(bytes);
    };
    part(call.protocol.as_str().as_bytes());
    part(
        call.policy
            .as_ref()
            .map_or("", |policy| policy.as_str())
            .as_bytes(),
    );
    part(call.requester.as_str().as_bytes());
    part(
        call.end_entity
            .as_ref()
            .map_or("", |name| name.as_str())
            .as_bytes(),
    );
    part(
        call.not_before
            .map(|time| time.unix_timestamp().to_string())
            .unwrap_or_default()
            .as_bytes(),
    );
    part(
        call.validity
            .map(|validity| validity.whole_seconds().to_string())
            .unwrap_or_default()
            .as_bytes(),
    );
    if let Some(renews) = &call.renews {
        part(renews);
    }
    match asked {
        Some(asked) => {
            part(asked.public_key.spki_der());
            part(asked.subject.to_der());
            for name in &asked.names {
                part(name.to_string().as_bytes());
            }
            let wishes = &asked.wishes;
            // As before where nothing is wished: who asks again may have asked an earlier version first.
            for word in wishes.key_usage.iter().chain(&wishes.extended_key_usage) {
                part(word.as_bytes());
            }
            for wished in &wishes.extensions {
                part(wished.oid.as_bytes());
                part(&[u8::from(wished.critical)]);
                part(&wished.value);
            }
        }
        None => match &call.key {
            KeySource::Csr(bytes) | KeySource::PublicKey(bytes) => part(bytes),
        },
    }
    hex::encode(context.finish())
}
