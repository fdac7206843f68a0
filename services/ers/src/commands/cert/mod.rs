//! `ers cert`: certificates.

mod export;
mod issue;
mod list;
mod revoke;
mod view;

use ers_proto::clm::v1::ShowCertificateRequest;

use crate::{
    cli::{Cert, Global},
    failure::{Outcome, answered},
    output,
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
        Cert::Revoke(options) => revoke::revoke(global, &remote, options).await,
        Cert::Hold { id } => revoke::hold(global, &remote, id).await,
        Cert::Release { id } => revoke::release(global, &remote, id).await,
        Cert::RevokeMany(options) => revoke::revoke_many(global, &remote, options).await,
        Cert::RevokeByKey(options) => revoke::revoke_by_key(global, &remote, options).await,
        Cert::BlockKey { key } => revoke::block_key(global, &remote, &key).await,
        Cert::UnblockKey { key } => revoke::unblock_key(global, &remote, &key).await,
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
