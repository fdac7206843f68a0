//! Certificates that the platform issues to itself: to its ports, and to its administrators. Keys are made by whoever
//! asks; what comes back is the chain, DER, the certificate first, the root left out.

use ers_pki::{certificate::Certificate, key::PrivateKey, name::Name};
use ers_proto::{
    cara::v1::{IssueRequest, Origin},
    clm::v1::{EnrollRequest, enroll_response::Outcome as Decision},
};
use time::OffsetDateTime;

use crate::{
    commands::duration,
    failure::{Attempt as _, Failure, Outcome, answered},
    remote::Remote,
};

/// The policy of ports.
const PORT_POLICY: &str = "platform-tls";
/// What certificates of administrators say.
const ADMINISTRATOR_PROFILE: &str = "tls-client";

/// Whether it is time to renew: a third of its life or less is left.
pub fn is_due(certificate: &Certificate, now: OffsetDateTime) -> bool {
    (certificate.not_after() - now) * 3 < certificate.not_after() - certificate.not_before()
}

/// For a port with these names (`dns:…`, `ip:…`).
pub async fn for_port(
    remote: &Remote,
    request_id: String,
    key: &PrivateKey,
    names: &[String],
) -> Outcome<Vec<Vec<u8>>> {
    let request = EnrollRequest {
        request_id,
        protocol: "system".into(),
        policy: PORT_POLICY.into(),
        requester: "platform".into(),
        public_key: key.public_key().spki_der().to_vec(),
        subject_alternative_names: names.to_vec(),
        ..EnrollRequest::default()
    };
    let answer = remote
        .enrollment()
        .enroll(request)
        .await
        .map_err(answered)?
        .into_inner();
    match answer.outcome {
        Some(Decision::Issued(issued)) => Ok(std::iter::once(issued.certificate)
            .chain(issued.chain)
            .collect()),
        Some(Decision::Refused(refused)) => Err(Failure::new(format!(
            "policy {PORT_POLICY} refuses the platform's own certificate: {}",
            refused.detail
        ))),
        Some(Decision::Waiting(_)) | None => Err(Failure::new(format!(
            "policy {PORT_POLICY} does not issue the platform's own certificate at once"
        ))),
    }
}

/// What an administrator's certificate is to say.
pub struct AdministratorWish<'a> {
    /// Who signs.
    pub issuer: &'a str,
    /// Subject, RFC 4514.
    pub subject: &'a str,
    /// Other names.
    pub names: Vec<String>,
    /// Like `1y`.
    pub validity: &'a str,
}

/// For an administrator.
pub async fn for_administrator(
    remote: &Remote,
    request_id: String,
    key: &PrivateKey,
    wish: AdministratorWish<'_>,
) -> Outcome<Vec<Vec<u8>>> {
    let subject: Name = wish.subject.parse().attempt("name the subject")?;
    let issued = remote
        .issuance()
        .issue(IssueRequest {
            request_id,
            issuer: wish.issuer.to_owned(),
            profile: ADMINISTRATOR_PROFILE.into(),
            public_key: key.public_key().spki_der().to_vec(),
            subject: subject.to_der().to_vec(),
            subject_alternative_names: wish.names,
            validity: Some(duration(wish.validity)?),
            origin: Some(Origin {
                requester: "administrator".into(),
                protocol: "cli".into(),
                ..Origin::default()
            }),
            ..IssueRequest::default()
        })
        .await
        .map_err(answered)?
        .into_inner();
    Ok(std::iter::once(issued.certificate.unwrap_or_default().der)
        .chain(issued.chain)
        .collect())
}
