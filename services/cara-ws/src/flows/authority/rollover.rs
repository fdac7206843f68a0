//! Rollover: a CA goes on under its name with a new key. The new generation is prepared (key, certificate, OCSP signer,
//! CRL; for a root link certificates in both directions, RFC 9810 section 4.4), then it issues: at once, at a time, or
//! when told to. The one before goes on signing CRLs and OCSP signers for what it has issued.

use std::{sync::Arc, time::Duration};

use ers_pki::key::{KeyAlgorithm, SignatureAlgorithm};
use time::OffsetDateTime;

use super::{
    AuthorityError, Outcome,
    certify::{Wanted, WantedKey, algorithm_for, ca_profile, request_certificate},
    equip, find, find_generation, refresh,
};
use crate::{
    domain::{
        Authority, AuthorityName, CertificateKind, Generation, GenerationState, OtherCertificate,
        State,
    },
    flows::{Core, IssuingAuthority, issue::Signatory, registry::row_of},
};

/// A new key for a CA.
#[derive(Debug, Clone)]
pub struct Rollover {
    /// The CA.
    pub name: AuthorityName,
    /// Kind of the new key; none: as the one before.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// How it signs; none: what suits the key.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// How long the new certificate is valid.
    pub validity: Duration,
    /// Path length of the new certificate; none: as the one before.
    pub path_length: Option<u32>,
    /// Name of the profile for the new certificate; none: `root-ca` or `sub-ca`.
    pub profile: Option<String>,
    /// Where the new key lives; none: the signer's default.
    pub token: Option<String>,
    /// When the new generation is to issue; none: at once, unless it is only to be prepared.
    pub switch_at: Option<OffsetDateTime>,
    /// It issues when told to.
    pub prepare_only: bool,
    /// Who asked.
    pub requester: String,
}

/// Prepares the next generation of a CA, and has it issue when it is time. May be repeated: a generation that is
/// prepared and does not issue yet is gone on with, no further one is made.
#[tracing::instrument(name = "cara.rollover", skip_all, fields(issuer_id = %rollover.name))]
pub async fn roll_over(core: &Arc<Core>, rollover: Rollover) -> Result<Outcome, AuthorityError> {
    let ca = find(core, &rollover.name)?;
    if !matches!(ca.authority.state, State::Active | State::Suspended) {
        return Err(AuthorityError::State {
            act: "roll over",
            name: rollover.name,
            state: ca.authority.state,
        });
    }
    if let Some(awaiting) = core.registry.find_awaiting(&rollover.name) {
        return Ok(Outcome::Awaiting(awaiting));
    }
    let number = match prepared(core, &rollover.name) {
        Some(prepared) => prepared.authority.generation,
        None => prepare(core, &ca, &rollover).await?,
    };
    refresh(core).await?;
    if let Some(awaiting) = core.registry.find_awaiting(&rollover.name) {
        return Ok(Outcome::Awaiting(awaiting));
    }
    link(core, &ca, number, &rollover.requester).await?;
    equip(core, &rollover.name, number).await?;
    if !rollover.prepare_only
        && rollover
            .switch_at
            .is_none_or(|at| at <= core.context.clock.now())
    {
        switch(core, &rollover.name, number, &rollover.requester).await?;
    }
    find(core, &rollover.name).map(Outcome::Ready)
}

/// Has a prepared generation issue from now on. May be repeated.
pub async fn switch(
    core: &Arc<Core>,
    name: &AuthorityName,
    number: i16,
    requester: &str,
) -> Result<(), AuthorityError> {
    let before = find(core, name)?;
    if before.authority.generation == number {
        return Ok(());
    }
    let next = find_generation(core, name, number)?;
    if next.state != GenerationState::Prepared {
        return Err(AuthorityError::UnknownGeneration {
            name: name.clone(),
            generation: number,
        });
    }
    equip(core, name, number).await?;
    let now = Authority {
        state: before.authority.state,
        ..next.authority.clone()
    };
    core.store
        .switch_generation(&now, Some(&row_of(&before.authority)), &[])
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(
        target: "audit", act = "switch generation of CA", issuer_id = %name, before = before.authority.generation,
        generation = number, requester, "CA issues with another key"
    );
    refresh(core).await
}

/// Switches what is due; for the round of maintenance.
pub async fn switch_due(core: &Arc<Core>) {
    let now_ms = core.context.clock.now_ms();
    for ca in core.registry.generations() {
        let due = ca.state == GenerationState::Prepared
            && ca.switch_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        if !due {
            continue;
        }
        let (name, number) = (&ca.authority.name, ca.authority.generation);
        if let Err(error) = switch(core, name, number, "cara-ws").await {
            let error = ers_runtime::error::chain(&error);
            tracing::error!(issuer_id = %name, generation = number, error, "generation of CA not switched");
        }
    }
}

fn prepared(core: &Core, name: &AuthorityName) -> Option<Arc<IssuingAuthority>> {
    core.registry
        .generations()
        .into_iter()
        .find(|ca| ca.authority.name == *name && ca.state == GenerationState::Prepared)
}

fn newest(core: &Core, authority: &Authority) -> i16 {
    let generations = core.registry.generations();
    let own = generations
        .iter()
        .filter(|other| other.authority.name == authority.name);
    let newest = own.map(|other| other.authority.generation).max();
    newest.unwrap_or(authority.generation)
}

/// Key and certificate, or request, of the next generation; gives its number.
async fn prepare(
    core: &Arc<Core>,
    ca: &IssuingAuthority,
    rollover: &Rollover,
) -> Result<i16, AuthorityError> {
    let before = &ca.authority;
    let number = newest(core, before) + 1;
    let key_algorithm = rollover
        .key_algorithm
        .unwrap_or_else(|| before.certificate.public_key().algorithm());
    let signature_algorithm = algorithm_for(key_algorithm, rollover.signature_algorithm)?;
    let is_root = before.certificate.is_self_issued();
    let is_external = before.issuer.is_none() && !is_root;
    let path_length = rollover
        .path_length
        .or_else(|| before.certificate.path_length());
    let above = before
        .issuer
        .as_ref()
        .map(|issuer| find(core, issuer))
        .transpose()?;
    let subject = before.certificate.subject();
    let label = format!("authority-{}.g{number}", before.name);
    let key = WantedKey {
        label: label.clone(),
        algorithm: key_algorithm,
        token: rollover.token.clone(),
        subject,
        validity: rollover.validity,
        path_length,
        is_root,
        is_external,
    }
    .make(core)
    .await?;
    let wanted = Wanted {
        name: &before.name,
        generation: number,
        request_id: label,
        subject,
        key_id: &key.id,
        public_key: &key.public_key,
        signature_algorithm,
        profile: rollover.profile.as_deref(),
        path_length,
        validity: rollover.validity,
        requester: &rollover.requester,
    };
    let (certificate, request) = if is_external {
        (None, Some(request_certificate(core, &wanted).await?))
    } else {
        (Some(wanted.certify(core, above.as_deref()).await?), None)
    };
    let generation = Generation {
        authority: before.name.clone(),
        number,
        state: if certificate.is_some() {
            GenerationState::Prepared
        } else {
            GenerationState::Awaiting
        },
        key_id: key.id,
        signature_algorithm,
        request,
        certificate,
        switch_at_ms: rollover.switch_at.map(ers_runtime::clock::to_ms),
        ocsp_signer: None,
        created_at_ms: core.context.clock.now_ms(),
        created_by: rollover.requester.clone(),
    };
    core.store
        .insert_generation(&generation, &[])
        .await
        .map_err(AuthorityError::Store)?;
    tracing::info!(
        target: "audit", act = "prepare generation of CA", issuer_id = %before.name, generation = number,
        requester = rollover.requester, "CA has a new key"
    );
    Ok(number)
}

/// A root's link certificates: who trusts the old key can follow to the new one, and who has only the new one reaches
/// what hangs on the old one. CAs below another need none: that one has signed both keys.
async fn link(
    core: &Arc<Core>,
    old: &IssuingAuthority,
    number: i16,
    requester: &str,
) -> Result<(), AuthorityError> {
    let name = &old.authority.name;
    let new = find_generation(core, name, number)?;
    if !old.authority.certificate.is_self_issued() || old.authority.generation == number {
        return Ok(());
    }
    let mut links = Vec::new();
    for (kind, word, signer, subject) in [
        (CertificateKind::NewWithOld, "new-with-old", old, &*new),
        (CertificateKind::OldWithNew, "old-with-new", &*new, old),
    ] {
        let certificate = &subject.authority.certificate;
        let (from, to) = (old.authority.generation, number);
        let wanted = Wanted {
            name,
            generation: signer.authority.generation,
            request_id: format!("authority-{name}-{from}-{to}-{word}"),
            subject: certificate.subject(),
            key_id: &subject.authority.key_id,
            public_key: certificate.public_key(),
            signature_algorithm: subject.authority.signature_algorithm,
            profile: None,
            path_length: certificate.path_length(),
            validity: link_validity(core, old, &new),
            requester,
        };
        let profile = ca_profile(core, "root-ca", certificate.path_length())?;
        let issuer = signer.issuer.clone().for_links();
        let signatory = Signatory {
            issuer: &issuer,
            ..Signatory::of(signer)
        };
        let certificate = wanted.sign(core, &signatory, &profile).await?;
        links.push(OtherCertificate {
            authority: name.clone(),
            generation: subject.authority.generation,
            kind,
            certificate,
            created_at_ms: core.context.clock.now_ms(),
        });
    }
    core.store
        .insert_other_certificates(name, &links)
        .await
        .map_err(AuthorityError::Store)?;
    refresh(core).await
}

/// Until the first of both ends (RFC 9810 section 4.4: as long as the old key may be needed).
fn link_validity(core: &Core, old: &IssuingAuthority, new: &IssuingAuthority) -> Duration {
    let ends = |ca: &IssuingAuthority| ca.authority.certificate.not_after();
    let left = ends(old).min(ends(new)) - core.context.clock.now();
    left.try_into().unwrap_or_default()
}
