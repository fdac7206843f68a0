//! `ers audit`: the signer's journal, and the trail of people's acts.

mod check;
mod entry;
mod events;
mod export;
mod progress;
mod show;
mod verify;
mod verify_clm;
mod witness;

use crate::{
    cli::{Audit, Global},
    clm::Clm,
    failure::Outcome,
    remote::Remote,
};

pub async fn run(global: &Global, command: Audit) -> Outcome<()> {
    let remote = || Remote::open(global);
    match command {
        Audit::Show { from, limit, chain } => {
            show::run(global, &remote()?, from, limit, chain).await
        }
        Audit::Verify { chain } => verify::run(global, &remote()?, chain).await,
        Audit::VerifyClm => verify_clm::run(global, &Clm::open(global)?).await,
        Audit::Events(options) => events::show(global, options).await,
        Audit::ExportEvents(options) => events::export(global, &options).await,
        Audit::Export(options) => export::run(global, &remote()?, &options).await,
        Audit::CheckpointKey { out } => export::checkpoint_key(&remote()?, out.as_deref()).await,
        // off-line: no platform is needed
        Audit::Check(options) => check::run(global, &options),
        Audit::Witness(options) => witness::run(global, &remote()?, &options).await,
    }
}
