//! Renewing, re-keying and changing a CA.

use std::path::PathBuf;

use ers_proto::cara::v1::{
    Authority, AuthorityState, ChangeAuthorityStateRequest, LoadAuthorityRequest,
    RenewAuthorityRequest, RollOverRequest, UpdateAuthorityRequest,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Authorities, duration, read_text};
use crate::{
    cli::{CaRenew, CaRollover},
    failure::{Attempt as _, Outcome, answered},
    output,
};

pub(super) async fn renew(mut authorities: Authorities, options: CaRenew) -> Outcome<Authority> {
    let request = RenewAuthorityRequest {
        request_id: options.request_id.unwrap_or_else(fresh_id),
        validity: Some(duration(&options.validity)?),
        name: options.name,
        path_length: options.path_length,
        profile: options.profile.unwrap_or_default(),
    };
    Ok(authorities
        .renew(request)
        .await
        .map_err(answered)?
        .into_inner())
}

pub(super) async fn roll_over(
    mut authorities: Authorities,
    options: CaRollover,
) -> Outcome<Authority> {
    let switch_at = match &options.switch_at {
        None => None,
        Some(text) => {
            let at = OffsetDateTime::parse(text, &Rfc3339).attempt("read --switch-at")?;
            Some(prost_types::Timestamp {
                seconds: at.unix_timestamp(),
                nanos: 0,
            })
        }
    };
    let request = RollOverRequest {
        validity: Some(duration(&options.validity)?),
        name: options.name,
        key_algorithm: options.key_algorithm.unwrap_or_default(),
        signature_algorithm: options.signature_algorithm.unwrap_or_default(),
        path_length: options.path_length,
        profile: options.profile.unwrap_or_default(),
        token: options.token.unwrap_or_default(),
        switch_at,
        prepare_only: options.prepare_only,
    };
    Ok(authorities
        .roll_over(request)
        .await
        .map_err(answered)?
        .into_inner())
}

pub(super) async fn state(
    mut authorities: Authorities,
    name: String,
    state: AuthorityState,
    reason: &str,
    last_crl: bool,
) -> Outcome<Authority> {
    let request = ChangeAuthorityStateRequest {
        name,
        state: state.into(),
        reason: reason.to_owned(),
        last_crl,
    };
    Ok(authorities
        .change_state(request)
        .await
        .map_err(answered)?
        .into_inner())
}

pub(super) async fn settings(
    mut authorities: Authorities,
    name: String,
    set: Option<PathBuf>,
) -> Outcome<()> {
    let ca = match set {
        None => {
            let request = LoadAuthorityRequest { name };
            authorities.load(request).await
        }
        Some(file) => {
            let request = UpdateAuthorityRequest {
                name,
                settings: read_text(&file)?,
                version: None,
            };
            authorities.update(request).await
        }
    };
    output::line(&ca.map_err(answered)?.into_inner().settings)
}

/// An id for what is not to be repeated.
pub(super) fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
