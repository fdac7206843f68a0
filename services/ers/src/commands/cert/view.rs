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
    source: String,
    owner: String,
    tags: Vec<String>,
    locations: Vec<String>,
    comment: String,
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
            source: certificate.source,
            owner: certificate.owner,
            tags: certificate.tags,
            locations: certificate.locations,
            comment: certificate.comment,
            revocation_reason: certificate.revocation_reason,
        }
    }
}

impl CertificateView {
    /// Names of the columns of [`CertificateView::csv`].
    pub(super) fn csv_head() -> String {
        "fingerprint,serial,issuer,subject,names,key_algorithm,not_before,not_after,state,revoked_at,revocation_reason,\
         realm,policy,end_entity,requester,protocol,source,owner,tags,locations,comment\r\n"
            .to_owned()
    }

    /// A row of CSV (RFC 4180). What a spreadsheet would take for a formula begins with an apostrophe.
    pub(super) fn csv(&self) -> String {
        let (names, tags, locations) = (
            self.names.join("\n"),
            self.tags.join("\n"),
            self.locations.join("\n"),
        );
        let cells = [
            &self.fingerprint,
            &self.serial,
            &self.issuer,
            &self.subject,
            &names,
            &self.key_algorithm,
            &self.not_before,
            &self.not_after,
            &self.state,
            &self.revoked_at,
            &self.revocation_reason,
            &self.realm,
            &self.policy,
            &self.end_entity,
            &self.requester,
            &self.protocol,
            &self.source,
            &self.owner,
            &tags,
            &locations,
            &self.comment,
        ];
        let cells = cells.map(|cell| {
            let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let guard = if is_formula { "'" } else { "" };
            format!("\"{guard}{}\"", cell.replace('"', "\"\""))
        });
        format!("{}\r\n", cells.join(","))
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
            ("owner", self.owner.clone()),
            ("tags", self.tags.join("\n")),
            ("used at", self.locations.join("\n")),
            ("comment", self.comment.clone()),
            ("policy", format!("{} in realm {}", self.policy, self.realm)),
            ("end entity", self.end_entity.clone()),
            (
                "requested by",
                format!("{} over {}", self.requester, self.protocol),
            ),
        ])
    }
}
