//! What CAA records say about a name: RFC 8659, with the parameters of RFC 8657.

use super::challenge::ChallengeKind;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaaRecord {
    /// Whether whoever does not know the tag must not issue.
    pub critical: bool,
    /// `issue`, `issuewild`, `iodef` …
    pub tag: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// Who wants to issue, for whom, after what proof.
#[derive(Debug, Clone, Copy)]
pub struct Issuance<'a> {
    /// Domain names that records know this CA by.
    pub identities: &'a [String],
    /// URL of the account.
    pub account_url: &'a str,
    /// How control of the name was proven.
    pub proven_by: ChallengeKind,
    /// Whether it is for a wildcard.
    pub wildcard: bool,
}

/// Why records forbid to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A critical record of an unknown kind.
    #[error("a critical CAA record has a tag that is not known here")]
    Critical,
    /// Others may, or nobody may.
    #[error("no CAA record allows this CA to issue")]
    NotNamed,
    /// RFC 8657 §3.
    #[error("the CAA records name this CA for another account only")]
    OtherAccount,
    /// RFC 8657 §4.
    #[error("the CAA records name this CA for other validation methods only")]
    OtherMethod,
}

/// Holds an issuance against the records that are relevant for a name; none: everybody may.
pub fn check(records: &[CaaRecord], issuance: Issuance<'_>) -> Result<(), Forbidden> {
    let has_tag = |record: &&CaaRecord, tag: &str| record.tag.eq_ignore_ascii_case(tag);
    let known = [
        "issue",
        "issuewild",
        "iodef",
        "issuemail",
        "issuevmc",
        "contactemail",
        "contactphone",
    ];
    if records
        .iter()
        .any(|record| record.critical && !known.iter().any(|tag| has_tag(&record, tag)))
    {
        return Err(Forbidden::Critical);
    }
    let of = |tag| records.iter().filter(move |record| has_tag(record, tag));
    // RFC 8659 §4.3: issuewild, when there is one, is all that counts for a wildcard
    let relevant: Vec<&CaaRecord> = if issuance.wildcard && of("issuewild").next().is_some() {
        of("issuewild").collect()
    } else {
        of("issue").collect()
    };
    if relevant.is_empty() {
        return Ok(());
    }
    let mut why = Forbidden::NotNamed;
    for record in relevant {
        match allows(&record.value, issuance) {
            Ok(()) => return Ok(()),
            Err(Forbidden::NotNamed) => {}
            Err(nearer) => why = nearer,
        }
    }
    Err(why)
}

/// RFC 8659 §4.2: `[issuer-domain-name] [";" parameters]`. What is malformed names nobody.
fn allows(value: &[u8], issuance: Issuance<'_>) -> Result<(), Forbidden> {
    let Ok(value) = std::str::from_utf8(value) else {
        return Err(Forbidden::NotNamed);
    };
    let mut parts = value.split(';').map(|part| part.trim_matches([' ', '\t']));
    let issuer = parts.next().unwrap_or_default();
    if issuer.is_empty()
        || !issuance
            .identities
            .iter()
            .any(|identity| identity.eq_ignore_ascii_case(issuer))
    {
        return Err(Forbidden::NotNamed);
    }
    let (mut accounts, mut methods) = (Vec::new(), Vec::new());
    for parameter in parts.filter(|part| !part.is_empty()) {
        let Some((tag, value)) = parameter.split_once('=') else {
            return Err(Forbidden::NotNamed);
        };
        let (tag, value) = (
            tag.trim_matches([' ', '\t']),
            value.trim_matches([' ', '\t']),
        );
        if tag.eq_ignore_ascii_case("accounturi") {
            accounts.push(value);
        } else if tag.eq_ignore_ascii_case("validationmethods") {
            methods.push(value);
        }
    }
    // RFC 8657 §3, §4: a parameter that stands there twice is malformed, and forbids
    match accounts.as_slice() {
        [] => {}
        [account] if *account == issuance.account_url => {}
        _ => return Err(Forbidden::OtherAccount),
    }
    match methods.as_slice() {
        [] => Ok(()),
        [methods]
            if methods
                .split(',')
                .any(|method| method.trim() == issuance.proven_by.as_str()) =>
        {
            Ok(())
        }
        _ => Err(Forbidden::OtherMethod),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tag: &str, value: &str) -> CaaRecord {
        CaaRecord {
            critical: false,
            tag: tag.to_owned(),
            value: value.as_bytes().to_vec(),
        }
    }

    fn judge(records: &[CaaRecord], wildcard: bool) -> Result<(), Forbidden> {
        let identities = ["ca.test".to_owned()];
        check(
            records,
            Issuance {
                identities: &identities,
                account_url: "https://ca.test/acme/acct/1",
                proven_by: ChallengeKind::Dns01,
                wildcard,
            },
        )
    }

    /// Failure 35: whom records name, and for what.
    #[test]
    fn records_allow_whom_they_name_and_nobody_else() {
        use Forbidden::{NotNamed, OtherAccount, OtherMethod};
        for (value, expected) in [
            ("ca.test", Ok(())),
            (" CA.test ; a=b", Ok(())),
            ("ca.test; accounturi=https://ca.test/acme/acct/1", Ok(())),
            (
                "ca.test; accounturi=https://ca.test/acme/acct/2",
                Err(OtherAccount),
            ),
            (
                "ca.test; accounturi=https://ca.test/acme/acct/1; accounturi=https://ca.test/acme/acct/2",
                Err(OtherAccount),
            ),
            ("ca.test; validationmethods=http-01,dns-01", Ok(())),
            ("ca.test; validationmethods=http-01", Err(OtherMethod)),
            ("ca.test; validationmethods=", Err(OtherMethod)),
            ("ca.test; what is this", Err(NotNamed)),
            ("other.test", Err(NotNamed)),
            ("sub.ca.test", Err(NotNamed)),
            (";", Err(NotNamed)),
            ("", Err(NotNamed)),
        ] {
            assert_eq!(
                judge(&[record("issue", value)], false),
                expected,
                "{value:?}"
            );
        }
        let both = [record("issue", "other.test"), record("Issue", "ca.test")];
        assert_eq!(judge(&both, false), Ok(()), "one that allows is enough");
        let latin1 = CaaRecord {
            value: vec![0xff],
            ..record("issue", "")
        };
        assert_eq!(judge(&[latin1], false), Err(NotNamed));
    }

    /// Failure 35: wildcards have a record of their own.
    #[test]
    fn issuewild_alone_counts_for_wildcards_when_it_is_there() {
        let records = [record("issue", "ca.test"), record("issuewild", ";")];
        assert_eq!(judge(&records, false), Ok(()));
        assert_eq!(judge(&records, true), Err(Forbidden::NotNamed));
        let records = [record("issue", ";"), record("issuewild", "ca.test")];
        assert_eq!(judge(&records, false), Err(Forbidden::NotNamed));
        assert_eq!(judge(&records, true), Ok(()));
        assert_eq!(judge(&[record("issue", "ca.test")], true), Ok(()));
        assert_eq!(judge(&[record("issuewild", ";")], false), Ok(()));
        assert_eq!(judge(&[record("iodef", "mailto:a@b.test")], true), Ok(()));
        assert_eq!(judge(&[], true), Ok(()));
    }

    /// Failure 35: what is critical and not understood forbids.
    #[test]
    fn a_critical_record_of_an_unknown_kind_forbids() {
        let unknown = CaaRecord {
            critical: true,
            ..record("tbs", "x")
        };
        let records = [record("issue", "ca.test"), unknown.clone()];
        assert_eq!(judge(&records, false), Err(Forbidden::Critical));
        let ignored = CaaRecord {
            critical: false,
            ..unknown
        };
        assert_eq!(judge(&[ignored], false), Ok(()));
        let known = CaaRecord {
            critical: true,
            ..record("issue", "ca.test")
        };
        assert_eq!(judge(&[known], false), Ok(()));
    }
}
