//! `cara.v1.Certificates`.

use ers_proto::cara::v1::{
    self as wire, certificates_server::Certificates, load_certificate_request::By,
};
use ers_runtime::{
    clock::to_ms,
    error::{chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{AuthorityName, Criteria, Cursor, IndexedName, Times, WantedName, WantedState},
    flows::search::search,
};

const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;
/// Names of one search: all but one are compared with every certificate that the one finds.
const MOST_NAMES: usize = 20;

#[tonic::async_trait]
impl Certificates for Service {
    async fn load(
        &self,
        request: Request<wire::LoadCertificateRequest>,
    ) -> Result<Response<wire::Certificate>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let store = &self.core.store;
        let found = match request.into_inner().by {
            Some(By::IssuerAndSerial(key)) => {
                let issuer = convert::authority_name("issuer", &key.issuer)?;
                store
                    .find_certificate(&issuer, &convert::serial(&key.serial)?)
                    .await
            }
            Some(By::Fingerprint(fingerprint)) => store.find_by_fingerprint(&fingerprint).await,
            Some(By::RequestId(id)) => store.find_by_request(&convert::request_id(id)?).await,
            None => return Err(convert::invalid("by", "is required")),
        };
        let record = found
            .map_err(status)?
            .ok_or_else(|| Status::not_found("there is no such certificate"))?;
        Ok(Response::new(convert::certificate(&record)))
    }

    async fn list(
        &self,
        request: Request<wire::ListCertificatesRequest>,
    ) -> Result<Response<wire::ListCertificatesResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let request = request.into_inner();
        let state = match request.state() {
            wire::CertificateState::Unspecified => None,
            wire::CertificateState::Valid => Some(WantedState::NotRevoked),
            wire::CertificateState::Revoked => Some(WantedState::Revoked),
        };
        let criteria = Criteria {
            issuer: issuer(&request.issuer)?,
            state,
            ..Criteria::default()
        };
        let (issued, revoked) = self
            .core
            .store
            .count_certificates(criteria.issuer.as_ref())
            .await
            .map_err(status)?;
        let after = parse_token(&request.page_token)?;
        let found = search(&self.core, &criteria, after, page_size(request.page_size))
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ListCertificatesResponse {
            certificates: found.records.iter().map(convert::certificate).collect(),
            next_page_token: token(found.next.as_ref()),
            total: match state {
                Some(WantedState::Revoked) => revoked,
                Some(_) => issued.saturating_sub(revoked),
                None => issued,
            },
        }))
    }

    async fn search(
        &self,
        request: Request<wire::SearchCertificatesRequest>,
    ) -> Result<Response<wire::SearchCertificatesResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let request = request.into_inner();
        let criteria = criteria(&request)?;
        let after = parse_token(&request.page_token)?;
        let found = search(&self.core, &criteria, after, page_size(request.page_size))
            .await
            .map_err(status)?;
        Ok(Response::new(wire::SearchCertificatesResponse {
            certificates: found.records.iter().map(convert::certificate).collect(),
            next_page_token: token(found.next.as_ref()),
            examined: found.examined,
            incomplete: !found.is_complete,
        }))
    }
}

fn criteria(request: &wire::SearchCertificatesRequest) -> Result<Criteria, Status> {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let serial = optional(&request.serial)
        .map(|text| convert::serial(&text))
        .transpose()?;
    let state = match request.state() {
        wire::SearchState::Unspecified => None,
        wire::SearchState::Valid => Some(WantedState::Valid),
        wire::SearchState::Revoked => Some(WantedState::Revoked),
        wire::SearchState::Held => Some(WantedState::Held),
        wire::SearchState::Expired => Some(WantedState::Expired),
    };
    Ok(Criteria {
        serial,
        fingerprint: octets("fingerprint", &request.fingerprint, 32..=32)?.map(<[u8]>::to_vec),
        names: names(request)?,
        issuer: issuer(&request.issuer)?,
        profile: optional(&request.profile),
        policy: optional(&request.policy),
        state,
        issued: times("issued", request.issued.as_ref())?,
        not_after: times("not_after", request.not_after.as_ref())?,
        revoked: times("revoked", request.revoked.as_ref())?,
    })
}

fn names(request: &wire::SearchCertificatesRequest) -> Result<Vec<WantedName>, Status> {
    if request.names.len() + request.subject_attributes.len() > MOST_NAMES {
        return Err(convert::invalid(
            "names",
            format!("must be at most {MOST_NAMES} with subject_attributes"),
        ));
    }
    let mut names = Vec::new();
    if !request.subject.is_empty() {
        let subject = request
            .subject
            .parse()
            .map_err(|error| convert::invalid("subject", chain(&error)))?;
        names.push(WantedName::exactly(IndexedName::subject(&subject)));
    }
    for text in &request.subject_attributes {
        names.push(
            WantedName::attribute(text)
                .map_err(|error| convert::invalid("subject_attributes", error))?,
        );
    }
    for text in &request.names {
        names.push(WantedName::general(text).map_err(|error| convert::invalid("names", error))?);
    }
    let identifier = octets(
        "subject_key_identifier",
        &request.subject_key_identifier,
        1..=64,
    )?;
    names.extend(
        identifier
            .map(IndexedName::key_identifier)
            .map(WantedName::exactly),
    );
    let key = octets(
        "public_key_fingerprint",
        &request.public_key_fingerprint,
        32..=32,
    )?;
    names.extend(key.map(IndexedName::public_key).map(WantedName::exactly));
    if !request.end_entity.is_empty() {
        let end_entity = IndexedName::end_entity(&request.end_entity);
        names.push(WantedName::exactly(end_entity));
    }
    Ok(names)
}

fn octets<'a>(
    field: &str,
    octets: &'a [u8],
    length: std::ops::RangeInclusive<usize>,
) -> Result<Option<&'a [u8]>, Status> {
    if octets.is_empty() {
        return Ok(None);
    }
    if !length.contains(&octets.len()) {
        let (least, most) = (length.start(), length.end());
        return Err(convert::invalid(
            field,
            format!("must be {least} to {most} octets"),
        ));
    }
    Ok(Some(octets))
}

fn times(field: &str, range: Option<&wire::TimeRange>) -> Result<Option<Times>, Status> {
    let Some(range) = range else {
        return Ok(None);
    };
    let end = |time: Option<&prost_types::Timestamp>, absent: i64| {
        time.map_or(Ok(absent), |time| convert::time(field, time).map(to_ms))
    };
    Ok(Some(
        end(range.from.as_ref(), i64::MIN)?..end(range.until.as_ref(), i64::MAX)?,
    ))
}

fn issuer(name: &str) -> Result<Option<AuthorityName>, Status> {
    match name {
        "" => Ok(None),
        name => convert::authority_name("issuer", name).map(Some),
    }
}

fn page_size(wanted: u32) -> usize {
    let size = if wanted == 0 {
        DEFAULT_PAGE
    } else {
        wanted.min(LARGEST_PAGE)
    };
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn token(cursor: Option<&Cursor>) -> String {
    cursor.map(ToString::to_string).unwrap_or_default()
}

fn parse_token(text: &str) -> Result<Option<Cursor>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|error| convert::invalid("page_token", error))
}
