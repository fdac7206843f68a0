//! The life of a CA: made, renewed, re-keyed, certified by foreign CAs, suspended, retired, revoked. Whatever is
//! interrupted can be repeated: each step finds what the one before has left.

mod certify;
pub mod create;
pub mod cross_sign;
mod error;
pub mod external;
pub mod import_certificate;
mod received;
pub mod renew;
pub mod rollover;
pub mod settings;
pub mod state;

use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::{
    Core, IssuingAuthority, crl_schedule, issue::IssueError, ocsp_signer, publish_crl::publish_crl,
};
use crate::{
    domain::{AuthorityName, CrlName, CrlStream, Generation},
    store::{CrlHead, StoreError},
};

pub use error::AuthorityError;

/// A CA as a call leaves it.
pub enum Outcome {
    /// It has a certificate.
    Ready(Arc<IssuingAuthority>),
    /// Another CA is to sign it first.
    Awaiting(Arc<Generation>),
}

/// Does what may sign to its end, also when who asked goes away in the middle, and one after the other: what was signed and
/// not stored would be signed once more when it is asked for again.
pub async fn to_its_end<T, W>(
    core: &Arc<Core>,
    act: impl FnOnce(Arc<Core>) -> W,
) -> Result<T, AuthorityError>
where
    T: Send + 'static,
    W: Future<Output = Result<T, AuthorityError>> + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    let work = act(Arc::clone(core));
    let alone = Arc::clone(core);
    let task = async move {
        let _alone = alone.acting.lock().await;
        drop(tell.send(work.await));
    };
    core.context
        .shutdown
        .spawn("act on a CA", task.in_current_span());
    told.await
        .unwrap_or(Err(AuthorityError::Issue(IssueError::Interrupted)))
}

/// The CA of that name, as it issues.
fn find(core: &Core, name: &AuthorityName) -> Result<Arc<IssuingAuthority>, AuthorityError> {
    core.registry
        .find(name)
        .ok_or_else(|| AuthorityError::Unknown(name.clone()))
}

/// A generation of a CA.
fn find_generation(
    core: &Core,
    name: &AuthorityName,
    generation: i16,
) -> Result<Arc<IssuingAuthority>, AuthorityError> {
    core.registry
        .find_generation(name, generation)
        .ok_or_else(|| AuthorityError::UnknownGeneration {
            name: name.clone(),
            generation,
        })
}

async fn refresh(core: &Core) -> Result<(), AuthorityError> {
    core.registry
        .refresh(&core.store, &core.issuing)
        .await
        .map_err(AuthorityError::Registry)
}

/// Gives a generation what relying parties ask for: an OCSP signer and a CRL, where they are missing.
async fn equip(
    core: &Arc<Core>,
    name: &AuthorityName,
    generation: i16,
) -> Result<(), AuthorityError> {
    let ca = find_generation(core, name, generation)?;
    if !ca.has_key() {
        return Ok(());
    }
    if ca.ocsp_signer.is_none() {
        ocsp_signer::renew(core, &ca)
            .await
            .map_err(AuthorityError::OcspSigner)?;
    }
    let complete = crl_schedule::whole(&ca).complete();
    let head = core.store.find_crl_head(&complete).await;
    if head.map_err(AuthorityError::Store)?.is_none() {
        publish_crl(core, &ca, &complete)
            .await
            .map_err(AuthorityError::Publish)?;
    }
    crl_schedule::publish_due(core, &ca).await;
    Ok(())
}

/// The newest complete CRL of a generation, DER.
///
/// # Errors
/// The database's.
pub async fn load_crl(
    core: &Core,
    name: &AuthorityName,
    generation: i16,
) -> Result<Option<(CrlHead, Vec<u8>)>, StoreError> {
    let crl: CrlName = CrlStream::whole(name, generation).complete();
    let Some(head) = core.store.find_crl_head(&crl).await? else {
        return Ok(None);
    };
    let mut der = Vec::new();
    let mut ordinal = 0;
    while let Some(piece) = core.store.load_crl_piece(&crl, &head, ordinal).await? {
        der.extend(piece);
        ordinal += 1;
    }
    Ok(Some((head, der)))
}
