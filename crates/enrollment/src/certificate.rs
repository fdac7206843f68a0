//! Certificates that CLM knows: found, revoked, renewed in their time; and CRLs.

use std::sync::Arc;
use std::time::Duration;

use ers_pki::serial::SerialNumber;
use ers_proto::clm::v1 as wire;
use ers_proto::clm::v1::find_certificate_request::By;
use moka::future::Cache;
use time::OffsetDateTime;

use crate::clm::Clm;
use crate::error::ClmError;
use crate::policy::Edge;
use crate::request::from_timestamp;

/// Anybody may ask for renewal information, as often as they like.
const WINDOW_AGE: Duration = Duration::from_secs(5);
const MOST_WINDOWS: u64 = 10_000;

/// A certificate that CLM knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCertificate {
    /// DER.
    pub certificate: Vec<u8>,
    /// Whether it is revoked.
    pub is_revoked: bool,
    /// Whether it is neither revoked nor expired nor on hold.
    pub is_good: bool,
    /// End entity; empty: none.
    pub end_entity: String,
    /// The policy that it was issued under.
    pub policy: String,
    /// The realm that it belongs to.
    pub realm: String,
}

/// When a certificate should be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalWindow {
    /// From then.
    pub start: OffsetDateTime,
    /// Until then; after `start`.
    pub end: OffsetDateTime,
    /// What a person may read about it; empty: nothing.
    pub explanation_url: String,
    /// Whether somebody wants it renewed now.
    pub pulled_forward: bool,
}

/// Windows by key identifier and serial number.
#[derive(Clone)]
pub(crate) struct Windows(Cache<(Vec<u8>, SerialNumber), Option<RenewalWindow>>);

impl Windows {
    pub(crate) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MOST_WINDOWS)
                .time_to_live(WINDOW_AGE)
                .build(),
        )
    }
}

impl<E: Edge> Clm<E> {
    /// The certificate of an issuer's name (DER) and a serial number (lower-case hex); `None`: CLM does not know it, nor
    /// could anybody.
    pub async fn find_certificate(
        &self,
        issuer_name: &[u8],
        serial: &str,
    ) -> Result<Option<KnownCertificate>, ClmError> {
        let by = wire::IssuerNameAndSerial {
            issuer_name: issuer_name.to_vec(),
            serial: serial.to_owned(),
        };
        self.find_by(By::IssuerNameAndSerial(by)).await
    }

    /// Whether CLM knows a certificate (DER), and it is good.
    pub async fn is_good(&self, certificate: &[u8]) -> Result<bool, ClmError> {
        let found = self.find_by(By::Certificate(certificate.to_vec())).await?;
        Ok(found.is_some_and(|found| found.is_good))
    }

    async fn find_by(&self, by: By) -> Result<Option<KnownCertificate>, ClmError> {
        let request = wire::FindCertificateRequest { by: Some(by) };
        let answer = self.client().find_certificate(request).await;
        match answer.map_err(ClmError::of("FindCertificate")) {
            Ok(answer) => {
                let known = answer.into_inner();
                Ok(Some(KnownCertificate {
                    is_revoked: known.state == "revoked",
                    is_good: known.state == "valid",
                    certificate: known.certificate,
                    end_entity: known.end_entity,
                    policy: known.policy,
                    realm: known.realm,
                }))
            }
            Err(ClmError::NotFound { .. } | ClmError::Invalid { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest CRL of a policy's CA, DER; `None`: there is none yet.
    pub async fn find_crl(&self, policy: &str) -> Result<Option<Vec<u8>>, ClmError> {
        let request = wire::LoadCrlRequest {
            policy: policy.to_owned(),
            protocol: E::PROTOCOL.to_owned(),
        };
        let answer = self.client().load_crl(request).await;
        match answer.map_err(ClmError::of("LoadCrl")) {
            Ok(answer) => Ok(Some(answer.into_inner().crl)),
            Err(ClmError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Revokes a certificate (DER) for a reason of RFC 5280 by its name; true: it was revoked before.
    pub async fn revoke(
        &self,
        certificate: Vec<u8>,
        reason: &str,
        requester: &str,
    ) -> Result<bool, ClmError> {
        let by = wire::revoke_certificate_request::By::Certificate(certificate);
        let request = wire::RevokeCertificateRequest {
            by: Some(by),
            reason: reason.to_owned(),
            requester: requester.to_owned(),
        };
        let answer = self.client().revoke(request).await;
        let answer = answer.map_err(ClmError::of("Revoke"))?;
        Ok(answer.into_inner().already_revoked)
    }

    /// When the certificate of an issuer's key and a serial number should be renewed; `None`: CLM does not know it. Up to
    /// a few seconds old.
    pub async fn find_renewal_window(
        &self,
        key_identifier: &[u8],
        serial: SerialNumber,
    ) -> Result<Option<RenewalWindow>, ClmError> {
        let id = (key_identifier.to_vec(), serial);
        let asked = self.ask_window(key_identifier, serial);
        let loaded = self.windows.0.try_get_with(id, asked).await;
        loaded.map_err(|error: Arc<ClmError>| (*error).clone())
    }

    async fn ask_window(
        &self,
        key_identifier: &[u8],
        serial: SerialNumber,
    ) -> Result<Option<RenewalWindow>, ClmError> {
        use wire::suggest_renewal_request::By;
        const CALL: &str = "SuggestRenewal";
        let by = By::KeyIdentifierAndSerial(wire::KeyIdentifierAndSerial {
            authority_key_identifier: key_identifier.to_vec(),
            serial: serial.to_hex(),
        });
        let request = wire::SuggestRenewalRequest { by: Some(by) };
        let answer = self.client().suggest_renewal(request).await;
        let window = match answer.map_err(ClmError::of(CALL)) {
            Ok(answer) => answer.into_inner(),
            Err(ClmError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let missing = |what| ClmError::Malformed { call: CALL, what };
        let start = from_timestamp(window.start.ok_or_else(|| missing("start"))?);
        let end = from_timestamp(window.end.ok_or_else(|| missing("end"))?);
        Ok(Some(RenewalWindow {
            // RFC 9773 §4.2: a window that ends before it begins means nothing to a client
            end: end.max(start + time::Duration::SECOND),
            start,
            explanation_url: window.explanation_url,
            pulled_forward: window.pulled_forward,
        }))
    }
}
