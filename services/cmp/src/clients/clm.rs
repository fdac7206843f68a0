//! CLM, the only way to certificates, policies, secrets and revocation.

use std::time::Duration;

use ers_enrollment::Edge;
use ers_pki::key::KeyAlgorithm;
use ers_proto::clm::v1::EdgePolicy;

pub use ers_enrollment::{
    Authenticated, ClmError, Credential, Enrollment, FoundSecret, KnownCertificate, Outcome,
    Question, SharedSecret,
};

const DEFAULT_CONFIRM_WITHIN: Duration = Duration::from_secs(300);

/// CMP among the edges of CLM.
pub struct Cmp;

/// CLM.
pub type Clm = ers_enrollment::Clm<Cmp>;

/// What this edge must know of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whether MACs are taken as protection.
    pub mac_allowed: bool,
    /// Whether signatures are.
    pub signature_allowed: bool,
    /// Whether certificates need no certConf when the client asks for that.
    pub implicit_confirm_allowed: bool,
    /// Whether keys are made for those who ask for that.
    pub central_keys_allowed: bool,
    /// What made keys are sealed for that CLM keeps; empty: they are kept nowhere.
    pub kept_key_context: String,
    /// Whether registration authorities may vouch for possession.
    pub ra_verified_allowed: bool,
    /// How soon a certificate must be confirmed.
    pub confirm_within: Duration,
    /// DER, the issuing CA first, the root last.
    pub ca_chain: Vec<Vec<u8>>,
    /// DER: OldWithNew and NewWithOld.
    pub link_certificates: Vec<Vec<u8>>,
    /// DER: the CA that is to come and those above it, the root last; empty: none.
    pub next_ca_chain: Vec<Vec<u8>>,
    /// Keys that are taken, the best liked first.
    pub key_algorithms: Vec<KeyAlgorithm>,
    /// Dotted OID, and the only value that will do; required ones only.
    pub subject: Vec<(String, String)>,
}

impl Edge for Cmp {
    type Policy = Policy;

    const PROTOCOL: &'static str = "cmp";

    fn read(policy: EdgePolicy) -> Result<Policy, &'static str> {
        Ok(read(policy))
    }
}

fn read(policy: EdgePolicy) -> Policy {
    let cmp = policy.cmp.unwrap_or_default();
    let template = policy.template.unwrap_or_default();
    let key_algorithms = template.key_algorithms.iter();
    let subject = template.subject.into_iter();
    let next = Some(policy.next_ca_certificate).filter(|der| !der.is_empty());
    Policy {
        name: policy.name,
        mac_allowed: cmp.mac_allowed,
        signature_allowed: cmp.signature_allowed,
        implicit_confirm_allowed: cmp.implicit_confirm_allowed,
        central_keys_allowed: cmp.central_keys_allowed,
        kept_key_context: policy.kept_key_context,
        ra_verified_allowed: cmp.ra_verified_allowed,
        confirm_within: cmp
            .confirm_within
            .and_then(|within| Duration::try_from(within).ok())
            .unwrap_or(DEFAULT_CONFIRM_WITHIN),
        ca_chain: policy.ca_chain,
        link_certificates: policy.link_certificates,
        next_ca_chain: next.into_iter().chain(policy.next_ca_chain).collect(),
        key_algorithms: key_algorithms
            .filter_map(|name| name.parse().ok())
            .collect(),
        subject: subject
            .filter(|attribute| attribute.required || !attribute.value.is_empty())
            .map(|attribute| (attribute.oid, attribute.value))
            .collect(),
    }
}
