//! What an `IssueRequest` may say beside subject, names and validity.

use ers_pki::{
    ExtendedKeyUsage, KeyUsage, ObjectIdentifier, RequestedExtension, issuance::EndEntity,
    name::Name,
};
use ers_proto::cara::v1 as wire;
use ers_runtime::error::chain;
use tonic::Status;

use super::convert::invalid;
use crate::flows::issue::Wishes;

/// More of one kind is refused before anything is parsed.
const MOST: usize = 32;
/// Longest value of an extension.
const MAX_VALUE_BYTES: usize = 16 * 1024;

pub(super) fn parse(request: &wire::IssueRequest) -> Result<Wishes, Status> {
    for (field, count) in [
        ("key_usage", request.key_usage.len()),
        ("extended_key_usage", request.extended_key_usage.len()),
        ("extensions", request.extensions.len()),
    ] {
        if count > MOST {
            return Err(invalid(field, format!("must be at most {MOST}")));
        }
    }
    let key_usage = request
        .key_usage
        .iter()
        .map(|word| {
            word.parse::<KeyUsage>()
                .map_err(|error| invalid("key_usage", error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let extended_key_usage = request
        .extended_key_usage
        .iter()
        .map(|word| {
            word.parse::<ExtendedKeyUsage>()
                .map_err(|error| invalid("extended_key_usage", error))
        })
        .collect::<Result<_, _>>()?;
    Ok(Wishes {
        key_usage: (!key_usage.is_empty()).then(|| key_usage.into_iter().collect()),
        extended_key_usage,
        extensions: request
            .extensions
            .iter()
            .map(extension)
            .collect::<Result<_, _>>()?,
        end_entity: request
            .end_entity
            .as_ref()
            .map(end_entity)
            .transpose()?
            .unwrap_or_default(),
    })
}

fn extension(wished: &wire::RequestedExtension) -> Result<RequestedExtension, Status> {
    let oid = ObjectIdentifier::new(&wished.oid)
        .map_err(|_| invalid("extensions.oid", "must be a dotted object identifier"))?;
    if wished.value.is_empty() || wished.value.len() > MAX_VALUE_BYTES {
        return Err(invalid("extensions.value", "must have 1 to 16384 octets"));
    }
    Ok(RequestedExtension {
        oid,
        critical: wished.critical,
        value: wished.value.clone(),
    })
}

fn end_entity(known: &wire::EndEntity) -> Result<EndEntity, Status> {
    if known.names.len() > super::issuance::MAX_NAMES {
        return Err(invalid("end_entity.names", "must be at most 100"));
    }
    let subject = if known.subject.is_empty() {
        Name::empty()
    } else {
        Name::from_der(&known.subject)
            .map_err(|error| invalid("end_entity.subject", chain(&error)))?
    };
    let names = known
        .names
        .iter()
        .map(|name| {
            name.parse()
                .map_err(|error| invalid("end_entity.names", chain(&error)))
        })
        .collect::<Result<_, _>>()?;
    Ok(EndEntity {
        subject,
        names,
        security_identifier: Some(known.security_identifier.clone())
            .filter(|identifier| !identifier.is_empty()),
    })
}
