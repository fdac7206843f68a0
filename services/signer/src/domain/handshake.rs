//! What is signed in a TLS 1.3 handshake, RFC 8446 §4.4.3. The older ones are not: what they sign is made of bytes that
//! the other side chooses, and cannot be told from anything else.

const PADDING: [u8; 64] = [0x20; 64];
const CONTEXTS: [&[u8]; 2] = [
    b"TLS 1.3, server CertificateVerify\0",
    b"TLS 1.3, client CertificateVerify\0",
];

/// Whether these bytes are the content covered by a CertificateVerify.
pub(super) fn is_certificate_verify(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(&PADDING) else {
        return false;
    };
    let transcript = CONTEXTS
        .iter()
        .find_map(|context| rest.strip_prefix(*context));
    // the transcript hash of the cipher suites: SHA-256 or SHA-384
    transcript.is_some_and(|hash| matches!(hash.len(), 32 | 48))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_content_of_a_certificate_verify_is_one() {
        let content = [&PADDING, CONTEXTS[0], &[7; 32]].concat();
        assert!(is_certificate_verify(&content));
        assert!(!is_certificate_verify(&content[1..]));
        assert!(!is_certificate_verify(&[content.as_slice(), &[7]].concat()));
        assert!(!is_certificate_verify(b""));
    }
}
