//! What is asked inside a message, RFC 8894 sections 3.3.1, 3.3.3 and 3.3.4.

use ers_pki::cms::KeyHolder;
use ers_pki::csr::{Csr, CsrError};

use super::answer::{FailInfo, Refusal};

/// A certification request. Why it is refused is told only to who put the key into it that signs the message (`own_key`,
/// SubjectPublicKeyInfo): to somebody who sends another one's message on, changed here and there, what does not read looks like
/// what did not open, else the difference would tell the one from the other.
pub fn read_csr(der: &[u8], own_key: &[u8], legacy_algorithms: bool) -> Result<Csr, Refusal> {
    let read = if legacy_algorithms {
        Csr::from_der_with_sha1(der)
    } else {
        Csr::from_der(der)
    };
    read.map_err(|error| {
        let is_own = !own_key.is_empty() && der.windows(own_key.len()).any(|part| part == own_key);
        let text = told(&error);
        match error {
            _ if !is_own => Refusal::unreadable(),
            CsrError::TooLong | CsrError::Pem(_) | CsrError::Malformed(_) => Refusal::unreadable(),
            CsrError::Key(_) | CsrError::UnknownAlgorithm => Refusal::new(FailInfo::BadAlg, text),
            CsrError::Signature(_) => Refusal::unreadable(),
            CsrError::Subject(_) | CsrError::Name(_) | CsrError::TooManyNames => {
                Refusal::new(FailInfo::BadRequest, text)
            }
        }
    })
}

/// The error with its reasons.
fn told(error: &CsrError) -> String {
    ers_runtime::error::chain(error)
}

/// IssuerAndSubject, of which the transactionID says all that is needed; that it is one is checked, since what did not open
/// must look like what is none.
pub fn check_issuer_and_subject(der: &[u8]) -> Result<(), Refusal> {
    let names = ers_pki::cms::sequences(der).map_err(|_| Refusal::unreadable())?;
    match names.as_slice() {
        [_, _] => Ok(()),
        _ => Err(Refusal::unreadable()),
    }
}

/// IssuerAndSerialNumber: issuer (Name, DER) and serial number (lower-case hex).
pub fn read_issuer_and_serial(der: &[u8]) -> Result<(Vec<u8>, String), Refusal> {
    match KeyHolder::from_issuer_and_serial(der) {
        Ok(KeyHolder::IssuerAndSerial { issuer, serial }) => {
            let digits = hex::encode(serial);
            Ok((issuer, digits.trim_start_matches('0').to_owned()))
        }
        _ => Err(Refusal::unreadable()),
    }
}
