//! GetCert and GetCRL, RFC 8894 sections 3.3.4, 4.5 and 4.6: what is public anyway, for whoever can sign a message.

use ers_pki::certificate::Certificate;
use ers_pki::cms::{certificates_only, crl_only};

use super::operate::Asked;
use crate::domain::answer::{Answer, FailInfo};
use crate::domain::request::read_issuer_and_serial;
use crate::failure::Failure;
use crate::server::Server;

/// A certificate by its issuer and serial number.
pub async fn certificate(server: &Server, asked: &Asked) -> Result<Answer, Failure> {
    let (issuer, serial) = match read_issuer_and_serial(&asked.content) {
        Ok(read) => read,
        Err(refusal) => return Ok(Answer::Failure(refusal)),
    };
    let found = server.clm.find_certificate(&issuer, &serial).await?;
    // those of another realm are none of this policy's business
    Ok(
        match found.filter(|found| found.realm == asked.policy.realm) {
            Some(found) => Answer::Success(certificates_only([found.certificate.as_slice()])),
            None => Answer::refused(FailInfo::BadCertId, "there is no such certificate"),
        },
    )
}

/// The CRL of the CA that issued a certificate.
pub async fn crl(server: &Server, asked: &Asked) -> Result<Answer, Failure> {
    let (issuer, _) = match read_issuer_and_serial(&asked.content) {
        Ok(read) => read,
        Err(refusal) => return Ok(Answer::Failure(refusal)),
    };
    let is_ours = match asked.policy.ca_chain.first() {
        Some(ca) => *Certificate::from_der(ca)?.subject().to_der() == *issuer,
        None => false,
    };
    if !is_ours {
        let text = "the certificate is of another CA";
        return Ok(Answer::refused(FailInfo::BadCertId, text));
    }
    Ok(match server.clm.find_crl(&asked.policy.name).await? {
        Some(crl) => Answer::Success(crl_only(&crl)),
        None => Answer::refused(FailInfo::BadCertId, "there is no CRL yet"),
    })
}
