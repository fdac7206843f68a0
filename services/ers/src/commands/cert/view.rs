//! A certificate as it is shown.

use ers_proto::clm::v1::InventoryCertificate;
use serde::Serialize;

use crate::{
    key_store,
    output::{self, Show},
};

#[derive(Serialize)]
pub(super) struct CertificateView {
    pub(super) serial: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) names: Vec<String>,
    pub(super) state: String,
    pub(super) not_before: String,
    pub(super) not_after: String,
    key_algorithm: String,
    fingerprint: String,
    realm: String,
    pub(super) policy: String,
    end_entity: String,
    requester: String,
    protocol: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revocation_reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revoked_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate: String,
}

impl CertificateView {
    pub(super) fn of(certificate: InventoryCertificate) -> Self {
        Self {
            not_before: output::time(certificate.not_before.as_ref()),
            not_after: output::time(certificate.not_after.as_ref()),
            revoked_at: output::time(certificate.revoked_at.as_ref()),
            certificate: match certificate.der.as_slice() {
                [] => String::new(),
                der => key_store::pem("CERTIFICATE", der),
            },
            serial: certificate.serial,
            issuer: certificate.issuer,
            subject: certificate.subject,
            names: certificate.subject_alternative_names,
            state: certificate.state,
            key_algorithm: certificate.key_algorithm,
            fingerprint: certificate.fingerprint,
            realm: certificate.realm,
            policy: certificate.policy,
            end_entity: certificate.end_entity,
            requester: certificate.requester,
            protocol: certificate.protocol,
            revocation_reason: certificate.revocation_reason,
        }
    }
}

impl Show for CertificateView {
    fn text(&self) -> String {
        let revoked = match self.revoked_at.as_str() {
            "" => String::new(),
            at => format!("{at}, {}", self.revocation_reason),
        };
        output::fields(&[
            ("serial", self.serial.clone()),
            ("issuer", self.issuer.clone()),
            ("subject", self.subject.clone()),
            ("names", self.names.join("\n")),
            ("state", self.state.clone()),
            ("revoked", revoked),
            (
                "valid",
                format!("{} to {}", self.not_before, self.not_after),
            ),
            ("key", self.key_algorithm.clone()),
            ("fingerprint", self.fingerprint.clone()),
            ("policy", format!("{} in realm {}", self.policy, self.realm)),
            ("end entity", self.end_entity.clone()),
            (
                "requested by",
                format!("{} over {}", self.requester, self.protocol),
            ),
        ])
    }
}
