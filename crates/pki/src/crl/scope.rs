//! Which certificates a CRL speaks of, and how it says so: RFC 5280 sections 5.2.4 to 5.2.6, X.509 section 9.5.2.8.

use const_oid::ObjectIdentifier;
use time::OffsetDateTime;

use super::TbsCertList;
use crate::asn1::{
    Malformed, Reader, Writer, generalized_time, integer_u64, oid, parse_all, tag, whole_seconds,
};
use crate::extension::{self, crl_distribution_points, uris_of};

const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");
const EXPIRED_CERTS_ON_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.60");
const DISTRIBUTION_POINT: &str = "IssuingDistributionPoint";

/// Which kind of certificates a CRL is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    /// Not limited.
    #[default]
    Any,
    /// Certificates of end entities: onlyContainsUserCerts.
    UserCertificates,
    /// Certificates of CAs: onlyContainsCACerts.
    CaCertificates,
}

/// What a CRL is about. The default is a complete CRL of all certificates of its issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Places of a partition: its certificates name one of them as distribution point. Empty: not partitioned.
    pub distribution_points: Vec<String>,
    /// Which kind of certificates.
    pub only: Only,
    /// A delta CRL tells what changed since the complete CRL of this number.
    pub base: Option<u64>,
    /// Where the newest delta CRL of the same scope lies; a delta CRL has none.
    pub freshest: Vec<String>,
    /// Certificates that expired at or after this time stay listed: expiredCertsOnCRL.
    pub expired_since: Option<OffsetDateTime>,
}

impl Scope {
    /// Whether it is neither a delta CRL nor limited to some of the issuer's certificates.
    pub fn is_complete(&self) -> bool {
        self.base.is_none() && !self.is_limited()
    }

    fn is_limited(&self) -> bool {
        self.only != Only::Any || !self.distribution_points.is_empty()
    }

    /// Writes the extensions that say so.
    pub(super) fn write(&self, writer: &mut Writer) {
        if let Some(base) = self.base {
            extension::write(writer, &oid::DELTA_CRL_INDICATOR, true, |writer| {
                writer.integer(base);
            });
        }
        if self.is_limited() {
            let point = &oid::ISSUING_DISTRIBUTION_POINT;
            extension::write(writer, point, true, |writer| {
                writer.sequence(|writer| self.write_distribution_point(writer));
            });
        }
        if !self.freshest.is_empty() {
            extension::write(writer, &FRESHEST_CRL, false, |writer| {
                writer.sequence(|writer| {
                    writer.sequence(|writer| write_full_name(writer, &self.freshest));
                });
            });
        }
        if let Some(since) = self.expired_since {
            extension::write(writer, &EXPIRED_CERTS_ON_CRL, false, |writer| {
                writer.generalized_time(since);
            });
        }
    }

    fn write_distribution_point(&self, writer: &mut Writer) {
        if !self.distribution_points.is_empty() {
            write_full_name(writer, &self.distribution_points);
        }
        match self.only {
            Only::Any => {}
            Only::UserCertificates => writer.tlv(tag::context(1), &[0xff]),
            Only::CaCertificates => writer.tlv(tag::context(2), &[0xff]),
        }
    }

    /// Reads what the extensions say. A critical one that is not known here changes the meaning of the list: it is an
    /// error, as are lists of attribute certificates, of some reasons only, or of other issuers' certificates.
    pub(super) fn read(list: &TbsCertList<'_>) -> Result<Self, Malformed> {
        let mut scope = Self::default();
        for extension in &list.extensions {
            match extension.oid {
                oid::DELTA_CRL_INDICATOR => scope.base = Some(read_base(extension.value)?),
                oid::ISSUING_DISTRIBUTION_POINT => {
                    scope.read_distribution_point(extension.value)?;
                }
                FRESHEST_CRL => scope.freshest = crl_distribution_points::read(extension.value)?,
                EXPIRED_CERTS_ON_CRL => {
                    let mut reader = Reader::new(extension.value);
                    scope.expired_since = Some(generalized_time(&mut reader, "ExpiredCertsOnCRL")?);
                }
                _ if extension.critical => return Err(Malformed::new("crlExtensions")),
                _ => {}
            }
        }
        Ok(scope)
    }

    fn read_distribution_point(&mut self, value: &[u8]) -> Result<(), Malformed> {
        parse_all(value, DISTRIBUTION_POINT, |fields| {
            if let Some(name) = fields.optional(tag::context_constructed(0), DISTRIBUTION_POINT)? {
                let full =
                    Reader::new(name).content(tag::context_constructed(0), DISTRIBUTION_POINT)?;
                self.distribution_points = uris_of(Reader::new(full), DISTRIBUTION_POINT)?;
            }
            let mut flag =
                |number| match fields.optional(tag::context(number), DISTRIBUTION_POINT)? {
                    None => Ok(false),
                    Some([0xff]) => Ok(true),
                    Some(_) => Err(Malformed::new(DISTRIBUTION_POINT)),
                };
            self.only = match (flag(1)?, flag(2)?) {
                (false, false) => Only::Any,
                (true, false) => Only::UserCertificates,
                (false, true) => Only::CaCertificates,
                (true, true) => return Err(Malformed::new(DISTRIBUTION_POINT)),
            };
            Ok(())
        })
    }

    /// The same with times as a CRL can say them.
    #[must_use]
    pub(super) fn in_whole_seconds(mut self) -> Self {
        self.expired_since = self.expired_since.map(whole_seconds);
        self
    }
}

/// `DistributionPointName` with the URLs as fullName, under its explicit tag.
fn write_full_name(writer: &mut Writer, urls: &[String]) {
    writer.nest(tag::context_constructed(0), |writer| {
        writer.nest(tag::context_constructed(0), |writer| {
            urls.iter()
                .for_each(|url| writer.tlv(tag::context(6), url.as_bytes()));
        });
    });
}

fn read_base(value: &[u8]) -> Result<u64, Malformed> {
    const WHAT: &str = "BaseCRLNumber";
    let mut reader = Reader::new(value);
    let number = integer_u64(reader.content(tag::INTEGER, WHAT)?, WHAT)?;
    reader.finish(WHAT)?;
    Ok(number)
}
