//! A TBSCertificate taken apart for judging: more leniently than `Tbs` reads it, so that each fault is told under its own
//! rule, and without the types that certificates are made from, so that their faults are seen.

use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use crate::asn1::{
    Element, Malformed, Reader, bit_string_of_octets, generalized_time, oid, parse_all, tag,
    x509_time,
};
use crate::extension::basic_constraints::{self, BasicConstraints};
use crate::extension::{Extension, KeyUsage, KeyUsages};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::name::Attribute;

/// Most extensions that are looked at.
const MOST_EXTENSIONS: usize = 128;

/// What a TBSCertificate says.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// Content of the INTEGER; `None`: v1.
    pub(super) version: Option<&'a [u8]>,
    /// Content of the INTEGER.
    pub(super) serial: &'a [u8],
    pub(super) algorithm: Element<'a>,
    /// Name, DER.
    pub(super) issuer: &'a [u8],
    pub(super) not_before: Element<'a>,
    pub(super) not_after: Element<'a>,
    /// First second, if it can be read.
    pub(super) begins: Option<OffsetDateTime>,
    /// Last second, if it can be read.
    pub(super) ends: Option<OffsetDateTime>,
    /// Name, DER.
    pub(super) subject: &'a [u8],
    /// Attributes of the subject, if it can be read.
    pub(super) attributes: Option<Vec<Attribute<'a>>>,
    /// AlgorithmIdentifier of the key.
    pub(super) key_algorithm: Element<'a>,
    /// Content of subjectPublicKey without the octet of unused bits.
    pub(super) key_octets: &'a [u8],
    /// Kind of the key; of a key that is none of ours, one of the same family, if that is known.
    pub(super) key: Option<KeyAlgorithm>,
    pub(super) has_unique_identifiers: bool,
    /// In their order, repetitions with them.
    pub(super) extensions: Vec<Extension<'a>>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usages: Option<KeyUsages>,
    /// Purposes of the extended key usage extension.
    pub(super) purposes: Option<Vec<ObjectIdentifier>>,
    /// Subject alternative names.
    pub(super) names: Option<Vec<Element<'a>>>,
    pub(super) policies: Option<Vec<Policy<'a>>>,
    pub(super) points: Option<Vec<Point<'a>>>,
    /// Access methods and locations of the authority information access.
    pub(super) access: Option<Vec<(ObjectIdentifier, Element<'a>)>>,
    /// Extensions whose value cannot be read, with what was expected.
    pub(super) unreadable: Vec<(ObjectIdentifier, Malformed)>,
}

/// A policy of the certificate policies extension.
#[derive(Debug)]
pub(super) struct Policy<'a> {
    pub(super) oid: ObjectIdentifier,
    /// Qualifier ids and their values.
    pub(super) qualifiers: Vec<(ObjectIdentifier, Element<'a>)>,
}

/// A distribution point.
#[derive(Debug, Default)]
pub(super) struct Point<'a> {
    pub(super) has_name: bool,
    /// Names of the fullName.
    pub(super) full_name: Vec<Element<'a>>,
    pub(super) has_reasons: bool,
    pub(super) has_issuer: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut facts = parse_all(der, "TBSCertificate", Self::read_fields)?;
        facts.read_extensions();
        Ok(facts)
    }

    fn read_fields(fields: &mut Reader<'a>) -> Result<Self, Malformed> {
        const SPKI: &str = "SubjectPublicKeyInfo";
        let version = match fields.optional(tag::context_constructed(0), "Version")? {
            None => None,
            Some(explicit) => {
                let mut reader = Reader::new(explicit);
                let content = reader.content(tag::INTEGER, "Version")?;
                reader.finish("Version")?;
                Some(content)
            }
        };
        let serial = fields.content(tag::INTEGER, "CertificateSerialNumber")?;
        let algorithm = fields.tagged(tag::SEQUENCE, "AlgorithmIdentifier")?;
        let issuer = fields.tagged(tag::SEQUENCE, "Name")?.whole;
        let mut validity = fields.sequence("Validity")?;
        let not_before = validity.element("notBefore")?;
        let not_after = validity.element("notAfter")?;
        validity.finish("Validity")?;
        let subject = fields.tagged(tag::SEQUENCE, "Name")?.whole;
        let spki = fields.tagged(tag::SEQUENCE, SPKI)?;
        let mut key = Reader::new(spki.content);
        let key_algorithm = key.tagged(tag::SEQUENCE, SPKI)?;
        let key_octets = bit_string_of_octets(key.content(tag::BIT_STRING, SPKI)?, SPKI)?;
        key.finish(SPKI)?;
        let identifiers = [
            fields.optional(tag::context(1), "UniqueIdentifier")?,
            fields.optional(tag::context(2), "UniqueIdentifier")?,
        ];
        let extensions = match fields.optional(tag::context_constructed(3), "Extensions")? {
            None => Vec::new(),
            Some(explicit) => read_extension_list(explicit)?,
        };
        Ok(Self {
            version,
            serial,
            algorithm,
            issuer,
            not_before,
            not_after,
            begins: read_time(not_before),
            ends: read_time(not_after),
            subject,
            attributes: crate::name::parse(subject).ok(),
            key_algorithm,
            key_octets,
            key: PublicKey::kind_of(spki.whole).or_else(|| family_of(key_algorithm)),
            has_unique_identifiers: identifiers.iter().any(Option::is_some),
            extensions,
            basic_constraints: None,
            key_usages: None,
            purposes: None,
            names: None,
            policies: None,
            points: None,
            access: None,
            unreadable: Vec::new(),
        })
    }

    fn read_extensions(&mut self) {
        let extensions = std::mem::take(&mut self.extensions);
        for extension in &extensions {
            if let Err(malformed) = self.read_extension(extension) {
                self.unreadable.push((extension.oid, malformed));
            }
        }
        self.extensions = extensions;
    }

    fn read_extension(&mut self, extension: &Extension<'a>) -> Result<(), Malformed> {
        let value = extension.value;
        match extension.oid {
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(basic_constraints::read(value)?);
            }
            oid::KEY_USAGE => self.key_usages = Some(KeyUsages::read(value)?),
            oid::EXTENDED_KEY_USAGE => self.purposes = Some(read_purposes(value)?),
            oid::SUBJECT_ALTERNATIVE_NAME => self.names = Some(read_general_names(value)?),
            oid::CERTIFICATE_POLICIES => self.policies = Some(read_policies(value)?),
            oid::CRL_DISTRIBUTION_POINTS => self.points = Some(read_points(value)?),
            oid::AUTHORITY_INFORMATION_ACCESS => self.access = Some(read_access(value)?),
            _ => {}
        }
        Ok(())
    }

    /// The extension of that kind.
    pub(super) fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension<'a>> {
        crate::extension::find(&self.extensions, oid)
    }

    /// Whether it is a CA certificate.
    pub(super) fn is_ca(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// Whether subject and issuer are one.
    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether it has that key usage; `false` without the extension.
    pub(super) fn has_usage(&self, usage: KeyUsage) -> bool {
        self.key_usages.is_some_and(|usages| usages.contains(usage))
    }

    /// Whether it is for that purpose.
    pub(super) fn has_purpose(&self, purpose: ObjectIdentifier) -> bool {
        self.purposes
            .as_ref()
            .is_some_and(|purposes| purposes.contains(&purpose))
    }

    /// Whether it has that policy.
    pub(super) fn has_policy(&self, policy: ObjectIdentifier) -> bool {
        self.policies
            .as_ref()
            .is_some_and(|policies| policies.iter().any(|known| known.oid == policy))
    }

    /// The subject's attributes; none when it cannot be read.
    pub(super) fn subject_attributes(&self) -> &[Attribute<'a>] {
        self.attributes.as_deref().unwrap_or_default()
    }

    /// The subject alternative names; none when they cannot be read.
    pub(super) fn alternative_names(&self) -> &[Element<'a>] {
        self.names.as_deref().unwrap_or_default()
    }
}

/// A kind of key with the same algorithm identifier: key usages depend on no more.
fn family_of(identifier: Element<'_>) -> Option<KeyAlgorithm> {
    match Reader::new(identifier.content)
        .oid("AlgorithmIdentifier")
        .ok()?
    {
        oid::RSA_ENCRYPTION => Some(KeyAlgorithm::Rsa2048),
        oid::EC_PUBLIC_KEY => Some(KeyAlgorithm::P256),
        _ => None,
    }
}

/// A `Time` of whichever type.
pub(super) fn read_time(element: Element<'_>) -> Option<OffsetDateTime> {
    let mut reader = Reader::new(element.whole);
    match element.tag {
        tag::UTC_TIME => x509_time(&mut reader, "Time").ok(),
        tag::GENERALIZED_TIME => generalized_time(&mut reader, "Time").ok(),
        _ => None,
    }
}

/// The extensions of a SEQUENCE of them, DER.
pub(super) fn read_extension_list(explicit: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    const WHAT: &str = "Extensions";
    parse_all(explicit, WHAT, |fields| {
        let mut found = Vec::with_capacity(12);
        while found.is_empty() || !fields.is_empty() {
            if found.len() >= MOST_EXTENSIONS {
                return Err(Malformed::new(WHAT));
            }
            let mut extension = fields.sequence(WHAT)?;
            let oid = extension.oid(WHAT)?;
            let critical = extension.default_false(WHAT)?;
            let value = extension.content(tag::OCTET_STRING, WHAT)?;
            extension.finish(WHAT)?;
            found.push(Extension {
                oid,
                critical,
                value,
            });
        }
        Ok(found)
    })
}

/// Reads a SEQUENCE of at least one value with `read`.
pub(super) fn read_list<'a, T>(
    value: &'a [u8],
    what: &'static str,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    parse_all(value, what, |fields| {
        let mut list = Vec::new();
        while list.is_empty() || !fields.is_empty() {
            list.push(read(fields)?);
        }
        Ok(list)
    })
}

fn read_purposes(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    const WHAT: &str = "ExtKeyUsageSyntax";
    read_list(value, WHAT, |fields| fields.oid(WHAT))
}

/// The names of a GeneralNames, whatever their kind.
pub(super) fn read_general_names(value: &[u8]) -> Result<Vec<Element<'_>>, Malformed> {
    const WHAT: &str = "GeneralNames";
    read_list(value, WHAT, |fields| fields.element(WHAT))
}

fn read_policies(value: &[u8]) -> Result<Vec<Policy<'_>>, Malformed> {
    const WHAT: &str = "CertificatePolicies";
    read_list(value, WHAT, |fields| {
        let mut information = fields.sequence(WHAT)?;
        let oid = information.oid(WHAT)?;
        let mut qualifiers = Vec::new();
        if !information.is_empty() {
            let list = information.tagged(tag::SEQUENCE, WHAT)?;
            qualifiers = read_list(list.whole, WHAT, |fields| {
                let mut qualifier = fields.sequence(WHAT)?;
                let id = qualifier.oid(WHAT)?;
                let value = qualifier.element(WHAT)?;
                qualifier.finish(WHAT)?;
                Ok((id, value))
            })?;
        }
        information.finish(WHAT)?;
        Ok(Policy { oid, qualifiers })
    })
}

/// The points of a CRLDistributionPoints.
pub(super) fn read_points(value: &[u8]) -> Result<Vec<Point<'_>>, Malformed> {
    const WHAT: &str = "CRLDistributionPoints";
    read_list(value, WHAT, |fields| {
        let mut sequence = fields.sequence(WHAT)?;
        let mut point = Point::default();
        if let Some(name) = sequence.optional(tag::context_constructed(0), WHAT)? {
            point.has_name = true;
            let mut name = Reader::new(name);
            let choice = name.element(WHAT)?;
            name.finish(WHAT)?;
            match choice.tag {
                0xa0 => {
                    let mut names = Reader::new(choice.content);
                    while point.full_name.is_empty() || !names.is_empty() {
                        point.full_name.push(names.element(WHAT)?);
                    }
                }
                // nameRelativeToCRLIssuer
                0xa1 => {}
                _ => return Err(Malformed::new(WHAT)),
            }
        }
        point.has_reasons = sequence.optional(tag::context(1), WHAT)?.is_some();
        point.has_issuer = sequence
            .optional(tag::context_constructed(2), WHAT)?
            .is_some();
        sequence.finish(WHAT)?;
        Ok(point)
    })
}

/// The descriptions of an authority or subject information access.
pub(super) fn read_access(value: &[u8]) -> Result<Vec<(ObjectIdentifier, Element<'_>)>, Malformed> {
    const WHAT: &str = "AuthorityInfoAccessSyntax";
    read_list(value, WHAT, |fields| {
        let mut description = fields.sequence(WHAT)?;
        let method = description.oid(WHAT)?;
        let location = description.element(WHAT)?;
        description.finish(WHAT)?;
        Ok((method, location))
    })
}
