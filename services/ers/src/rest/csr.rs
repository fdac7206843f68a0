//! A PKCS#10 request (RFC 2986) that shows a key, and nothing else: names and subject are asked for beside it.

use ers_pki::{
    csr::Csr,
    key::{PrivateKey, SignatureAlgorithm},
};

use crate::failure::{Attempt as _, Outcome};

const INTEGER_ZERO: [u8; 3] = [2, 1, 0];
const EMPTY_NAME: [u8; 2] = [0x30, 0];
const NO_ATTRIBUTES: [u8; 2] = [0xa0, 0];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 3;

/// The request, DER, signed with the key.
pub fn showing(key: &PrivateKey) -> Outcome<Vec<u8>> {
    let algorithm = SignatureAlgorithm::default_for(key.algorithm());
    let info = element(
        SEQUENCE,
        &[
            &INTEGER_ZERO,
            &EMPTY_NAME,
            key.public_key().spki_der(),
            &NO_ATTRIBUTES,
        ],
    );
    let signature = key.sign(algorithm, &info).attempt("sign a request")?;
    let signature = element(BIT_STRING, &[&[0], &signature]);
    let request = element(SEQUENCE, &[&info, &algorithm.to_der(), &signature]);
    // What is read again here is read there too.
    let read = Csr::from_der(&request).attempt("make a request")?;
    Ok(read.der().to_vec())
}

/// Tag, definite length, content (X.690 section 8.1).
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut whole = vec![tag];
    match (digits.as_slice(), content.len()) {
        ([], _) => whole.push(0),
        ([short], 0..0x80) => whole.push(*short),
        (digits, _) => {
            whole.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            whole.extend(digits);
        }
    }
    whole.extend(content);
    whole
}

#[cfg(test)]
mod tests {
    use ers_pki::key::KeyAlgorithm;

    use super::*;

    #[test]
    fn a_request_shows_the_key_that_signed_it() {
        for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Rsa2048] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let csr = Csr::from_der(&showing(&key).unwrap()).unwrap();
            assert_eq!(csr.public_key().spki_der(), key.public_key().spki_der());
        }
    }
}
