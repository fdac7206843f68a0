//! Taking in a CA's certificate that a foreign CA has signed: for the request that is out, or as a cross-certificate.

use std::sync::Arc;

use ers_pki::csr::Csr;

use super::{
    AuthorityError, Outcome, equip, find,
    received::{Received, receive},
    refresh, renew, rollover,
};
use crate::{
    domain::{
        Authority, AuthorityName, CertificateKind, Generation, GenerationState, OtherCertificate,
        Settings, State,
    },
    flows::Core,
};

/// A certificate that was carried in.
#[derive(Debug, Clone)]
pub struct Import {
    /// The CA that it is for.
    pub name: AuthorityName,
    /// DER.
    pub certificate: Vec<u8>,
    /// Those above it, DER, in any order.
    pub chain: Vec<Vec<u8>>,
    /// Its generation issues when told to.
    pub prepare_only: bool,
    /// Who asked.
    pub requester: String,
}

/// Takes in the certificate for a request that is out. May be repeated.
#[tracing::instrument(name = "cara.import_certificate", skip_all, fields(issuer_id = %import.name))]
pub async fn import_certificate(
    core: &Arc<Core>,
    import: Import,
) -> Result<Outcome, AuthorityError> {
    if let Some(awaiting) = core.registry.find_awaiting(&import.name) {
        return complete(core, &awaiting, import).await;
    }
    let ca = find(core, &import.name)?;
    if ca.request.is_none() {
        let repeated = ca.authority.certificate.der() == import.certificate;
        return if repeated {
            equip(core, &import.name, ca.authority.generation).await?;
            find(core, &import.name).map(Outcome::Ready)
        } else {
            Err(AuthorityError::AwaitsNone(import.name))
        };
    }
    let before = &ca.authority;
    let received = receive(
        core,
        &import.name,
        before.certificate.public_key(),
        before.certificate.subject(),
        &import.certificate,
        &import.chain,
    )?;
    let above = others(core, &import.name, before.generation, &received);
    renew::put_in_place(
        core,
        before,
        received.certificate,
        &above,
        &import.requester,
    )
    .await?;
    find(core, &import.name).map(Outcome::Ready)
}

/// Keeps a certificate that a foreign CA has made for the key of one of ours, beside the CA's own.
#[tracing::instrument(name = "cara.import_cross_certificate", skip_all, fields(issuer_id = %import.name))]
pub async fn import_cross_certificate(
    core: &Arc<Core>,
    import: Import,
) -> Result<Outcome, AuthorityError> {
    find(core, &import.name)?;
    let mut refused = None;
    for ca in core.registry.generations() {
        let authority = &ca.authority;
        if authority.name != import.name {
            continue;
        }
        let received = receive(
            core,
            &import.name,
            authority.certificate.public_key(),
            authority.certificate.subject(),
            &import.certificate,
            &import.chain,
        );
        let received = match received {
            // perhaps it is for another generation
            Err(error @ AuthorityError::OtherKey(_)) => {
                refused = Some(error);
                continue;
            }
            received => received?,
        };
        let mut kept = others(core, &import.name, authority.generation, &received);
        kept.push(OtherCertificate {
            authority: import.name.clone(),
            generation: authority.generation,
            kind: CertificateKind::Cross,
            certificate: received.certificate.clone(),
            created_at_ms: core.context.clock.now_ms(),
        });
        core.store
            .insert_other_certificates(&import.name, &kept)
            .await
            .map_err(AuthorityError::Store)?;
        tracing::info!(
            target: "audit", act = "import cross-certificate", issuer_id = %import.name, generation = authority.generation,
            requester = import.requester, foreign_issuer = %received.certificate.issuer(), "cross-certificate taken in"
        );
        refresh(core).await?;
        return find(core, &import.name).map(Outcome::Ready);
    }
    Err(refused.unwrap_or(AuthorityError::Unknown(import.name)))
}

async fn complete(
    core: &Arc<Core>,
    awaiting: &Generation,
    import: Import,
) -> Result<Outcome, AuthorityError> {
    let name = &import.name;
    let request = awaiting.request.as_deref().unwrap_or_default();
    let request = Csr::from_der(request).map_err(|source| AuthorityError::OwnRequest {
        name: name.clone(),
        source,
    })?;
    let received = receive(
        core,
        name,
        request.public_key(),
        request.subject(),
        &import.certificate,
        &import.chain,
    )?;
    let others = others(core, name, awaiting.number, &received);
    core.store
        .insert_other_certificates(name, &others)
        .await
        .map_err(AuthorityError::Store)?;
    let prepared = Generation {
        state: GenerationState::Prepared,
        request: None,
        certificate: Some(received.certificate.clone()),
        ..awaiting.clone()
    };
    core.store
        .complete_generation(&prepared)
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(
        target: "audit", act = "import certificate of CA", issuer_id = %name, generation = awaiting.number,
        requester = import.requester, foreign_issuer = %received.certificate.issuer(), "certificate of CA taken in"
    );
    if core.registry.find(name).is_none() {
        // The CA begins with it.
        let authority = Authority {
            name: name.clone(),
            issuer: None,
            certificate: received.certificate,
            key_id: awaiting.key_id.clone(),
            signature_algorithm: awaiting.signature_algorithm,
            state: State::Active,
            created_at_ms: core.context.clock.now_ms(),
            generation: awaiting.number,
            settings: Settings::default(),
            settings_version: 0,
        };
        core.store
            .switch_generation(&authority, None, &[])
            .await
            .map_err(AuthorityError::Store)?;
        refresh(core).await?;
        equip(core, name, awaiting.number).await?;
    } else {
        refresh(core).await?;
        equip(core, name, awaiting.number).await?;
        let now_ms = core.context.clock.now_ms();
        if !import.prepare_only && awaiting.switch_at_ms.is_none_or(|at_ms| at_ms <= now_ms) {
            rollover::switch(core, name, awaiting.number, &import.requester).await?;
        }
    }
    find(core, name).map(Outcome::Ready)
}

fn others(
    core: &Core,
    name: &AuthorityName,
    generation: i16,
    received: &Received,
) -> Vec<OtherCertificate> {
    let above = received.above.iter().map(|certificate| OtherCertificate {
        authority: name.clone(),
        generation,
        kind: CertificateKind::Above,
        certificate: certificate.clone(),
        created_at_ms: core.context.clock.now_ms(),
    });
    above.collect()
}
