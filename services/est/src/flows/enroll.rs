//! `/simpleenroll` and `/simplereenroll` (RFC 7030 section 4.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_enrollment::{Enrollment, Outcome};
use ers_pki::{certificate::Certificate, csr::Csr, general_name::GeneralName, name::Name};
use ers_proto::clm::v1::{self as wire, RefusalReason};

use super::{Flows, Known, Shown};
use crate::{domain::request_id::request_id, failure::Failure};

/// How often a CSR that a client keeps for ever may have become a certificate.
const MOST_BEFORE: usize = 100;
/// Profiles let certificates begin a little before they are issued; such a one is not asked about.
const SURELY_NEW: time::Duration = time::Duration::hours(2);

/// A certificate asked for.
pub(crate) struct Asked<'a> {
    pub(crate) policy: &'a wire::EdgePolicy,
    pub(crate) shown: &'a Shown,
    pub(crate) known: &'a Known,
    pub(crate) csr: &'a Csr,
    /// By `/simplereenroll`.
    pub(crate) again: bool,
}

/// What the client gets.
pub(crate) enum Answer {
    /// The certificate, DER.
    Issued(Vec<u8>),
    /// A person decides; seconds after which to ask again.
    Waiting(u64),
}

impl Flows {
    /// Enrolls, or enrolls again.
    pub(crate) async fn enroll(&self, asked: &Asked<'_>) -> Result<Answer, Failure> {
        check_linking(asked)?;
        let renewed = renewed(asked)?;
        let mut after = String::new();
        for _ in 0..MOST_BEFORE {
            let request = request(asked, renewed, &after)?;
            match self.clm.enroll(request).await? {
                Outcome::Waiting { retry_after } => {
                    return Ok(Answer::Waiting(retry_after.as_secs()));
                }
                Outcome::Refused { reason, detail } => return Err(refused(reason, detail)),
                Outcome::Issued {
                    certificate: der, ..
                } => {
                    let made = Certificate::from_der(&der)
                        .map_err(|error| Failure::Internal(Box::new(error)))?;
                    if renewed.is_some() || !self.is_used_up(&made).await? {
                        return Ok(Answer::Issued(der));
                    }
                    after = made.serial().to_hex();
                }
            }
        }
        Err(Failure::BadRequest(
            "read CSR: it was used for too many certificates, make a new one".to_owned(),
        ))
    }

    /// Whether a certificate that the same CSR became before will do no longer: some clients keep one CSR for ever, and when
    /// they send it again in the last third of the certificate's life, or after it was revoked, they want another one.
    async fn is_used_up(&self, made: &Certificate) -> Result<bool, Failure> {
        let (begin, now) = (made.not_before(), self.clock.now());
        if now - begin < SURELY_NEW {
            return Ok(false);
        }
        let life = made.not_after() - begin;
        Ok(now - begin > life * 2 / 3 || !self.clm.is_good(made.der()).await?)
    }
}

/// The certificate that is renewed: by `/simplereenroll` the one shown; by `/simpleenroll` too, when it lets in for its own
/// names alone.
fn renewed<'a>(asked: &Asked<'a>) -> Result<Option<&'a Certificate>, Failure> {
    if !asked.again && !asked.known.renewal_only {
        return Ok(None);
    }
    let certificate = asked.known.certificate.as_ref().ok_or_else(|| {
        Failure::Forbidden("show the certificate that is to be renewed".to_owned())
    })?;
    // RFC 7030 section 4.2.2: subject and names of the request are those of the certificate.
    if !asked
        .csr
        .subject()
        .attributes()
        .eq(certificate.subject().attributes())
    {
        return Err(Failure::BadRequest(format!(
            "read CSR: its subject must be that of the certificate that is renewed, {}",
            certificate.subject()
        )));
    }
    if sorted(asked.csr.names()) != sorted(certificate.names()) {
        return Err(Failure::BadRequest(
            "read CSR: its subject alternative names must be those of the certificate that is renewed"
                .to_owned(),
        ));
    }
    Ok(Some(certificate))
}

fn sorted(names: &[GeneralName]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.sort();
    names
}

fn request(
    asked: &Asked<'_>,
    renewed: Option<&Certificate>,
    after: &str,
) -> Result<Enrollment, Failure> {
    let (policy, known, csr) = (asked.policy, asked.known, asked.csr);
    let renews = renewed.map(Certificate::der).unwrap_or_default();
    // RFC 7030 section 4.2.2, RFC 6402 section 2.8: what the new certificate is to have instead.
    let change = csr
        .change_subject_name()
        .map_err(|error| Failure::BadRequest(ers_runtime::error::chain(&error)))?
        .filter(|_| renewed.is_some());
    let (subject, names) = match change {
        Some(change) => (
            change.subject.map(|name: Name| name.to_der().to_vec()),
            change.names,
        ),
        None => (None, Vec::new()),
    };
    Ok(Enrollment {
        request_id: request_id(&policy.name, &known.requester, csr.der(), renews, after),
        policy: policy.name.clone(),
        requester: known.requester.clone(),
        // An authority asks for others, who are not it.
        end_entity: if known.authority {
            String::new()
        } else {
            known.end_entity.clone()
        },
        csr: csr.der().to_vec(),
        subject: subject.unwrap_or_default(),
        names: names.iter().map(ToString::to_string).collect(),
        renews: renews.to_vec(),
        authenticated_by: known.method.clone(),
        ..Default::default()
    })
}

/// Proof that the request comes from the TLS session that brings it (RFC 7030 section 3.5, RFC 9266): its challenge
/// password is the session's exporter value. Only TLS 1.3 that ends here has one; tls-unique of TLS 1.2 our TLS does not
/// tell.
fn check_linking(asked: &Asked<'_>) -> Result<(), Failure> {
    let required = asked.policy.est.is_some_and(|est| est.linking_required);
    let given = asked.csr.challenge_password();
    let expected = asked.shown.exporter.map(|value| STANDARD.encode(value));
    match (given, expected) {
        (Some(given), Some(expected)) => {
            let equal = aws_lc_rs::constant_time::verify_slices_are_equal(
                given.as_bytes(),
                expected.as_bytes(),
            );
            // A password of another form is no such proof, and nobody's business unless one is demanded.
            let claims = given.len() == expected.len();
            if equal.is_ok() || (!required && !claims) {
                return Ok(());
            }
            Err(Failure::BadRequest(
                "read CSR: its challenge password does not prove this TLS session".to_owned(),
            ))
        }
        _ if required => Err(Failure::BadRequest(
            "read CSR: its challenge password must be the tls-exporter value of this TLS 1.3 session".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// How EST tells a refusal.
pub(super) fn refused(reason: RefusalReason, detail: String) -> Failure {
    match reason {
        RefusalReason::NotAllowed | RefusalReason::Declined => Failure::Forbidden(detail),
        RefusalReason::Duplicate => Failure::Conflict(detail),
        RefusalReason::Unspecified
        | RefusalReason::BadRequest
        | RefusalReason::BadKey
        | RefusalReason::BadName
        | RefusalReason::BadValidity => Failure::BadRequest(detail),
    }
}
