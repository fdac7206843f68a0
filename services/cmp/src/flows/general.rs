//! genm, RFC 9810 section 5.3.19 and RFC 9483 section 4.3: CA certificates, the update of a root, what a request should look
//! like, CRLs, algorithms. Nothing of it changes anything, so that it leaves no transaction.

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{
    Body, BodyKind, CrlSource, Failure as Bit, InfoTypeAndValue, info, key_types,
    read_crl_status_list, root_ca_key_update, template_info, write_certificates, write_crls,
};
use ers_pki::crl::Crl;
use ers_pki::crmf::CertTemplate;
use ers_pki::key::KeyAlgorithm;
use ers_pki::name::Name;
use ers_runtime::error::chain;

use super::answer::{Done, Received};
use super::protect::{Reply, protect};
use crate::clients::clm::Policy;
use crate::failure::{Failure, Refusal};
use crate::server::Server;

/// Most questions of one message.
const MOST_QUESTIONS: usize = 16;

/// Answers a genm.
pub async fn answer(
    server: &Server,
    received: &Received<'_>,
    asked: &[InfoTypeAndValue],
) -> Result<Done, Failure> {
    if asked.len() > MOST_QUESTIONS {
        let text = format!("at most {MOST_QUESTIONS} questions are answered at a time");
        return Err(Refusal::new(Bit::BadRequest, text).into());
    }
    let mut answers = Vec::new();
    let mut unsupported = Vec::new();
    for one in asked {
        match answer_one(server, received.policy, one).await? {
            Some(answer) => answers.push(answer),
            None => unsupported.push(one.oid),
        }
    }
    if !unsupported.is_empty() {
        answers.push(InfoTypeAndValue::unsupported(&unsupported));
    }
    let header = Some(received.message.header());
    let reply = Reply::new(Body::GeneralResponse(answers));
    let protected = protect(server, header, Some(&received.asker.proof), reply).await?;
    Ok(Done::new(BodyKind::Genp, protected))
}

/// `None`: it is none that we know.
async fn answer_one(
    server: &Server,
    policy: &Policy,
    asked: &InfoTypeAndValue,
) -> Result<Option<InfoTypeAndValue>, Failure> {
    let known = |value: Option<Vec<u8>>| {
        Ok(Some(InfoTypeAndValue {
            oid: asked.oid,
            value,
        }))
    };
    match asked.oid {
        info::CA_CERTS => {
            let chain = &policy.ca_chain;
            known((!chain.is_empty()).then(|| write_certificates(chain)))
        }
        info::ROOT_CA_CERT => {
            let value = root_update(policy, asked.value.as_deref())?;
            Ok(Some(InfoTypeAndValue {
                oid: info::ROOT_CA_KEY_UPDATE,
                value,
            }))
        }
        info::CA_KEY_UPDATE_INFO => known(ca_key_update(policy)),
        info::CERT_REQ_TEMPLATE => known(Some(template(policy))),
        info::CRL_STATUS_LIST => {
            let value = crls(server, policy, asked.value.as_deref()).await?;
            Ok(Some(InfoTypeAndValue {
                oid: info::CRLS,
                value,
            }))
        }
        info::CURRENT_CRL => known(server.clm.find_crl(&policy.name).await?),
        info::SIGN_KEY_PAIR_TYPES => known(Some(key_types(&keys(policy, KeyAlgorithm::can_sign)))),
        info::ENC_KEY_PAIR_TYPES => known(Some(key_types(&keys(policy, can_encrypt)))),
        info::PREFERRED_SYMM_ALG => Ok(Some(InfoTypeAndValue::preferred_symmetric())),
        _ => Ok(None),
    }
}

fn keys(policy: &Policy, wanted: fn(KeyAlgorithm) -> bool) -> Vec<KeyAlgorithm> {
    let allowed = policy.key_algorithms.iter().copied();
    allowed.filter(|key| wanted(*key)).collect()
}

fn can_encrypt(key: KeyAlgorithm) -> bool {
    let is_for_signatures_only =
        key.is_rsa_pss() || matches!(key, KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448);
    !is_for_signatures_only
}

/// What a request should look like, RFC 9483 section 4.3.3: attributes of the subject, those without a fixed value empty.
fn template(policy: &Policy) -> Vec<u8> {
    let attributes = policy.subject.iter().filter_map(|(oid, value)| {
        let oid = ers_pki::ObjectIdentifier::new(oid).ok()?;
        Some((oid, value.as_str()))
    });
    let subject = Name::template(attributes);
    let template = CertTemplate {
        subject: Some(subject),
        ..CertTemplate::default()
    };
    template_info(&template, &policy.key_algorithms)
}

/// `RootCaKeyUpdateContent`, when the root that is asked about has a successor.
fn root_update(policy: &Policy, asked: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure> {
    let read = |der: &[u8]| Certificate::from_der(der);
    let asked = match asked {
        Some(der) => {
            Some(read(der).map_err(|error| Refusal::new(Bit::BadDataFormat, chain(&error)))?)
        }
        None => None,
    };
    let roots = [policy.next_ca_chain.last(), policy.ca_chain.last()];
    let roots: Vec<Certificate> = roots
        .into_iter()
        .flatten()
        .filter_map(|der| read(der).ok())
        .collect();
    let current = policy.ca_chain.last().and_then(|der| read(der).ok());
    let Some(old) = asked.or(current) else {
        return Ok(None);
    };
    let new = roots
        .iter()
        .find(|root| root.public_key() != old.public_key() && root.is_self_issued());
    let Some(new) = new else {
        return Ok(None);
    };
    let links: Vec<Certificate> = policy
        .link_certificates
        .iter()
        .filter_map(|der| read(der).ok())
        .collect();
    let linked = |subject: &Certificate, signer: &Certificate| {
        links
            .iter()
            .find(|link| {
                link.public_key() == subject.public_key() && link.verify_signed_by(signer).is_ok()
            })
            .map(Certificate::der)
    };
    Ok(Some(root_ca_key_update(
        new.der(),
        linked(new, &old),
        linked(&old, new),
    )))
}

/// `CAKeyUpdAnnContent`, RFC 9810 section 5.3.13, when the issuing CA has had another key.
fn ca_key_update(policy: &Policy) -> Option<Vec<u8>> {
    let new = policy.ca_chain.first()?;
    match policy.link_certificates.as_slice() {
        [old_with_new, new_with_old, ..] => {
            let all = [old_with_new.clone(), new_with_old.clone(), new.clone()];
            Some(write_certificates(&all))
        }
        _ => None,
    }
}

/// The CRL of the policy's CA, when it is asked for and newer than what the client has.
async fn crls(
    server: &Server,
    policy: &Policy,
    asked: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, Failure> {
    let wrong = |error: ers_pki::Malformed| Refusal::new(Bit::BadDataFormat, chain(&error));
    let wanted = asked.map(read_crl_status_list).transpose().map_err(wrong)?;
    let Some(der) = server.clm.find_crl(&policy.name).await? else {
        return Ok(None);
    };
    let Some(wanted) = wanted else {
        return Ok(Some(write_crls(&[der])));
    };
    let crl = Crl::from_der(&der).map_err(|_| Failure::Inconsistent("read the CRL of CLM"))?;
    let is_news = wanted.iter().any(|status| {
        let is_meant = match &status.source {
            CrlSource::Issuer(Some(name)) => name == crl.issuer(),
            CrlSource::Issuer(None) | CrlSource::DistributionPoint => true,
        };
        is_meant
            && status
                .this_update
                .is_none_or(|known| crl.this_update() > known)
    });
    Ok(is_news.then(|| write_crls(&[der])))
}
