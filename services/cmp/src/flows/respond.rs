//! ip, cp and kup, RFC 9810 section 5.3.2: what became of each request, and what must happen next.

use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::cmp::{
    Body, BodyKind, CertRepMessage, CertResponse, InfoTypeAndValue, Issued, Status, StatusInfo,
    encrypted_value, enveloped_data,
};

use super::answer::Received;
use super::protect::Reply;
use crate::domain::asker::Proof;
use crate::domain::transaction::{Item, State, Transaction};
use crate::failure::Failure;
use crate::server::Server;

/// The pvno that EnvelopedData came with.
const WITH_ENVELOPED_DATA: u64 = 3;

/// What became of a request, beside what its item says.
#[derive(Debug)]
pub enum Part {
    /// It is there.
    Issued {
        /// DER, the issuer first, without the root.
        chain: Vec<Vec<u8>>,
    },
    /// A person has to decide.
    Waiting {
        /// When to ask again.
        retry_after: Duration,
    },
    /// No.
    Refused(StatusInfo),
}

/// The answer, and where the transaction stands with it: `parts` are of the transaction's items, in their order.
pub fn respond(
    server: &Server,
    received: &Received<'_>,
    transaction: &mut Transaction,
    parts: Vec<Part>,
) -> Result<Reply, Failure> {
    let policy = received.policy;
    let is_modern = received.message.header().version >= WITH_ENVELOPED_DATA;
    // an encrypted certificate proves possession only by being confirmed
    let must_confirm = transaction.items.iter().any(|item| item.is_encrypted);
    let is_implicit = !must_confirm
        && policy.implicit_confirm_allowed
        && received.message.header().has_implicit_confirm();
    transaction.state = Transaction::settled(&transaction.items, !is_implicit);

    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let mut responses = Vec::new();
    for (item, part) in transaction.items.iter().zip(parts) {
        let (status, issued) = match part {
            Part::Refused(status) => (status, None),
            Part::Waiting { .. } => (StatusInfo::of(Status::Waiting), None),
            Part::Issued { chain } => {
                certificates.extend(chain);
                hand_out(item, is_modern)?
            }
        };
        responses.push(CertResponse {
            cert_req_id: item.cert_req_id,
            status,
            issued,
        });
    }
    let is_first_trust =
        transaction.kind == BodyKind::Ir && matches!(received.asker.proof, Proof::Mac(_));
    let has_keys = responses.iter().any(|response: &CertResponse| {
        let issued = response.issued.as_ref();
        issued.is_some_and(|issued| issued.private_key.is_some())
    });
    let content = CertRepMessage {
        // RFC 9483 section 4.1.1: the root, to who shares a secret with us
        ca_pubs: match policy.ca_chain.last() {
            Some(root) if is_first_trust && responses.iter().any(|one| one.issued.is_some()) => {
                vec![root.clone()]
            }
            _ => Vec::new(),
        },
        responses,
    };
    let mut reply = Reply::new(Body::Response(transaction.kind.response(), content));
    reply.certificates = certificates;
    if has_keys {
        reply.version = WITH_ENVELOPED_DATA;
    }
    reply.certificates.dedup();
    match transaction.state {
        State::Unconfirmed => {
            let within = policy.confirm_within;
            let until = server.now() + within;
            transaction.confirm_until = Some(until);
            reply
                .general_info
                .push(InfoTypeAndValue::confirm_wait_time(until));
        }
        State::Done if is_implicit => {
            reply
                .general_info
                .push(InfoTypeAndValue::implicit_confirm());
        }
        _ => {}
    }
    Ok(reply)
}

type HandedOut = (StatusInfo, Option<Issued>);

fn hand_out(item: &Item, is_modern: bool) -> Result<HandedOut, Failure> {
    const UNREADABLE: Failure = Failure::Inconsistent("read the certificate that CLM has issued");
    let certificate = item.certificate().ok_or(UNREADABLE)?;
    let issued = if item.is_encrypted {
        encrypted(&certificate, is_modern)?
    } else {
        Issued {
            private_key: item
                .private_key
                .as_deref()
                .map(hex::decode)
                .transpose()
                .map_err(|_| Failure::Inconsistent("read a private key that is kept"))?,
            ..Issued::certificate(certificate.der().to_vec())
        }
    };
    let is_other = item
        .subject
        .as_deref()
        .is_some_and(|wanted| wanted != hex::encode(certificate.subject().to_der()));
    let status = if is_other {
        StatusInfo {
            text: vec![format!("the subject is {}", certificate.subject())],
            ..StatusInfo::of(Status::GrantedWithModifications)
        }
    } else {
        StatusInfo::of(Status::Accepted)
    };
    Ok((status, Some(issued)))
}

fn encrypted(certificate: &Certificate, is_modern: bool) -> Result<Issued, Failure> {
    let key = certificate.public_key();
    let made = if is_modern || !key.algorithm().is_rsa() {
        enveloped_data(certificate.der(), key)
    } else {
        encrypted_value(certificate.der(), key)
    };
    Ok(Issued {
        certificate: made
            .map_err(|_| Failure::Inconsistent("encrypt a certificate for its key"))?,
        is_encrypted: true,
        private_key: None,
    })
}
