//! `CertReqMsg`, RFC 4211 section 3.

use super::control::{Control, OldCertId, read_controls, write_controls};
use super::possession::{
    PossessionError, ProofOfPossession, SigningKeyInput, read_possession, verify_signature,
    write_possession,
};
use super::template::{CertTemplate, read_template, write_template};
use crate::asn1::{Malformed, Reader, Writer, signed_integer, tag, write_signed_integer};
use crate::key::PublicKey;

/// Most requests of one message.
pub const MAX_REQUESTS: usize = 32;

/// A request for one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertReqMsg {
    /// CertRequest, DER, as received: what a proof of possession is over.
    request: Vec<u8>,
    id: i64,
    template: CertTemplate,
    controls: Vec<Control>,
    proof: Option<ProofOfPossession>,
}

impl CertReqMsg {
    /// A request without proof of possession.
    pub fn new(id: i64, template: CertTemplate, controls: Vec<Control>) -> Self {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            write_signed_integer(writer, id);
            write_template(writer, &template);
            if !controls.is_empty() {
                write_controls(writer, &controls);
            }
        });
        Self {
            request: writer.finish(),
            id,
            template,
            controls,
            proof: None,
        }
    }

    /// With a proof.
    #[must_use]
    pub fn with_proof(mut self, proof: ProofOfPossession) -> Self {
        self.proof = Some(proof);
        self
    }

    /// certReqId.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// What is wished.
    pub fn template(&self) -> &CertTemplate {
        &self.template
    }

    /// The controls.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// The certificate that is to be updated, where a control names it.
    pub fn old_cert_id(&self) -> Option<&OldCertId> {
        self.controls.iter().find_map(|control| match control {
            Control::OldCertId(id) => Some(id),
            _ => None,
        })
    }

    /// The proof of possession.
    pub fn proof(&self) -> Option<&ProofOfPossession> {
        self.proof.as_ref()
    }

    /// CertRequest, DER.
    pub fn request_der(&self) -> &[u8] {
        &self.request
    }

    /// Verifies a proof by signature. Who stands in `poposkInput` is for the caller to judge.
    ///
    /// # Errors
    /// [`PossessionError`]; a proof of another kind is [`PossessionError::Signature`].
    pub fn verify_signature(&self, key: &PublicKey) -> Result<(), PossessionError> {
        let Some(ProofOfPossession::Signature {
            input,
            algorithm,
            signature,
        }) = &self.proof
        else {
            return Err(PossessionError::Signature);
        };
        let signed = match input {
            Some(input) if input.public_key() != key.spki_der() => {
                return Err(PossessionError::OtherKey);
            }
            Some(input) => input.der(),
            // section 4.1, rule 3: the CertRequest itself, when it has subject and key
            None if self.template.subject.is_none() => return Err(PossessionError::InputMissing),
            None => &self.request,
        };
        verify_signature(key, algorithm, signed, signature)
    }

    /// `poposkInput` of a proof by signature, where it has one.
    pub fn signing_input(&self) -> Option<&SigningKeyInput> {
        match &self.proof {
            Some(ProofOfPossession::Signature { input, .. }) => input.as_ref(),
            _ => None,
        }
    }
}

/// Reads `CertReqMessages`, from 1 to [`MAX_REQUESTS`].
pub(crate) fn read_messages(mut list: Reader<'_>) -> Result<Vec<CertReqMsg>, Malformed> {
    const WHAT: &str = "CertReqMessages";
    let mut messages: Vec<CertReqMsg> = Vec::new();
    while messages.is_empty() || !list.is_empty() {
        let message = read_message(list.sequence(WHAT)?)?;
        let is_double = messages.iter().any(|other| other.id == message.id);
        if messages.len() >= MAX_REQUESTS || is_double {
            return Err(Malformed::new(WHAT));
        }
        messages.push(message);
    }
    Ok(messages)
}

fn read_message(mut fields: Reader<'_>) -> Result<CertReqMsg, Malformed> {
    const WHAT: &str = "CertRequest";
    let request = fields.tagged(tag::SEQUENCE, WHAT)?;
    let mut inner = Reader::new(request.content);
    let id = signed_integer(inner.content(tag::INTEGER, "certReqId")?, "certReqId")?;
    let template = read_template(inner.content(tag::SEQUENCE, "CertTemplate")?)?;
    let controls = match inner.optional(tag::SEQUENCE, "Controls")? {
        None => Vec::new(),
        Some(content) => read_controls(Reader::new(content))?,
    };
    inner.finish(WHAT)?;
    let proof = match fields.peek() {
        None | Some(tag::SEQUENCE) => None,
        Some(_) => Some(read_possession(fields.element("ProofOfPossession")?)?),
    };
    // regInfo: RFC 9483 section 4.1.1 does not use it
    fields.optional(tag::SEQUENCE, "regInfo")?;
    fields.finish("CertReqMsg")?;
    Ok(CertReqMsg {
        request: request.whole.to_vec(),
        id,
        template,
        controls,
        proof,
    })
}

/// Writes `CertReqMessages`.
pub(crate) fn write_messages(writer: &mut Writer, messages: &[CertReqMsg]) {
    writer.sequence(|writer| {
        for message in messages {
            writer.sequence(|writer| {
                writer.raw(&message.request);
                if let Some(proof) = &message.proof {
                    write_possession(writer, proof);
                }
            });
        }
    });
}
