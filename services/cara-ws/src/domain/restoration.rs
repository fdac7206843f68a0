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
    /// What is known of its CRLs, by numbering.
    pub crls: Vec<SeriesApplied>,
}

/// How far the CRLs of one numbering were applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesApplied {
    /// `<ca>[.g<generation>][.p<partition>]`
    pub series: String,
    /// The highest number that is known to be signed; 0: not known.
    pub wanted: i64,
    /// The highest complete CRL that was applied; 0: none.
    pub complete: i64,
    /// So far its revocations were taken over: the complete one, or a delta CRL on it.
    pub applied: i64,
}

impl Restoration {
    /// The CRLs that are known to be signed, and were not applied.
    pub fn missing(&self) -> impl Iterator<Item = &SeriesApplied> {
        self.crls.iter().filter(|crl| crl.applied < crl.wanted)
    }

    /// Whether everything that the CA has revoked was applied: a complete CRL of all its certificates, and nothing that is
    /// known to be signed is missing. Where no number is known, only a CRL that `is_current` can be the newest.
    #[must_use]
    pub fn is_applied(&self, series_of_all: &str, is_current: bool) -> bool {
        let of_all = self.crls.iter().find(|crl| crl.series == series_of_all);
        of_all.is_some_and(|crl| crl.complete > 0 && (crl.wanted > 0 || is_current))
            && self.missing().next().is_none()
    }
}

impl SeriesApplied {
    /// With a complete CRL, or a delta CRL to `base`, of that number applied. A delta CRL says nothing without a complete one as
    /// new as its base (RFC 5280 section 5.2.4).
    #[must_use]
    pub fn with(self, number: i64, base: Option<i64>) -> Self {
        match base {
            None => Self {
                complete: self.complete.max(number),
                applied: self.applied.max(number),
                ..self
            },
            Some(base) if self.complete >= base && self.complete > 0 => Self {
                applied: self.applied.max(number),
                ..self
            },
            Some(_) => self,
        }
    }
}

/// The numbering that a CRL's signing request belongs to, and its number: `crl-<name>-<number>`; a delta CRL shares the
/// numbering of the complete ones. None also for a number that leaves no room for those to follow: an export may be forged.
#[must_use]
pub fn numbered_crl(request_id: &str) -> Option<(&str, i64)> {
    let (name, number) = request_id.strip_prefix("crl-")?.rsplit_once('-')?;
    let series = name.strip_suffix(".delta").unwrap_or(name);
    let number = number.parse().ok()?;
    (0..=i64::MAX / 2)
        .contains(&number)
        .then_some((series, number))
}

/// The CA whose CRLs a numbering is of.
#[must_use]
pub fn authority_of(series: &str) -> Option<AuthorityName> {
    series.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(series: &str, wanted: i64) -> SeriesApplied {
        SeriesApplied {
            series: series.into(),
            wanted,
            complete: 0,
            applied: 0,
        }
    }

    #[test]
    fn a_delta_crl_counts_on_a_complete_one_as_new_as_its_base() {
        let wanted = nothing("sub", 9);
        assert_eq!(wanted.clone().with(9, Some(7)), wanted);
        let older = wanted.clone().with(6, None).with(9, Some(7));
        assert_eq!((older.complete, older.applied), (6, 6));
        let both = wanted.with(8, None).with(9, Some(7));
        assert_eq!((both.complete, both.applied), (8, 9));
    }

    #[test]
    fn everything_known_and_a_complete_crl_of_all_must_be_applied() {
        let restoration = |crls| Restoration {
            authority: "sub".parse().unwrap(),
            found_at_ms: 0,
            crl_number: 0,
            reason: String::new(),
            crls,
        };
        assert!(!restoration(vec![]).is_applied("sub", true));
        let partition = nothing("sub.p1", 5).with(5, None);
        assert!(!restoration(vec![partition.clone()]).is_applied("sub", true));
        let all = nothing("sub", 0).with(3, None);
        let both = restoration(vec![all.clone(), partition]);
        assert!(both.is_applied("sub", true) && !both.is_applied("sub", false));
        let missing = restoration(vec![all, nothing("sub.p1", 5)]);
        assert!(!missing.is_applied("sub", true));
        assert_eq!(missing.missing().next().unwrap().series, "sub.p1");
    }

    #[test]
    fn a_crls_request_tells_its_numbering() {
        assert_eq!(numbered_crl("crl-sub-17"), Some(("sub", 17)));
        assert_eq!(numbered_crl("crl-sub-2-17"), Some(("sub-2", 17)));
        assert_eq!(
            numbered_crl("crl-sub.g2.p3.delta-17"),
            Some(("sub.g2.p3", 17))
        );
        for other in [
            "sub-17",
            "crl-sub",
            "crl-sub-x",
            "crl--",
            "crl-sub-9223372036854775807",
        ] {
            assert_eq!(numbered_crl(other), None, "{other}");
        }
        assert_eq!(authority_of("sub.g2.p3").unwrap().as_str(), "sub");
    }
}
