//! `InfoTypeAndValue`, RFC 9810 section 5.3.19: what general messages and headers tell, and the values that we read and
//! write.

use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use crate::asn1::{Malformed, Reader, Writer, oid, tag, x509_time};
use crate::crmf::{CertTemplate, write_template};
use crate::key::KeyAlgorithm;
use crate::name::Name;

/// Most entries of a list.
const MAX_INFOS: usize = 64;

/// Types of information, `id-it`.
pub mod info {
    use const_oid::ObjectIdentifier;

    const fn oid(dotted: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(dotted)
    }

    /// id-it-signKeyPairTypes
    pub const SIGN_KEY_PAIR_TYPES: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.2");
    /// id-it-encKeyPairTypes
    pub const ENC_KEY_PAIR_TYPES: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.3");
    /// id-it-preferredSymmAlg
    pub const PREFERRED_SYMM_ALG: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.4");
    /// id-it-caKeyUpdateInfo
    pub const CA_KEY_UPDATE_INFO: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.5");
    /// id-it-currentCRL
    pub const CURRENT_CRL: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.6");
    /// id-it-unsupportedOIDs
    pub const UNSUPPORTED_OIDS: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.7");
    /// id-it-implicitConfirm
    pub const IMPLICIT_CONFIRM: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.13");
    /// id-it-confirmWaitTime
    pub const CONFIRM_WAIT_TIME: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.14");
    /// id-it-origPKIMessage
    pub const ORIG_PKI_MESSAGE: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.15");
    /// id-it-suppLangTags
    pub const SUPP_LANG_TAGS: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.16");
    /// id-it-caCerts
    pub const CA_CERTS: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.17");
    /// id-it-rootCaKeyUpdate
    pub const ROOT_CA_KEY_UPDATE: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.18");
    /// id-it-certReqTemplate
    pub const CERT_REQ_TEMPLATE: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.19");
    /// id-it-rootCaCert
    pub const ROOT_CA_CERT: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.20");
    /// id-it-certProfile
    pub const CERT_PROFILE: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.21");
    /// id-it-crlStatusList
    pub const CRL_STATUS_LIST: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.22");
    /// id-it-crls
    pub const CRLS: ObjectIdentifier = oid("1.3.6.1.5.5.7.4.23");
}

/// id-regCtrl-algId, RFC 9810 appendix F.
const CONTROL_ALGORITHM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.5.1.11");
/// id-regCtrl-rsaKeyLen.
const CONTROL_RSA_LENGTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.5.1.12");

/// A piece of information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfoTypeAndValue {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// Its value, DER.
    pub value: Option<Vec<u8>>,
}

/// Which CRL is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlStatus {
    /// By what it is named.
    pub source: CrlSource,
    /// The one that is there already.
    pub this_update: Option<OffsetDateTime>,
}

/// `CRLSource`, RFC 9810 section 5.3.19.17.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrlSource {
    /// By a distribution point.
    DistributionPoint,
    /// By the issuer's names; the first directory name of them.
    Issuer(Option<Name>),
}

impl InfoTypeAndValue {
    /// A value of a type.
    pub fn new(oid: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self {
            oid,
            value: Some(value),
        }
    }

    /// A type alone.
    pub fn empty(oid: ObjectIdentifier) -> Self {
        Self { oid, value: None }
    }

    /// implicitConfirm with its NULL.
    pub fn implicit_confirm() -> Self {
        Self::new(info::IMPLICIT_CONFIRM, vec![tag::NULL, 0])
    }

    /// confirmWaitTime.
    pub fn confirm_wait_time(until: OffsetDateTime) -> Self {
        let mut writer = Writer::new();
        writer.generalized_time(until);
        Self::new(info::CONFIRM_WAIT_TIME, writer.finish())
    }

    /// unsupportedOIDs.
    pub fn unsupported(oids: &[ObjectIdentifier]) -> Self {
        let mut writer = Writer::new();
        writer.sequence(|writer| oids.iter().for_each(|oid| writer.oid(oid)));
        Self::new(info::UNSUPPORTED_OIDS, writer.finish())
    }

    /// preferredSymmAlg: AES-256 in CBC mode.
    pub fn preferred_symmetric() -> Self {
        const AES_256_CBC: ObjectIdentifier =
            ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
        let mut writer = Writer::new();
        writer.sequence(|writer| writer.oid(&AES_256_CBC));
        Self::new(info::PREFERRED_SYMM_ALG, writer.finish())
    }
}

pub(super) fn read_infos(mut list: Reader<'_>) -> Result<Vec<InfoTypeAndValue>, Malformed> {
    const WHAT: &str = "InfoTypeAndValue";
    let mut infos = Vec::new();
    while !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let oid = fields.oid(WHAT)?;
        let value = if fields.is_empty() {
            None
        } else {
            Some(fields.element(WHAT)?.whole.to_vec())
        };
        fields.finish(WHAT)?;
        if infos.len() >= MAX_INFOS {
            return Err(Malformed::new(WHAT));
        }
        infos.push(InfoTypeAndValue { oid, value });
    }
    Ok(infos)
}

pub(super) fn write_infos(writer: &mut Writer, infos: &[InfoTypeAndValue]) {
    writer.sequence(|writer| {
        for info in infos {
            writer.sequence(|writer| {
                writer.oid(&info.oid);
                if let Some(value) = &info.value {
                    writer.raw(value);
                }
            });
        }
    });
}

/// `SEQUENCE OF CMPCertificate`: the value of caCerts.
pub fn write_certificates(certificates: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| certificates.iter().for_each(|der| writer.raw(der)));
    writer.finish()
}

/// Reads what [`write_certificates`] writes.
///
/// # Errors
/// When it is something else.
pub fn read_certificates(value: &[u8]) -> Result<Vec<Vec<u8>>, Malformed> {
    const WHAT: &str = "CACertsValue";
    let mut outer = Reader::new(value);
    let mut list = outer.sequence(WHAT)?;
    outer.finish(WHAT)?;
    let mut certificates = Vec::new();
    while !list.is_empty() && certificates.len() < MAX_INFOS {
        certificates.push(list.tagged(tag::SEQUENCE, WHAT)?.whole.to_vec());
    }
    list.finish(WHAT)?;
    Ok(certificates)
}

/// `SEQUENCE OF CertificateList`: the value of crls.
pub fn write_crls(crls: &[Vec<u8>]) -> Vec<u8> {
    write_certificates(crls)
}

/// `RootCaKeyUpdateContent`, RFC 9810 section 5.3.19.15; certificates in DER.
pub fn root_ca_key_update(
    new_with_new: &[u8],
    new_with_old: Option<&[u8]>,
    old_with_new: Option<&[u8]>,
) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.raw(new_with_new);
        for (number, certificate) in [(0, new_with_old), (1, old_with_new)] {
            if let Some(der) = certificate {
                writer.tlv(tag::context_constructed(number), der);
            }
        }
    });
    writer.finish()
}

/// `CertReqTemplateContent`, RFC 9810 section 5.3.19.16: what a request must look like, and which keys are taken.
pub fn template_info(template: &CertTemplate, keys: &[KeyAlgorithm]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        write_template(writer, template);
        if !keys.is_empty() {
            writer.sequence(|writer| keys.iter().for_each(|key| write_key_spec(writer, *key)));
        }
    });
    writer.finish()
}

fn write_key_spec(writer: &mut Writer, key: KeyAlgorithm) {
    writer.sequence(|writer| match key.modulus_bits() {
        Some(bits) => {
            writer.oid(&CONTROL_RSA_LENGTH);
            writer.integer(bits as u64);
        }
        None => {
            writer.oid(&CONTROL_ALGORITHM);
            write_key_algorithm(writer, key);
        }
    });
}

/// `SEQUENCE OF AlgorithmIdentifier`: the value of signKeyPairTypes and encKeyPairTypes.
pub fn key_types(keys: &[KeyAlgorithm]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        keys.iter()
            .for_each(|key| write_key_algorithm(writer, *key))
    });
    writer.finish()
}

/// Whether an AlgorithmIdentifier (DER) of a SubjectPublicKeyInfo is that of a kind of key; of RSA it tells no length.
pub fn is_key_type(key: KeyAlgorithm, algorithm: &[u8]) -> bool {
    let mut writer = Writer::new();
    write_key_algorithm(&mut writer, key);
    writer.finish() == algorithm
}

fn write_key_algorithm(writer: &mut Writer, key: KeyAlgorithm) {
    let curve = match key {
        KeyAlgorithm::P256 => Some(oid::P_256),
        KeyAlgorithm::P384 => Some(oid::P_384),
        KeyAlgorithm::P521 => Some(oid::P_521),
        KeyAlgorithm::BrainpoolP256r1 => Some(oid::BRAINPOOL_P256_R1),
        KeyAlgorithm::BrainpoolP384r1 => Some(oid::BRAINPOOL_P384_R1),
        KeyAlgorithm::BrainpoolP512r1 => Some(oid::BRAINPOOL_P512_R1),
        _ => None,
    };
    writer.sequence(|writer| match (curve, key) {
        (Some(curve), _) => {
            writer.oid(&oid::EC_PUBLIC_KEY);
            writer.oid(&curve);
        }
        (None, KeyAlgorithm::Ed25519) => writer.oid(&oid::ED25519),
        (None, KeyAlgorithm::Ed448) => writer.oid(&oid::ED448),
        (None, KeyAlgorithm::X25519) => writer.oid(&oid::X25519),
        (None, KeyAlgorithm::X448) => writer.oid(&oid::X448),
        (None, key) if key.is_rsa_pss() => writer.oid(&oid::RSASSA_PSS),
        (None, _) => {
            writer.oid(&oid::RSA_ENCRYPTION);
            writer.tlv(tag::NULL, &[]);
        }
    });
}

/// `SEQUENCE OF CRLStatus`: the value of crlStatusList.
///
/// # Errors
/// When it is something else.
pub fn read_crl_status_list(value: &[u8]) -> Result<Vec<CrlStatus>, Malformed> {
    const WHAT: &str = "CRLStatus";
    let mut outer = Reader::new(value);
    let mut list = outer.sequence(WHAT)?;
    outer.finish(WHAT)?;
    let mut found = Vec::new();
    while found.is_empty() || !list.is_empty() {
        let mut fields = list.sequence(WHAT)?;
        let source = fields.element(WHAT)?;
        let source = match source.tag {
            0xa0 => CrlSource::DistributionPoint,
            0xa1 => CrlSource::Issuer(first_directory_name(source.content)?),
            _ => return Err(Malformed::new("CRLSource")),
        };
        let this_update = if fields.is_empty() {
            None
        } else {
            Some(x509_time(&mut fields, WHAT)?)
        };
        fields.finish(WHAT)?;
        if found.len() >= MAX_INFOS {
            return Err(Malformed::new(WHAT));
        }
        found.push(CrlStatus {
            source,
            this_update,
        });
    }
    Ok(found)
}

/// Of GeneralNames under an explicit tag.
fn first_directory_name(explicit: &[u8]) -> Result<Option<Name>, Malformed> {
    const WHAT: &str = "GeneralNames";
    let mut outer = Reader::new(explicit);
    let mut names = outer.sequence(WHAT)?;
    while !names.is_empty() {
        let name = names.element(WHAT)?;
        if name.tag == tag::context_constructed(4) {
            let name = Name::from_der(name.content).map_err(|_| Malformed::new(WHAT))?;
            return Ok(Some(name));
        }
    }
    Ok(None)
}
