//! `ers cert`: certificates.

mod bulk;
mod export;
mod inventory;
mod issue;
mod list;
mod renew_now;
mod revoke;
mod server_key;
mod view;

use ers_proto::clm::v1::ShowCertificateRequest;
use tonic::Code;

use crate::{
    cli::{Cert, Global},
    clm::Clm,
    failure::{Outcome, answered},
    output,
};

/// How often, and after how long, a certificate that is not in the inventory is looked for again.
const LOOKS: u32 = 10;
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

pub async fn run(global: &Global, command: Cert) -> Outcome<()> {
    let remote = || Clm::open(global);
    match command {
        Cert::Issue(options) if options.server_key => server_key::run(global, &options).await,
        Cert::Issue(options) => issue::run(global, &remote()?, options).await,
        Cert::List(options) => list::run(global, &remote()?, options).await,
        Cert::Show { id } => {
            let certificate = show(&remote()?, id).await?;
            output::show(global.output, &view::CertificateView::of(certificate))
        }
        Cert::Revoke(options) => revoke::revoke(global, &remote()?, options).await,
        Cert::Hold { id } => revoke::hold(global, &remote()?, id).await,
        Cert::Release { id } => revoke::release(global, &remote()?, id).await,
        Cert::RevokeMany(options) => revoke::revoke_many(global, &remote()?, options).await,
        Cert::RenewNow(options) => renew_now::run(global, &remote()?, options).await,
        Cert::RevokeByKey(options) => revoke::revoke_by_key(global, &remote()?, options).await,
        Cert::BlockKey { key } => revoke::block_key(global, &remote()?, &key).await,
        Cert::UnblockKey { key } => revoke::unblock_key(global, &remote()?, &key).await,
        Cert::Export(options) => export::run(&remote()?, &options).await,
        Cert::ExportList(options) => inventory::export_list(&remote()?, options).await,
        Cert::Tag(options) => inventory::tag(global, &remote()?, options).await,
        Cert::Assign { id, owner } => inventory::assign(global, &remote()?, id, owner).await,
        Cert::Change(options) => inventory::change(global, &remote()?, options).await,
        Cert::History { id } => inventory::history(global, &remote()?, id).await,
        Cert::Import(options) => inventory::import(global, &remote()?, options).await,
        Cert::Forget { id } => inventory::forget(&remote()?, id).await,
        Cert::Statistics { realm } => super::system::statistics(global, &realm).await,
        Cert::Bulk(command) => bulk::run(global, &remote()?, command).await,
    }
}

/// The inventory hears of a certificate by an event: for a moment after it was issued it may not be there yet.
async fn show(remote: &Clm, id: String) -> Outcome<ers_proto::clm::v1::InventoryCertificate> {
    let mut administration = remote.administration();
    let mut looks = LOOKS;
    loop {
        looks -= 1;
        let request = ShowCertificateRequest { id: id.clone() };
        match administration.show_certificate(request).await {
            Err(status) if status.code() == Code::NotFound && looks > 0 => {
                tokio::time::sleep(LOOK).await;
            }
            answer => return Ok(answer.map_err(answered)?.into_inner()),
        }
    }
}
