//! A CA whose rows are known to be older than what it has signed: its database was restored from a backup.

use super::AuthorityName;

/// That, since when, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// The CA.
    pub authority: AuthorityName,
    /// When it was found, epoch milliseconds.
    pub found_at_ms: i64,
    /// The highest CRL number that is known to be signed: revocations up to that CRL are missing. 0: not known.
    pub crl_number: i64,
    /// How it was found.
    pub reason: String,
}

/// The numbering that a CRL's signing request belongs to, and its number: `crl-<name>-<number>`; a delta CRL shares the
/// numbering of the complete ones.
#[must_use]
pub fn numbered_crl(request_id: &str) -> Option<(&str, i64)> {
    let (name, number) = request_id.strip_prefix("crl-")?.rsplit_once('-')?;
    let series = name.strip_suffix(".delta").unwrap_or(name);
    Some((series, number.parse().ok()?))
}

/// The CA whose CRLs a numbering is of.
#[must_use]
pub fn authority_of(series: &str) -> Option<AuthorityName> {
    series.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crls_request_tells_its_numbering() {
        assert_eq!(numbered_crl("crl-sub-17"), Some(("sub", 17)));
        assert_eq!(numbered_crl("crl-sub-2-17"), Some(("sub-2", 17)));
        assert_eq!(
            numbered_crl("crl-sub.g2.p3.delta-17"),
            Some(("sub.g2.p3", 17))
        );
        for other in ["sub-17", "crl-sub", "crl-sub-x", "crl--"] {
            assert_eq!(numbered_crl(other), None, "{other}");
        }
        assert_eq!(authority_of("sub.g2.p3").unwrap().as_str(), "sub");
    }
}
