//! Renewal: a new certificate for the same key. What the CA has issued stays good under both.

use std::{sync::Arc, time::Duration};

use super::{
    AuthorityError, Outcome,
    certify::{Wanted, request_certificate},
    find, refresh,
};
use crate::{
    domain::{Authority, AuthorityName, CertificateKind, Generation, OtherCertificate, State},
    flows::{Core, registry::row_of},
};

/// A new certificate for a CA's key.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// Idempotency key.
    pub request_id: String,
    /// The CA.
    pub name: AuthorityName,
    /// How long the new certificate is valid.
    pub validity: Duration,
    /// Path length of the new certificate; none: as before.
    pub path_length: Option<u32>,
    /// Name of the profile for the new certificate; none: `root-ca` or `sub-ca`.
    pub profile: Option<String>,
    /// Who asked.
    pub requester: String,
}

/// Renews a CA's certificate; when a foreign CA signs it, gives a request for that one.
#[tracing::instrument(name = "cara.renew_authority", skip_all, fields(issuer_id = %renewal.name))]
pub async fn renew(core: &Arc<Core>, renewal: Renewal) -> Result<Outcome, AuthorityError> {
    let ca = find(core, &renewal.name)?;
    let before = &ca.authority;
    if !matches!(before.state, State::Active | State::Suspended) {
        return Err(AuthorityError::State {
            act: "renew",
            name: renewal.name,
            state: before.state,
        });
    }
    let certificate = &before.certificate;
    let wanted = Wanted {
        name: &before.name,
        generation: before.generation,
        request_id: format!("authority-{}-renew-{}", ca.file_name(), renewal.request_id),
        subject: certificate.subject(),
        key_id: &before.key_id,
        public_key: certificate.public_key(),
        signature_algorithm: before.signature_algorithm,
        profile: renewal.profile.as_deref(),
        path_length: renewal.path_length.or_else(|| certificate.path_length()),
        validity: renewal.validity,
        requester: &renewal.requester,
    };
    if before.issuer.is_none() && !certificate.is_self_issued() {
        let request = request_certificate(core, &wanted).await?;
        let generation = Generation {
            request: Some(request),
            ..row_of(before)
        };
        core.store
            .complete_generation(&generation)
            .await
            .map_err(AuthorityError::Store)?;
        refresh(core).await?;
        return find(core, &renewal.name).map(Outcome::Ready);
    }
    let above = before
        .issuer
        .as_ref()
        .map(|issuer| find(core, issuer))
        .transpose()?;
    let renewed = wanted.certify(core, above.as_deref()).await?;
    // Asked for once more after another renewal: it has had its time.
    if !ca.others.iter().any(|other| other.certificate == renewed) {
        put_in_place(core, before, renewed, &[], &renewal.requester).await?;
    }
    find(core, &renewal.name).map(Outcome::Ready)
}

/// Has a CA issue with another certificate for its key; the one before stays on offer.
pub(super) async fn put_in_place(
    core: &Arc<Core>,
    before: &Authority,
    certificate: ers_pki::certificate::Certificate,
    above: &[OtherCertificate],
    requester: &str,
) -> Result<(), AuthorityError> {
    // A repetition after its answer was lost: it is in place already.
    if before.certificate == certificate {
        return Ok(());
    }
    let mut others = vec![OtherCertificate {
        authority: before.name.clone(),
        generation: before.generation,
        kind: CertificateKind::Own,
        certificate: before.certificate.clone(),
        created_at_ms: core.context.clock.now_ms(),
    }];
    others.extend_from_slice(above);
    let renewed = Authority {
        certificate,
        ..before.clone()
    };
    core.store
        .renew_authority(&renewed, &others)
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(
        target: "audit", act = "renew CA", issuer_id = %before.name, generation = before.generation, requester,
        serial = renewed.certificate.serial().to_hex(), "CA has a new certificate"
    );
    refresh(core).await
}
