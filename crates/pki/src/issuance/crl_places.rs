//! Where the CRLs of a CA lie. With partitioned CRLs the place is another for each partition: it has `{partition}` where
//! the number goes.

use const_oid::ObjectIdentifier;

use super::{IssuerError, PrepareError};
use crate::asn1::Writer;
use crate::extension::crl_distribution_points;
use crate::general_name::Uri;

/// Stands for the number of the partition in a URL.
const PLACEHOLDER: &str = "{partition}";

/// Places of the CRLs of one kind (complete, or delta).
#[derive(Debug, Clone, Default)]
pub(super) struct CrlPlaces {
    /// The extension, DER, for certificates of no partition; empty when there is nothing to say.
    whole: Vec<u8>,
    /// URLs with the placeholder, known to be URLs when a number stands there.
    partitioned: Vec<String>,
}

impl CrlPlaces {
    pub(super) fn new<T: AsRef<str>>(
        extension: &ObjectIdentifier,
        urls: impl IntoIterator<Item = T>,
    ) -> Result<Self, IssuerError> {
        let mut plain = Vec::new();
        let mut partitioned = Vec::new();
        for url in urls {
            let url = url.as_ref();
            if url.contains(PLACEHOLDER) {
                Uri::new(&fill(url, u32::MAX))?;
                partitioned.push(url.to_owned());
            } else {
                plain.push(Uri::new(url)?);
            }
        }
        Ok(Self {
            whole: encode(extension, &plain),
            partitioned,
        })
    }

    /// The extension, DER, for a certificate of that partition, or of none; empty when the CA has no such places at all.
    pub(super) fn extension(
        &self,
        extension: &ObjectIdentifier,
        partition: Option<u32>,
    ) -> Result<Vec<u8>, PrepareError> {
        let Some(partition) = partition else {
            return Ok(self.whole.clone());
        };
        if self.partitioned.is_empty() && !self.whole.is_empty() {
            // the complete CRL of a CA that has partitions need not be one that lists this certificate
            return Err(PrepareError::CrlPartition { partition });
        }
        let urls: Vec<String> = self
            .partitioned
            .iter()
            .map(|url| fill(url, partition))
            .collect();
        Ok(encode(extension, &urls))
    }
}

fn fill(url: &str, partition: u32) -> String {
    url.replace(PLACEHOLDER, &partition.to_string())
}

fn encode<T: AsRef<str>>(extension: &ObjectIdentifier, urls: &[T]) -> Vec<u8> {
    let mut writer = Writer::new();
    if !urls.is_empty() {
        crl_distribution_points::write_as(&mut writer, extension, urls);
    }
    writer.finish()
}
