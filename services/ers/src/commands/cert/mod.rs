//! `ers cert`: certificates.

mod export;
mod issue;
mod list;
mod view;

use ers_proto::clm::v1::{
    IssuerAndSerial, RevokeCertificateRequest, ShowCertificateRequest,
    revoke_certificate_request::By,
};
use serde::Serialize;

use crate::{
    cli::{Cert, Global},
    failure::{Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

pub async fn run(global: &Global, command: Cert) -> Outcome<()> {
    let remote = Remote::open(global)?;
    match command {
        Cert::Issue(options) => issue::run(global, &remote, options).await,
        Cert::List(options) => list::run(global, &remote, options).await,
        Cert::Show { id } => {
            let certificate = show(&remote, id).await?;
            output::show(global.output, &view::CertificateView::of(certificate))
        }
        Cert::Revoke { id, reason } => revoke(global, &remote, id, reason).await,
        Cert::Export(options) => export::run(&remote, &options).await,
    }
}

async fn show(remote: &Remote, id: String) -> Outcome<ers_proto::clm::v1::InventoryCertificate> {
    let answer = remote
        .administration()
        .show_certificate(ShowCertificateRequest { id })
        .await;
    Ok(answer.map_err(answered)?.into_inner())
}

#[derive(Serialize)]
struct Revoked {
    issuer: String,
    serial: String,
    reason: String,
    already_revoked: bool,
}

async fn revoke(global: &Global, remote: &Remote, id: String, reason: String) -> Outcome<()> {
    let certificate = show(remote, id).await?;
    let key = IssuerAndSerial {
        issuer: certificate.issuer.clone(),
        serial: certificate.serial.clone(),
    };
    let request = RevokeCertificateRequest {
        by: Some(By::IssuerAndSerial(key)),
        reason: reason.clone(),
        requester: "administrator".into(),
    };
    let answer = remote
        .enrollment()
        .revoke(request)
        .await
        .map_err(answered)?
        .into_inner();
    let revoked = Revoked {
        issuer: certificate.issuer,
        serial: certificate.serial,
        // What was revoked before keeps the reason that it was given then.
        reason: match certificate.revocation_reason {
            told if answer.already_revoked && !told.is_empty() => told,
            _ => reason,
        },
        already_revoked: answer.already_revoked,
    };
    output::show(global.output, &revoked)
}

impl Show for Revoked {
    fn text(&self) -> String {
        if self.already_revoked {
            return format!("{} was revoked before", self.serial);
        }
        format!("{} revoked: {}", self.serial, self.reason)
    }
}
