//! What a request wishes beside subject and names: usages and extensions.

use super::{PrepareError, Request, RequestFault};
use crate::asn1::{self, Reader};
use crate::extension::microsoft;
use crate::extension::{ExtendedKeyUsage, KeyUsages, RequestedExtension};
use crate::profile::{Presence, Profile, Surplus};

/// Deepest nesting of the value of an extension.
const DEEPEST: usize = 16;

/// The key usages: the profile's that suit the key, of which the request may choose.
pub(super) fn key_usages(profile: &Profile, request: &Request) -> Result<KeyUsages, PrepareError> {
    let algorithm = request.public_key.algorithm();
    let suiting = || {
        let usages = profile.key_usage.iter().copied();
        usages.filter(move |usage| usage.suits(algorithm))
    };
    let all: KeyUsages = suiting().collect();
    let Some(wanted) = request.key_usage else {
        return Ok(all);
    };
    let rule = &profile.request;
    let strict = rule.surplus == Surplus::Refuse;
    if !rule.key_usage {
        return if strict && wanted != all {
            Err(RequestFault::KeyUsage.into())
        } else {
            Ok(all)
        };
    }
    let chosen: KeyUsages = suiting().filter(|usage| wanted.contains(*usage)).collect();
    if chosen.is_empty() || (strict && chosen != wanted) {
        return Err(RequestFault::KeyUsage.into());
    }
    Ok(chosen)
}

/// The extended key usages: the profile's, of which the request may choose.
pub(super) fn extended_key_usages(
    profile: &Profile,
    request: &Request,
) -> Result<Vec<ExtendedKeyUsage>, PrepareError> {
    let all = &profile.extended_key_usage;
    let wanted = &request.extended_key_usage;
    if wanted.is_empty() {
        return Ok(all.clone());
    }
    let rule = &profile.request;
    let strict = rule.surplus == Surplus::Refuse;
    let surplus = wanted.iter().any(|usage| !all.contains(usage));
    if !rule.extended_key_usage {
        let differs = surplus || all.iter().any(|usage| !wanted.contains(usage));
        return if strict && differs {
            Err(RequestFault::ExtendedKeyUsage.into())
        } else {
            Ok(all.clone())
        };
    }
    let chosen: Vec<_> = all
        .iter()
        .copied()
        .filter(|usage| wanted.contains(usage))
        .collect();
    if chosen.is_empty() || (strict && surplus) {
        return Err(RequestFault::ExtendedKeyUsage.into());
    }
    Ok(chosen)
}

/// The extensions that are taken over from the request.
pub(super) fn extensions<'a>(
    profile: &Profile,
    request: &'a Request,
) -> Result<Vec<&'a RequestedExtension>, PrepareError> {
    let rule = &profile.request;
    let mut taken: Vec<&RequestedExtension> = Vec::new();
    for wanted in &request.extensions {
        let fixed = profile
            .extensions
            .private
            .iter()
            .any(|private| private.oid == wanted.oid);
        let twice = taken.iter().any(|other| other.oid == wanted.oid);
        if !rule.extensions.contains(&wanted.oid) || fixed || twice {
            if rule.surplus == Surplus::Refuse {
                return Err(RequestFault::Extension(wanted.oid).into());
            }
            continue;
        }
        let mut reader = Reader::new(&wanted.value);
        let sound = reader.element("Extension").is_ok()
            && reader.is_empty()
            && asn1::check_nesting(&wanted.value, DEEPEST, "Extension").is_ok();
        if !sound {
            return Err(RequestFault::ExtensionValue(wanted.oid).into());
        }
        taken.push(wanted);
    }
    Ok(taken)
}

/// The security identifier that is written.
pub(super) fn security_identifier<'a>(
    profile: &Profile,
    request: &'a Request,
) -> Result<Option<&'a str>, PrepareError> {
    let known = request.end_entity.security_identifier.as_deref();
    match (profile.extensions.microsoft_security_identifier, known) {
        (Presence::Never, _) | (Presence::Known, None) => Ok(None),
        (Presence::Required, None) => Err(RequestFault::SecurityIdentifierMissing.into()),
        (_, Some(identifier)) if !microsoft::is_security_identifier(identifier) => {
            Err(RequestFault::SecurityIdentifier.into())
        }
        (_, known) => Ok(known),
    }
}
