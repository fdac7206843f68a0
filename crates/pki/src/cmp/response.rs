//! `CertRepMessage`, RFC 9810 section 5.3.4.

use super::status::StatusInfo;
use crate::asn1::{Malformed, Reader, Writer, signed_integer, tag, write_signed_integer};
use crate::crmf::MAX_REQUESTS;

/// Most certificates in caPubs.
const MAX_CA_PUBS: usize = 32;

/// What became of requests for certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertRepMessage {
    /// CA certificates to be trusted, DER: only under a shared secret.
    pub ca_pubs: Vec<Vec<u8>>,
    /// One for each request.
    pub responses: Vec<CertResponse>,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertResponse {
    /// Which.
    pub cert_req_id: i64,
    /// What.
    pub status: StatusInfo,
    /// The certificate, when it is there.
    pub issued: Option<Issued>,
}

/// `CertifiedKeyPair`. What is encrypted is an `EncryptedKey`, RFC 9810 section 5.2.2: DER of an EnvelopedData with its
/// implicit tag `[0]`, or (pvno 2) of an EncryptedValue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate, DER, or `EncryptedKey` when `is_encrypted`.
    pub certificate: Vec<u8>,
    /// Whether it comes encrypted.
    pub is_encrypted: bool,
    /// The centrally made private key, as `EncryptedKey`.
    pub private_key: Option<Vec<u8>>,
}

impl Issued {
    /// A certificate in the clear.
    pub fn certificate(der: Vec<u8>) -> Self {
        Self {
            certificate: der,
            is_encrypted: false,
            private_key: None,
        }
    }

    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "CertifiedKeyPair";
        let choice = fields.element(WHAT)?;
        let is_encrypted = match choice.tag {
            0xa0 => false,
            0xa1 => true,
            _ => return Err(Malformed::new("CertOrEncCert")),
        };
        let private_key = fields
            .optional(tag::context_constructed(0), WHAT)?
            .map(<[u8]>::to_vec);
        fields.optional(tag::context_constructed(1), WHAT)?;
        fields.finish(WHAT)?;
        let mut inner = Reader::new(choice.content);
        inner.element(WHAT)?;
        inner.finish(WHAT)?;
        Ok(Self {
            certificate: choice.content.to_vec(),
            is_encrypted,
            private_key,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            let choice = tag::context_constructed(u8::from(self.is_encrypted));
            writer.tlv(choice, &self.certificate);
            if let Some(key) = &self.private_key {
                writer.tlv(tag::context_constructed(0), key);
            }
        });
    }
}

impl CertRepMessage {
    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "CertRepMessage";
        let mut ca_pubs = Vec::new();
        if let Some(explicit) = fields.optional(tag::context_constructed(1), "caPubs")? {
            let mut outer = Reader::new(explicit);
            let mut list = outer.sequence("caPubs")?;
            outer.finish("caPubs")?;
            while !list.is_empty() {
                if ca_pubs.len() >= MAX_CA_PUBS {
                    return Err(Malformed::new("caPubs"));
                }
                ca_pubs.push(list.tagged(tag::SEQUENCE, "caPubs")?.whole.to_vec());
            }
        }
        let mut list = fields.sequence(WHAT)?;
        fields.finish(WHAT)?;
        let mut responses = Vec::new();
        while !list.is_empty() {
            if responses.len() >= MAX_REQUESTS {
                return Err(Malformed::new(WHAT));
            }
            responses.push(CertResponse::read(list.sequence(WHAT)?)?);
        }
        Ok(Self { ca_pubs, responses })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            if !self.ca_pubs.is_empty() {
                writer.nest(tag::context_constructed(1), |writer| {
                    writer.sequence(|writer| self.ca_pubs.iter().for_each(|der| writer.raw(der)));
                });
            }
            writer.sequence(|writer| {
                self.responses
                    .iter()
                    .for_each(|response| response.write(writer));
            });
        });
    }
}

impl CertResponse {
    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "CertResponse";
        let cert_req_id = signed_integer(fields.content(tag::INTEGER, WHAT)?, WHAT)?;
        let status = StatusInfo::read(fields.sequence(WHAT)?)?;
        let issued = match fields.optional(tag::SEQUENCE, WHAT)? {
            None => None,
            Some(content) => Some(Issued::read(Reader::new(content))?),
        };
        fields.optional(tag::OCTET_STRING, WHAT)?;
        fields.finish(WHAT)?;
        Ok(Self {
            cert_req_id,
            status,
            issued,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.sequence(|writer| {
            write_signed_integer(writer, self.cert_req_id);
            self.status.write(writer);
            if let Some(issued) = &self.issued {
                issued.write(writer);
            }
        });
    }
}
