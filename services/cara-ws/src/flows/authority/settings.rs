//! Changing a CA's settings.

use std::sync::Arc;

use super::{AuthorityError, find, refresh};
use crate::{
    domain::{AuthorityName, Settings},
    flows::{Core, IssuingAuthority},
};

/// Puts a CA's settings in the place of those before. A version makes sure that nobody else has changed them meanwhile.
#[tracing::instrument(name = "cara.update_settings", skip_all, fields(issuer_id = %name))]
pub async fn update(
    core: &Arc<Core>,
    name: &AuthorityName,
    settings: &str,
    version: Option<i32>,
    requester: &str,
) -> Result<Arc<IssuingAuthority>, AuthorityError> {
    let ca = find(core, name)?;
    let settings = parse(settings)?;
    check(core, &settings)?;
    let known = ca.authority.settings_version;
    if ca.authority.settings == settings && version.is_none_or(|version| version == known) {
        return Ok(ca);
    }
    let changed = core
        .store
        .put_settings(name, &settings, version.unwrap_or(known))
        .await
        .map_err(AuthorityError::Store)?;
    if !changed {
        return Err(AuthorityError::Outrun(name.clone()));
    }
    let text = serde_json::to_string(&settings).unwrap_or_default();
    tracing::info!(
        target: "audit", act = "change settings of CA", issuer_id = %name, requester, settings = text,
        version = version.unwrap_or(known) + 1, "settings of CA changed"
    );
    refresh(core).await?;
    find(core, name)
}

/// Settings of their JSON; of an empty text, none.
///
/// # Errors
/// When the text is no JSON of settings.
pub fn parse(text: &str) -> Result<Settings, AuthorityError> {
    if text.is_empty() {
        return Ok(Settings::default());
    }
    serde_json::from_str(text).map_err(AuthorityError::SettingsUnreadable)
}

/// Whether a CA can be run so.
pub(super) fn check(core: &Core, settings: &Settings) -> Result<(), AuthorityError> {
    settings.check().map_err(AuthorityError::Settings)?;
    let unknown = settings
        .profiles
        .iter()
        .find(|name| core.profiles.find(name).is_none());
    match unknown {
        None => Ok(()),
        Some(name) => Err(AuthorityError::SettingsProfile(name.clone())),
    }
}
