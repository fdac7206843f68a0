//! Who protects a message, RFC 9483 section 3.2. Unknown senders and wrong secrets get the same answer.

use ers_pki::KeyUsage;
use ers_pki::certificate::Certificate;
use ers_pki::cmp::{Failure as Bit, Message, PasswordMac};
use ers_pki::key::SignatureAlgorithm;
use ers_runtime::error::chain;
use ers_signer_client::{PasswordMacCall, SignerError};

use super::answer::Call;
use super::memory::{self, Known};
use super::protect::{SALT_OCTETS, SHARED_SECRET, random};
use crate::clients::clm::{Credential, FoundSecret, Policy, Question, SharedSecret};
use crate::domain::asker::{AnswerKey, Asker, MacProof, Proof};
use crate::failure::{Failure, Refusal};
use crate::server::Server;

const LONGEST_REFERENCE: usize = 255;

/// Whose protection a message has.
pub async fn authenticate(
    server: &Server,
    policy: &Policy,
    message: &Message,
    call: Call<'_>,
) -> Result<Asker, Failure> {
    let wrong_integrity = |what| {
        let text = format!("messages protected by {what} are not accepted under this policy");
        Failure::from(Refusal::new(Bit::WrongIntegrity, text))
    };
    let header = message.header();
    let (Some(algorithm), Some(protection)) = (&header.protection_algorithm, message.protection())
    else {
        return Err(bad("the message is not protected").into());
    };
    if PasswordMac::is_named_by(algorithm) {
        if !policy.mac_allowed {
            return Err(wrong_integrity("a MAC"));
        }
        return by_mac(server, policy, message, algorithm, protection, call).await;
    }
    let Some(algorithm) = SignatureAlgorithm::from_der(algorithm) else {
        let text = "the algorithm of the protection is not supported";
        return Err(Refusal::new(Bit::BadAlg, text).into());
    };
    if !policy.signature_allowed {
        return Err(wrong_integrity("a signature"));
    }
    by_signature(server, policy, message, algorithm, protection, call).await
}

fn bad(text: &str) -> Refusal {
    Refusal::new(Bit::BadMessageCheck, text)
}

async fn by_mac(
    server: &Server,
    policy: &Policy,
    message: &Message,
    algorithm: &[u8],
    mac: &[u8],
    call: Call<'_>,
) -> Result<Asker, Failure> {
    const WRONG: &str = "the protection is wrong";
    let proof = PasswordMac::from_der(algorithm)
        .map_err(|error| Refusal::new(Bit::BadAlg, chain(&error)))?;
    let Some((reference, kid)) = reference_of(message) else {
        return Err(bad("senderKID names no end entity").into());
    };
    // 1. Whose secret it is
    let id = message.header().transaction_id.as_deref();
    let key = memory::key(&policy.name, call, &reference, id.unwrap_or_default());
    let (known, must_report) = match server.memory.find(&key, message.body()).await {
        Some(known) => (known, false),
        None => match find_secret(server, policy, &reference, call.address).await? {
            Some(found) => {
                let known = Known {
                    who: found.owner,
                    sealed: found.sealed,
                };
                (known, !found.nothing_counted)
            }
            None => return Err(bad(WRONG).into()),
        },
    };
    // 2. Whether the MAC is right, and how the answer is protected
    let answers = proof.with_salt(&random::<SALT_OCTETS>());
    let asked = PasswordMacCall {
        context: SHARED_SECRET,
        sealed_secret: &known.sealed,
        algorithm,
        data: &message.protected_part(),
    };
    let opened = server
        .signer
        .open_password_mac(asked, mac, &answers.to_der())
        .await;
    let opened = match opened {
        Err(SignerError::Invalid { detail }) => {
            return Err(Refusal::new(Bit::BadAlg, detail).into());
        }
        opened => opened?,
    };
    // 3. Attempts are counted by CLM
    if opened.is_none() || must_report {
        let is_right = opened.is_some();
        let (policy, clm) = (policy.name.as_str(), &server.clm);
        clm.report_attempt(policy, &reference, call.address, is_right)
            .await?;
    }
    let Some(answer_key) = opened else {
        server.memory.forget(&key).await;
        return Err(bad(WRONG).into());
    };
    tracing::info!(target: "audit", act = "requester.admit", policy = policy.name, address = call.address,
        requester = known.who.requester, method = known.who.method, "let in");
    server.memory.keep(key, message.body(), known.clone()).await;
    Ok(Asker {
        who: known.who,
        proof: Proof::Mac(Box::new(MacProof {
            sealed: known.sealed,
            mac: proof,
            reference: kid,
            answers: (!answer_key.is_empty()).then_some(AnswerKey {
                mac: answers,
                key: answer_key,
            }),
        })),
    })
}

/// The secret of an end entity; `None`: there is none.
async fn find_secret(
    server: &Server,
    policy: &Policy,
    reference: &str,
    address: &str,
) -> Result<Option<SharedSecret>, Failure> {
    let found = server
        .clm
        .find_secret(&policy.name, reference, address)
        .await?;
    match found {
        FoundSecret::Secret(secret) => Ok(Some(secret)),
        FoundSecret::None => {
            // counted like a wrong one: else only names that there are would ever be locked, and so be told
            server
                .clm
                .report_attempt(&policy.name, reference, address, false)
                .await?;
            Ok(None)
        }
        FoundSecret::Locked => {
            let text = "too many wrong protections: try again later";
            Err(Refusal::new(Bit::SystemUnavail, text).into())
        }
    }
}

/// The name of an end entity: senderKID, or the common name of the sender (RFC 9483 section 3.1).
fn reference_of(message: &Message) -> Option<(String, Vec<u8>)> {
    let header = message.header();
    let kid = match &header.sender_kid {
        Some(kid) if !kid.is_empty() => kid.clone(),
        _ => header.sender.name()?.common_name()?.into_bytes(),
    };
    let text = std::str::from_utf8(&kid).ok()?.to_owned();
    let is_sound =
        !text.is_empty() && text.len() <= LONGEST_REFERENCE && !text.chars().any(char::is_control);
    is_sound.then_some((text, kid))
}

async fn by_signature(
    server: &Server,
    policy: &Policy,
    message: &Message,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    call: Call<'_>,
) -> Result<Asker, Failure> {
    let header = message.header();
    let (certificate, rest) = protecting_certificate(message)?;
    let is_named = header
        .sender
        .name()
        .is_none_or(|name| name == certificate.subject());
    if !is_named {
        let text = "the sender is not the subject of the certificate that protects the message";
        return Err(bad(text).into());
    }
    let may_sign = certificate
        .key_usages()
        .is_none_or(|usages| usages.contains(KeyUsage::DigitalSignature));
    if !may_sign {
        let text = "the key of the certificate is not for signatures";
        return Err(bad(text).into());
    }
    certificate
        .public_key()
        .verify(algorithm, &message.protected_part(), signature)
        .map_err(|_| bad("the protection is wrong"))?;
    let id = header.transaction_id.as_deref().unwrap_or_default();
    let shown = hex::encode(certificate.fingerprint());
    let key = memory::key(&policy.name, call, &shown, id);
    if let Some(known) = server.memory.find(&key, message.body()).await {
        return Ok(Asker {
            who: known.who,
            proof: Proof::Signature(certificate),
        });
    }
    let transaction_id = hex::encode(id);
    let question = Question {
        policy: &policy.name,
        address: call.address.to_owned(),
        credential: Credential::Certificate(certificate.der().to_vec()),
        chain: rest,
        csr: Vec::new(),
        transaction_id: &transaction_id,
    };
    match server.clm.authenticate(question).await? {
        Ok(who) => {
            let known = Known {
                who: who.clone(),
                sealed: Vec::new(),
            };
            server.memory.keep(key, message.body(), known).await;
            Ok(Asker {
                who,
                proof: Proof::Signature(certificate),
            })
        }
        Err(denied) => {
            let address = call.address;
            tracing::warn!(target: "audit", policy = policy.name, address, serial = %certificate.serial(), detail = denied.detail, "signer not trusted");
            Err(Refusal::new(Bit::SignerNotTrusted, denied.detail).into())
        }
    }
}

/// The certificate whose key protects a message: the one that senderKID names, else the first; and the others.
fn protecting_certificate(message: &Message) -> Result<(Certificate, Vec<Vec<u8>>), Refusal> {
    let all = message.extra_certificates();
    let kid = message.header().sender_kid.as_deref();
    let named = || {
        let kid = kid?;
        all.iter().position(|der| {
            Certificate::from_der(der)
                .is_ok_and(|found| found.subject_key_identifier() == Some(kid))
        })
    };
    let place = match all {
        [] => {
            let text = "extraCerts lacks the certificate that protects the message";
            return Err(Refusal::new(Bit::AddInfoNotAvailable, text));
        }
        _ => named().unwrap_or(0),
    };
    let certificate = all
        .get(place)
        .map(|der| Certificate::from_der(der))
        .ok_or_else(|| bad("extraCerts is empty"))?
        .map_err(|error| Refusal::new(Bit::BadMessageCheck, chain(&error)))?;
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    Ok((certificate, others.map(|(_, der)| der.clone()).collect()))
}
