//! `ers cert revoke`, `hold`, `release`, `revoke-many`, `revoke-by-key`, `block-key`, `unblock-key`.

use aws_lc_rs::digest::{SHA256, digest};
use ers_pki::{
    certificate::Certificate,
    key::{PrivateKey, SignatureAlgorithm},
    revocation::Reason,
};
use ers_proto::cara::v1::{
    BlockKeyRequest, CertificateFilter, CertificateList, IssuerAndSerial, ReleaseRequest,
    RevokeByProofRequest, RevokeManyProgress, RevokeManyRequest, RevokeRequest, UnblockKeyRequest,
    revoke_many_request::Selection,
};
use serde::Serialize;

use crate::{
    cli::{CertRevoke, CertRevokeByKey, CertRevokeMany, Global},
    clm::Clm,
    commands::{read_text, time},
    failure::{Attempt as _, Failure, Outcome, answered},
    output::{self, Show},
};

const REQUESTER: &str = "administrator";
/// As many as CARA takes at a time.
const LIST: usize = 50_000;
/// What the holder of a key signs begins with this; `cara.v1.RevokeByProofRequest` says what follows.
const PROOF: &[u8] = b"ers.cara.v1.RevokeByProof\0";

#[derive(Serialize)]
struct Revoked {
    issuer: String,
    serial: String,
    reason: String,
    already_revoked: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    siblings: Vec<Sibling>,
}

#[derive(Serialize)]
struct Sibling {
    issuer: String,
    serial: String,
}

pub(super) async fn revoke(global: &Global, remote: &Clm, options: CertRevoke) -> Outcome<()> {
    let certificate = super::show(remote, options.id).await?;
    let request = RevokeRequest {
        issuer: certificate.issuer,
        serial: certificate.serial,
        reason: options.reason,
        requester: REQUESTER.into(),
        invalidity_date: options.invalidity_date.as_deref().map(time).transpose()?,
        siblings: options.siblings,
    };
    let answer = remote
        .revoking()
        .revoke(request)
        .await
        .map_err(answered)?
        .into_inner();
    show_revoked(global, answer)
}

pub(super) async fn hold(global: &Global, remote: &Clm, id: String) -> Outcome<()> {
    let options = CertRevoke {
        id,
        reason: Reason::CertificateHold.to_string(),
        invalidity_date: None,
        siblings: false,
    };
    revoke(global, remote, options).await
}

pub(super) async fn release(global: &Global, remote: &Clm, id: String) -> Outcome<()> {
    let certificate = super::show(remote, id).await?;
    let request = ReleaseRequest {
        issuer: certificate.issuer.clone(),
        serial: certificate.serial.clone(),
        requester: REQUESTER.into(),
    };
    let answer = remote
        .revoking()
        .release(request)
        .await
        .map_err(answered)?
        .into_inner();
    let released = Released {
        issuer: certificate.issuer,
        serial: certificate.serial,
        was_on_hold: answer.was_on_hold,
    };
    output::show(global.output, &released)
}

pub(super) async fn revoke_by_key(
    global: &Global,
    remote: &Clm,
    options: CertRevokeByKey,
) -> Outcome<()> {
    let der = ers_pki::pem::decode(&read_text(&options.certificate)?, &["CERTIFICATE"])
        .attempt("read certificate")?;
    let certificate = Certificate::from_der(&der).attempt("read certificate")?;
    let key =
        PrivateKey::from_pkcs8_pem(&read_text(&options.key)?).attempt("read --key, PKCS#8 PEM")?;
    if key.public_key() != certificate.public_key() {
        return Err(Failure::new("--key is not the key of this certificate"));
    }
    let reason: Reason = options.reason.parse().attempt("read --reason")?;
    let algorithm = SignatureAlgorithm::default_for(key.algorithm());
    let word = [PROOF, digest(&SHA256, &der).as_ref(), &[reason.code()]].concat();
    let signature = key.sign(algorithm, &word).attempt("sign with --key")?;
    let request = RevokeByProofRequest {
        certificate: der,
        reason: options.reason,
        signature_algorithm: algorithm.to_string(),
        signature: signature.as_slice().to_vec(),
    };
    let answer = remote
        .revoking()
        .revoke_by_proof(request)
        .await
        .map_err(answered)?
        .into_inner();
    show_revoked(global, answer)
}

fn show_revoked(global: &Global, answer: ers_proto::cara::v1::RevokeResponse) -> Outcome<()> {
    let certificate = answer.certificate.unwrap_or_default();
    let revoked = Revoked {
        issuer: certificate.issuer,
        serial: certificate.serial,
        // What was revoked before keeps the reason that it was given then.
        reason: certificate.revocation.unwrap_or_default().reason,
        already_revoked: answer.already_revoked,
        siblings: answer
            .siblings
            .into_iter()
            .map(|IssuerAndSerial { issuer, serial }| Sibling { issuer, serial })
            .collect(),
    };
    output::show(global.output, &revoked)
}

pub(super) async fn revoke_many(
    global: &Global,
    remote: &Clm,
    options: CertRevokeMany,
) -> Outcome<()> {
    let selections = match &options.list {
        Some(file) => lists(&read_text(file)?)?,
        None => vec![Selection::Filter(filter(&options)?)],
    };
    let mut total = RevokeManyProgress::default();
    for selection in selections {
        let request = RevokeManyRequest {
            selection: Some(selection),
            reason: options.reason.clone(),
            requester: REQUESTER.into(),
            invalidity_date: options.invalidity_date.as_deref().map(time).transpose()?,
            dry_run: options.dry_run,
        };
        let mut told = remote
            .revoking()
            .revoke_many(request)
            .await
            .map_err(answered)?
            .into_inner();
        let mut last = RevokeManyProgress::default();
        loop {
            match told.message().await {
                Ok(Some(progress)) => last = progress,
                Ok(None) => break,
                Err(status) => {
                    return Err(answered(status).or(format!(
                        "{} were revoked; the same command goes on, with --after {} it need not look at those before",
                        total.revoked + last.revoked, last.after
                    )));
                }
            }
            output::progress(&format!(
                "{} looked at, {} revoked",
                total.examined + last.examined,
                total.revoked + last.revoked
            ));
        }
        total.examined += last.examined;
        total.revoked += last.revoked;
        total.unchanged += last.unchanged;
        total.left_out += last.left_out;
    }
    let told = Many {
        dry_run: options.dry_run,
        examined: total.examined,
        revoked: total.revoked,
        unchanged: total.unchanged,
        left_out: total.left_out,
    };
    output::show(global.output, &told)
}

/// Lines of `issuer serial`, as `ers cert list` shows them; `#` begins a comment.
fn lists(text: &str) -> Outcome<Vec<Selection>> {
    let mut certificates = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let Some((issuer, serial)) = line.split_once(char::is_whitespace) else {
            return Err(Failure::new(format!(
                "read --list: line {number} is not \"issuer serial\""
            )));
        };
        certificates.push(IssuerAndSerial {
            issuer: issuer.to_owned(),
            serial: serial.trim().to_owned(),
        });
    }
    if certificates.is_empty() {
        return Err(Failure::new("read --list: it names no certificate"));
    }
    Ok(certificates
        .chunks(LIST)
        .map(|some| {
            Selection::List(CertificateList {
                certificates: some.to_vec(),
            })
        })
        .collect())
}

fn filter(options: &CertRevokeMany) -> Outcome<CertificateFilter> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(CertificateFilter {
        issuer: text(&options.issuer),
        profile: text(&options.profile),
        realm: text(&options.realm),
        policy: text(&options.policy),
        end_entity: text(&options.end_entity),
        key_hash: match &options.key {
            Some(key) => key_hash(key)?,
            None => Vec::new(),
        },
        issued_from: options.issued_from.as_deref().map(time).transpose()?,
        issued_before: options.issued_before.as_deref().map(time).transpose()?,
        after: text(&options.after),
    })
}

pub(super) async fn block_key(global: &Global, remote: &Clm, key: &str) -> Outcome<()> {
    let key_hash = key_hash(key)?;
    let request = BlockKeyRequest {
        key_hash: key_hash.clone(),
        requester: REQUESTER.into(),
    };
    remote
        .revoking()
        .block_key(request)
        .await
        .map_err(answered)?;
    let told = Key {
        key_hash: hex::encode(key_hash),
        blocked: true,
    };
    output::show(global.output, &told)
}

pub(super) async fn unblock_key(global: &Global, remote: &Clm, key: &str) -> Outcome<()> {
    let key_hash = key_hash(key)?;
    let request = UnblockKeyRequest {
        key_hash: key_hash.clone(),
        requester: REQUESTER.into(),
    };
    remote
        .revoking()
        .unblock_key(request)
        .await
        .map_err(answered)?;
    let told = Key {
        key_hash: hex::encode(key_hash),
        blocked: false,
    };
    output::show(global.output, &told)
}

/// The hash itself, or that of the key in a certificate's or public key's file.
fn key_hash(text: &str) -> Outcome<Vec<u8>> {
    if let Ok(hash) = hex::decode(text)
        && hash.len() == 32
    {
        return Ok(hash);
    }
    let text = read_text(std::path::Path::new(text))?;
    if let Ok(der) = ers_pki::pem::decode(&text, &["CERTIFICATE"]) {
        let certificate = Certificate::from_der(&der).attempt("read certificate")?;
        return Ok(digest(&SHA256, certificate.public_key().spki_der())
            .as_ref()
            .to_vec());
    }
    let spki = ers_pki::pem::decode(&text, &["PUBLIC KEY"])
        .attempt("read key: a SHA-256 in hex, a certificate or a public key, PEM")?;
    Ok(digest(&SHA256, &spki).as_ref().to_vec())
}

#[derive(Serialize)]
struct Released {
    issuer: String,
    serial: String,
    was_on_hold: bool,
}

#[derive(Serialize)]
struct Many {
    dry_run: bool,
    examined: u64,
    revoked: u64,
    unchanged: u64,
    left_out: u64,
}

#[derive(Serialize)]
struct Key {
    key_hash: String,
    blocked: bool,
}

impl Show for Revoked {
    fn text(&self) -> String {
        let mut text = if self.already_revoked {
            format!("{} was revoked before", self.serial)
        } else {
            format!("{} revoked: {}", self.serial, self.reason)
        };
        for Sibling { issuer, serial } in &self.siblings {
            text.push_str(&format!("\nsame key: {serial} of {issuer}"));
        }
        text
    }
}

impl Show for Released {
    fn text(&self) -> String {
        match self.was_on_hold {
            true => format!("{} released", self.serial),
            false => format!("{} is not revoked", self.serial),
        }
    }
}

impl Show for Many {
    fn text(&self) -> String {
        let verb = if self.dry_run {
            "would be revoked"
        } else {
            "revoked"
        };
        format!(
            "{} {verb}, {} were before, {} left out (never issued, or expired)",
            self.revoked, self.unchanged, self.left_out
        )
    }
}

impl Show for Key {
    fn text(&self) -> String {
        let state = if self.blocked {
            "blocked"
        } else {
            "not blocked"
        };
        format!("{} {state}", self.key_hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_an_issuer_and_a_serial_number_on_each_line() {
        let read = lists("sub 0a1b # why\n\n# nothing\nroot\t0c\n").unwrap();
        let [Selection::List(list)] = &read[..] else {
            panic!("{read:?}");
        };
        let told: Vec<_> = list
            .certificates
            .iter()
            .map(|one| (one.issuer.as_str(), one.serial.as_str()))
            .collect();
        assert_eq!(told, [("sub", "0a1b"), ("root", "0c")]);
        assert!(lists("0a1b\n").is_err());
        assert!(lists("# only this\n").is_err());
    }
}
