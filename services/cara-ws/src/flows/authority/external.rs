//! CAs whose keys are elsewhere, such as an off-line root: their certificates and CRLs are carried in and told to relying
//! parties like those of the others.

use std::sync::Arc;

use ers_pki::{certificate::Certificate, crl::Crl};
use ers_runtime::clock::to_ms;
use ers_signer_client::KeyId;

use super::{AuthorityError, Outcome, find, load_crl, received::check_ca, refresh};
use crate::{
    domain::{Authority, AuthorityName, CrlName, CrlStream, Settings, State},
    flows::Core,
    store::{CrlHead, Fence, Published},
};

/// Longer than storing a CRL takes.
const LEASE: std::time::Duration = std::time::Duration::from_secs(60);
/// A CRL may begin a little later than our clock says.
const CLOCKS_DIFFER: time::Duration = time::Duration::minutes(5);

/// Adds a CA whose key is elsewhere, or replaces its certificate by a renewed one for the same key. May be repeated.
#[tracing::instrument(name = "cara.add_external", skip_all, fields(issuer_id = %name))]
pub async fn add_external(
    core: &Arc<Core>,
    name: &AuthorityName,
    certificate: &[u8],
    requester: &str,
) -> Result<Outcome, AuthorityError> {
    let certificate = Certificate::from_der(certificate).map_err(AuthorityError::Certificate)?;
    check_ca(&certificate, core.context.clock.now())?;
    let subject = || certificate.subject().to_string();
    if certificate.is_self_issued() {
        certificate
            .verify_signed_by(&certificate)
            .map_err(|source| AuthorityError::Chain {
                subject: subject(),
                source,
            })?;
    }
    if core.registry.find_awaiting(name).is_some() {
        return Err(AuthorityError::Exists(name.clone()));
    }
    if let Some(known) = core.registry.find(name) {
        let before = &known.authority;
        if before.state != State::External {
            return Err(AuthorityError::State {
                act: "add external CA",
                name: name.clone(),
                state: before.state,
            });
        }
        if before.certificate.subject() != certificate.subject() {
            return Err(AuthorityError::Exists(name.clone()));
        }
        if before.certificate.public_key() != certificate.public_key() {
            return Err(AuthorityError::OtherKey(name.clone()));
        }
        super::renew::put_in_place(core, before, certificate, &[], requester).await?;
        return find(core, name).map(Outcome::Ready);
    }
    let Some(signature_algorithm) = certificate.signature_algorithm() else {
        return Err(AuthorityError::SignatureAlgorithm(subject()));
    };
    // How it signs what it issues is its own affair; only something that suits its key has to stand there.
    let key_algorithm = certificate.public_key().algorithm();
    let signature_algorithm = if signature_algorithm.suits(key_algorithm) {
        signature_algorithm
    } else {
        ers_pki::key::SignatureAlgorithm::default_for(key_algorithm)
    };
    let authority = Authority {
        name: name.clone(),
        issuer: None,
        certificate,
        key_id: KeyId::new(""),
        signature_algorithm,
        state: State::External,
        created_at_ms: core.context.clock.now_ms(),
        generation: 1,
        settings: Settings::default(),
        settings_version: 0,
    };
    core.store
        .insert_authority(&authority)
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(target: "audit", act = "add external CA", issuer_id = %name, requester, "external CA added");
    refresh(core).await?;
    find(core, name).map(Outcome::Ready)
}

/// Publishes a CRL that was carried in: signed by that CA's key, valid now, its number above that of the newest one.
/// The newest one itself may come again. Another CA's CRL never gets to this CA's place.
#[tracing::instrument(name = "cara.import_crl", skip_all, fields(issuer_id = %name))]
pub async fn import_crl(
    core: &Arc<Core>,
    name: &AuthorityName,
    der: Vec<u8>,
    requester: &str,
) -> Result<Outcome, AuthorityError> {
    let ca = find(core, name)?;
    if ca.authority.state != State::External {
        return Err(AuthorityError::State {
            act: "import CRL",
            name: name.clone(),
            state: ca.authority.state,
        });
    }
    // A million entries take their time.
    let crl = tokio::task::spawn_blocking(move || Crl::from_vec(der))
        .await
        .map_err(|_| AuthorityError::Interrupted)?
        .map_err(AuthorityError::CrlUnreadable)?;
    let generation = ca.authority.generation;
    crl.verify_signed_by(&ca.authority.certificate)
        .map_err(|source| AuthorityError::OtherCrl {
            name: name.clone(),
            source,
        })?;
    if !crl.scope().is_complete() {
        return Err(AuthorityError::CrlOfSome(name.clone()));
    }
    let now = core.context.clock.now();
    if crl.next_update() <= now || crl.this_update() > now + CLOCKS_DIFFER {
        return Err(AuthorityError::CrlNotValid {
            this_update: crl.this_update(),
            next_update: crl.next_update(),
        });
    }
    // Two that are carried in at once: one after the other.
    let crl_name = CrlStream::whole(name, generation).complete();
    let lease = format!("crl:{}", crl_name.stream);
    let fence = core
        .store
        .take_fence(&lease, &core.holder, LEASE)
        .await
        .map_err(AuthorityError::Store)?
        .ok_or_else(|| AuthorityError::Outrun(name.clone()))?;
    let outcome = publish(core, name, &crl_name, &crl, &fence).await;
    core.store
        .release(&fence)
        .await
        .map_err(AuthorityError::Store)?;
    let Some(number) = outcome? else {
        return Ok(Outcome::Ready(ca));
    };
    tracing::info!(
        target: "audit", act = "import CRL", issuer_id = %name, number, requester, "CRL of external CA published"
    );
    Ok(Outcome::Ready(ca))
}

/// Its number; none: it is the newest one already.
async fn publish(
    core: &Core,
    name: &AuthorityName,
    crl_name: &CrlName,
    crl: &Crl,
    fence: &Fence,
) -> Result<Option<i64>, AuthorityError> {
    let number = i64::try_from(crl.number()).unwrap_or(i64::MAX);
    let newest = load_crl(core, name, crl_name.stream.generation)
        .await
        .map_err(AuthorityError::Store)?;
    if let Some((newest, known)) = newest {
        if known == crl.der() {
            return Ok(None);
        }
        if number <= newest.number {
            return Err(AuthorityError::OldCrl {
                found: crl.number(),
                newest: newest.number,
            });
        }
    }
    let head = CrlHead::new(number, to_ms(crl.this_update()), to_ms(crl.next_update()));
    let published = core
        .store
        .publish_crl(crl_name, head, crl.der(), fence)
        .await
        .map_err(AuthorityError::Store)?;
    match published {
        Published::Yes => Ok(Some(number)),
        Published::Overtaken => Err(AuthorityError::Outrun(name.clone())),
    }
}
