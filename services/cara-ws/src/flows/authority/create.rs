//! Making a CA: key, certificate, row, OCSP signer, first CRL. When a foreign CA is to sign it, it gets a key and a
//! request, and begins when its certificate is taken in.

use std::{sync::Arc, time::Duration};

use ers_pki::{
    csr::Csr,
    key::{KeyAlgorithm, SignatureAlgorithm},
    name::Name,
};
use ers_signer_client::Key;

use super::{
    AuthorityError, Outcome,
    certify::{Wanted, WantedKey, algorithm_for, request_certificate},
    equip, find, refresh, settings,
};
use crate::{
    domain::{Authority, AuthorityName, Generation, GenerationState, Settings, State},
    flows::{Core, IssuingAuthority},
};

/// A CA that is wanted.
#[derive(Debug, Clone)]
pub struct NewAuthority {
    /// Its name.
    pub name: AuthorityName,
    /// Its subject.
    pub subject: Name,
    /// Its key.
    pub key_algorithm: KeyAlgorithm,
    /// How it signs; none: what suits its key.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// The CA that signs it; none: a root.
    pub issuer: Option<AuthorityName>,
    /// A foreign CA signs it.
    pub external: bool,
    /// How long it is valid.
    pub validity: Duration,
    /// How many CAs may follow below it.
    pub path_length: Option<u32>,
    /// Name of the profile for its certificate; none: `root-ca` or `sub-ca`.
    pub profile: Option<String>,
    /// What it does otherwise than configured.
    pub settings: Settings,
    /// Where its key lives; none: the signer's default.
    pub token: Option<String>,
    /// Who asked.
    pub requester: String,
}

/// Makes a CA, or returns the one of that name and subject.
#[tracing::instrument(name = "cara.create_authority", skip_all, fields(issuer_id = %new.name))]
pub async fn create_authority(
    core: &Arc<Core>,
    new: NewAuthority,
) -> Result<Outcome, AuthorityError> {
    settings::check(core, &new.settings)?;
    // 1. Is it there? Then only what an interruption may have left undone is done.
    if let Some(awaiting) = core.registry.find_awaiting(&new.name) {
        return same_request(awaiting, &new);
    }
    if core.registry.find(&new.name).is_none() {
        // 2. Key, certificate, row.
        make(core, &new).await?;
        refresh(core).await?;
    }
    if let Some(awaiting) = core.registry.find_awaiting(&new.name) {
        return same_request(awaiting, &new);
    }
    let ca = find(core, &new.name)?;
    if ca.authority.certificate.subject() != &new.subject {
        return Err(AuthorityError::Exists(new.name));
    }
    // 3. What relying parties ask for.
    equip(core, &new.name, ca.authority.generation).await?;
    find(core, &new.name).map(Outcome::Ready)
}

fn same_request(awaiting: Arc<Generation>, new: &NewAuthority) -> Result<Outcome, AuthorityError> {
    let request = awaiting.request.as_deref().map(Csr::from_der);
    let same = request.is_some_and(|csr| csr.is_ok_and(|csr| csr.subject() == &new.subject));
    if same {
        Ok(Outcome::Awaiting(awaiting))
    } else {
        Err(AuthorityError::Exists(new.name.clone()))
    }
}

async fn make(core: &Arc<Core>, new: &NewAuthority) -> Result<(), AuthorityError> {
    let signature_algorithm = algorithm_for(new.key_algorithm, new.signature_algorithm)?;
    let above = match &new.issuer {
        None => None,
        Some(issuer) => {
            let above = core.registry.find(issuer);
            Some(above.ok_or_else(|| AuthorityError::UnknownIssuer(issuer.clone()))?)
        }
    };
    let key = WantedKey {
        label: format!("authority-{}", new.name),
        algorithm: new.key_algorithm,
        token: new.token.clone(),
        subject: &new.subject,
        validity: new.validity,
        path_length: new.path_length,
        is_root: new.issuer.is_none() && !new.external,
        is_external: new.external,
    }
    .make(core)
    .await?;
    let wanted = Wanted {
        name: &new.name,
        generation: 1,
        request_id: format!("authority-{}", new.name),
        subject: &new.subject,
        key_id: &key.id,
        public_key: &key.public_key,
        signature_algorithm,
        profile: new.profile.as_deref(),
        path_length: new.path_length,
        validity: new.validity,
        requester: &new.requester,
    };
    if new.external {
        ask_outside(core, new, &wanted, &key).await
    } else {
        begin(core, new, &wanted, &key, above.as_deref()).await
    }
}

async fn begin(
    core: &Arc<Core>,
    new: &NewAuthority,
    wanted: &Wanted<'_>,
    key: &Key,
    above: Option<&IssuingAuthority>,
) -> Result<(), AuthorityError> {
    let certificate = wanted.certify(core, above).await?;
    let authority = Authority {
        name: new.name.clone(),
        issuer: new.issuer.clone(),
        certificate,
        key_id: key.id.clone(),
        signature_algorithm: wanted.signature_algorithm,
        state: State::Active,
        created_at_ms: core.context.clock.now_ms(),
        generation: 1,
        settings: new.settings.clone(),
        settings_version: 0,
    };
    core.store
        .insert_authority(&authority)
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(target: "audit", act = "create CA", issuer_id = %new.name, requester = new.requester, "CA made");
    Ok(())
}

async fn ask_outside(
    core: &Arc<Core>,
    new: &NewAuthority,
    wanted: &Wanted<'_>,
    key: &Key,
) -> Result<(), AuthorityError> {
    let generation = Generation {
        authority: new.name.clone(),
        number: 1,
        state: GenerationState::Awaiting,
        key_id: key.id.clone(),
        signature_algorithm: wanted.signature_algorithm,
        request: Some(request_certificate(core, wanted).await?),
        certificate: None,
        switch_at_ms: None,
        ocsp_signer: None,
        created_at_ms: core.context.clock.now_ms(),
        created_by: new.requester.clone(),
    };
    core.store
        .insert_generation(&generation, &[])
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(target: "audit", act = "create CA", issuer_id = %new.name, requester = new.requester, "CA awaits its certificate");
    Ok(())
}
