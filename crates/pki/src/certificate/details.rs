//! What a certificate's extensions say, read once.

use crate::asn1::{Malformed, oid};
use crate::extension::authority_information_access::{self, Access};
use crate::extension::basic_constraints::{self, BasicConstraints};
use crate::extension::name_constraints::NameConstraints;
use crate::extension::{
    self, ExtendedKeyUsage, Extension, KeyUsages, certificate_policies, crl_distribution_points,
    key_identifier,
};
use crate::general_name::{GeneralName, read_names};

/// The extensions that we know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) basic_constraints: BasicConstraints,
    pub(crate) key_usages: Option<KeyUsages>,
    pub(crate) extended_key_usages: Vec<ExtendedKeyUsage>,
    pub(crate) subject_key_identifier: Option<Box<[u8]>>,
    pub(crate) authority_key_identifier: Option<Box<[u8]>>,
    pub(crate) names: Vec<GeneralName>,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) access: Access,
    pub(crate) ocsp_no_check: bool,
    pub(crate) policies: Vec<const_oid::ObjectIdentifier>,
    pub(crate) name_constraints: Option<Box<NameConstraints>>,
}

impl Details {
    pub(crate) fn read(extensions: &[Extension<'_>]) -> Result<Self, Malformed> {
        let mut details = Self::default();
        for Extension { oid, value, .. } in extensions {
            match *oid {
                oid::BASIC_CONSTRAINTS => {
                    details.basic_constraints = basic_constraints::read(value)?
                }
                oid::KEY_USAGE => details.key_usages = Some(KeyUsages::read(value)?),
                oid::EXTENDED_KEY_USAGE => {
                    details.extended_key_usages = extension::read_extended_key_usage(value)?
                }
                oid::SUBJECT_KEY_IDENTIFIER => {
                    details.subject_key_identifier =
                        Some(key_identifier::read_subject(value)?.into());
                }
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    details.authority_key_identifier =
                        key_identifier::read_authority(value)?.map(Into::into);
                }
                // names of kinds that are not ours stay in the certificates of others
                oid::SUBJECT_ALTERNATIVE_NAME => {
                    details.names = read_names(value)?
                        .into_iter()
                        .filter_map(Result::ok)
                        .collect();
                }
                oid::CRL_DISTRIBUTION_POINTS => {
                    details.crl_urls = crl_distribution_points::read(value)?
                }
                oid::AUTHORITY_INFORMATION_ACCESS => {
                    details.access = authority_information_access::read(value)?
                }
                oid::CERTIFICATE_POLICIES => details.policies = certificate_policies::read(value)?,
                oid::OCSP_NO_CHECK => details.ocsp_no_check = true,
                oid::NAME_CONSTRAINTS => {
                    details.name_constraints = Some(Box::new(NameConstraints::read(value)?));
                }
                _ => {}
            }
        }
        Ok(details)
    }
}
