//! What a request is known again by: a client that has waited sends the same again (RFC 7030 section 4.2.3), and gets the
//! certificate that the first became.

use aws_lc_rs::digest;

/// The idempotency key of a request: over its policy, who asks, what for, and the certificate that came of the same
/// request before, if one did.
#[must_use]
pub fn request_id(policy: &str, requester: &str, csr: &[u8], renews: &[u8], after: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [
        policy.as_bytes(),
        requester.as_bytes(),
        csr,
        renews,
        after.as_bytes(),
    ] {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    format!("est-{}", hex::encode(context.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_the_same_and_nothing_else_is() {
        let of = |csr: &[u8], renews: &[u8]| request_id("est", "end-entity:a", csr, renews, "");
        assert_eq!(of(b"csr", b""), of(b"csr", b""));
        assert_ne!(of(b"csr", b""), of(b"cs", b"r"));
        assert_ne!(
            of(b"csr", b""),
            request_id("est", "end-entity:a", b"csr", b"", "1f")
        );
    }
}
