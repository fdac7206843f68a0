//! What it says.

use std::time::Duration;

use ers_pki::certificate::Certificate;
use ers_pki::csr::Csr;
use ers_pki::issuance::Request;
use ers_pki::key::PublicKey;
use ers_pki::name::Name;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::authenticate_response::Outcome as Judged;
use ers_proto::clm::v1::enroll_response::Outcome;
use tonic::Status;

use super::{FakeClm, Inner, Mode};

impl FakeClm {
    pub(super) fn is_up(&self) -> Result<(), Status> {
        match self.0.inner.lock().mode {
            Mode::Down => Err(Status::unavailable("the story wants it so")),
            _ => Ok(()),
        }
    }

    /// What becomes of a request under a mode.
    pub(super) fn outcome(
        &self,
        inner: &mut Inner,
        mode: &Mode,
        request: &wire::EnrollRequest,
    ) -> wire::EnrollResponse {
        match mode {
            Mode::Wait => waiting(self.0.setup.retry_after),
            Mode::Refuse(reason) => refused(*reason),
            _ if changes_identity(request) => refused(wire::RefusalReason::BadName),
            _ => self.issue(inner, request),
        }
    }

    pub(super) fn issue(
        &self,
        inner: &mut Inner,
        request: &wire::EnrollRequest,
    ) -> wire::EnrollResponse {
        let setup = &self.0.setup;
        let mut own = setup.own.iter();
        let profile = own
            .find(|(policy, _)| *policy == request.policy)
            .map_or(setup.profile, |(_, profile)| profile);
        let wanted = wanted(request, setup.takes_subject);
        let certificate = self.0.ca.issue(profile, &wanted, &*self.0.clock);
        inner.issued.push((certificate.clone(), request.clone()));
        wire::EnrollResponse {
            outcome: Some(Outcome::Issued(wire::Issued {
                certificate: certificate.der().to_vec(),
                chain: vec![self.root().der().to_vec()],
                issuer: "fake".to_owned(),
                serial: certificate.serial().to_hex(),
            })),
        }
    }

    /// Who somebody is, by what they showed.
    pub(super) fn judge(
        &self,
        inner: &mut Inner,
        credential: wire::authenticate_request::Credential,
    ) -> wire::AuthenticateResponse {
        use wire::authenticate_request::Credential;
        match credential {
            Credential::Challenge(text) if text == "secret" => known("anybody", "challenge", false),
            Credential::Challenge(text)
                if text.starts_with("once-") && inner.used.insert(text.clone()) =>
            {
                known(&text, "challenge", false)
            }
            Credential::Certificate(der) => by_certificate(inner, &der),
            _ => denied("authenticate: not right, or used before"),
        }
    }
}

fn by_certificate(inner: &Inner, der: &[u8]) -> wire::AuthenticateResponse {
    let shown = Certificate::from_der(der).unwrap();
    let issued = inner.issued.iter().find(|(found, _)| *found == shown);
    if let Some((_, request)) = issued {
        if inner.revoked.contains_key(der) {
            return denied("the certificate is revoked");
        }
        let is_authority = inner.authorities.contains(&request.end_entity);
        return known(&request.end_entity, "certificate", is_authority);
    }
    let mut vendors = inner.vendors.iter();
    if vendors.any(|vendor| shown.verify_signed_by(vendor).is_ok()) {
        let name = shown.subject().common_name().unwrap_or_default();
        return known(&name, "certificate", false);
    }
    denied("authenticate: nobody we know")
}

fn wanted(request: &wire::EnrollRequest, takes_subject: bool) -> Request {
    let names = request.subject_alternative_names.iter();
    let names = names.map(|name| name.parse().unwrap()).collect();
    let validity = request
        .validity
        .map(|validity| Duration::try_from(validity).unwrap().try_into().unwrap());
    if request.csr.is_empty() {
        return Request {
            subject: Name::from_der(&request.subject).unwrap(),
            names,
            validity,
            ..Request::new(PublicKey::from_spki_der(&request.public_key).unwrap())
        };
    }
    let csr = Csr::from_der(&request.csr).unwrap();
    let mut wanted = Request {
        names: match names.is_empty() {
            true => csr.names().to_vec(),
            false => names,
        },
        validity,
        ..Request::new(csr.public_key().clone())
    };
    if takes_subject {
        wanted.subject = csr.subject().clone();
    }
    wanted
}

/// What CLM refuses under a usual policy.
fn changes_identity(request: &wire::EnrollRequest) -> bool {
    !request.subject.is_empty()
        && Certificate::from_der(&request.renews)
            .is_ok_and(|old| old.subject().to_der() != request.subject)
}

pub(super) fn refused(reason: wire::RefusalReason) -> wire::EnrollResponse {
    let refused = wire::Refused {
        reason: reason.into(),
        detail: "csr: the story wants it so".to_owned(),
    };
    wire::EnrollResponse {
        outcome: Some(Outcome::Refused(refused)),
    }
}

fn waiting(seconds: i64) -> wire::EnrollResponse {
    let retry_after = Some(prost_types::Duration { seconds, nanos: 0 });
    wire::EnrollResponse {
        outcome: Some(Outcome::Waiting(wire::Waiting { retry_after })),
    }
}

fn known(end_entity: &str, method: &str, is_authority: bool) -> wire::AuthenticateResponse {
    wire::AuthenticateResponse {
        outcome: Some(Judged::Authenticated(wire::Authenticated {
            end_entity: end_entity.to_owned(),
            requester: requester(end_entity),
            standing: standing(is_authority).into(),
            method: method.to_owned(),
            renewal_only: false,
        })),
    }
}

pub(super) fn requester(end_entity: &str) -> String {
    format!("end-entity:{end_entity}")
}

pub(super) fn standing(is_authority: bool) -> wire::Standing {
    match is_authority {
        true => wire::Standing::RegistrationAuthority,
        false => wire::Standing::Holder,
    }
}

fn denied(detail: &str) -> wire::AuthenticateResponse {
    wire::AuthenticateResponse {
        outcome: Some(Judged::Denied(wire::Denied {
            detail: detail.to_owned(),
            retry_after: None,
        })),
    }
}
