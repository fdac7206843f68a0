//! What a rule is: where it stands, how bad it is to break it, since when it holds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::Date;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; no document is broken.
    Notice,
    /// A SHOULD that is not followed.
    Warning,
    /// A MUST that is broken.
    Error,
}

impl Severity {
    /// Its word: `notice`, `warning`, `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Rules that are asked together, by the document that they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LintSet {
    /// RFC 5280 and the RFCs that amend it or say how keys and algorithms stand in it; asked of every certificate.
    #[serde(rename = "rfc5280")]
    Rfc5280,
    /// CA/Browser Forum: Baseline Requirements for TLS server certificates, and the EV Guidelines for those that claim EV.
    #[serde(rename = "cabf-tls")]
    CabfTls,
    /// CA/Browser Forum: S/MIME Baseline Requirements.
    #[serde(rename = "cabf-smime")]
    CabfSmime,
    /// CA/Browser Forum: Baseline Requirements for code signing.
    #[serde(rename = "cabf-cs")]
    CabfCs,
    /// ETSI EN 319 412: certificates of natural and legal persons, and what qualified ones state.
    #[serde(rename = "etsi")]
    Etsi,
}

/// Text that names no set of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read lint set \"{0}\": it must be one of rfc5280, cabf-tls, cabf-smime, cabf-cs and etsi")]
pub struct UnknownLintSet(String);

impl LintSet {
    /// All sets.
    pub const ALL: [Self; 5] = [
        Self::Rfc5280,
        Self::CabfTls,
        Self::CabfSmime,
        Self::CabfCs,
        Self::Etsi,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc5280 => "rfc5280",
            Self::CabfTls => "cabf-tls",
            Self::CabfSmime => "cabf-smime",
            Self::CabfCs => "cabf-cs",
            Self::Etsi => "etsi",
        }
    }
}

impl fmt::Display for LintSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for LintSet {
    type Err = UnknownLintSet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|set| set.as_str() == text)
            .ok_or_else(|| UnknownLintSet(text.to_owned()))
    }
}

/// A rule of the linter.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique and lasting; begins with the name of its set: `rfc5280-serial-positive`.
    pub id: &'static str,
    /// The set.
    pub set: LintSet,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Where it stands: document and section.
    pub citation: &'static str,
    /// What is demanded, one sentence without a full stop.
    pub text: &'static str,
    /// It holds for certificates that begin on this day or later; none: always.
    pub since: Option<Date>,
}

impl Rule {
    /// All rules, set by set.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        super::FAMILIES
            .iter()
            .flat_map(|family| family.iter().copied())
    }

    /// The rule of that id.
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().find(|rule| rule.id == id)
    }
}

/// Declares the rules of one file: a constant each, and `RULES` with all of them.
macro_rules! rules {
    ($set:ident: $($name:ident = $severity:ident $id:literal [$citation:literal] $text:literal $(since $since:expr)?;)+) => {
        $(pub(super) static $name: $crate::lint::Rule = $crate::lint::Rule {
            id: $id,
            set: $crate::lint::LintSet::$set,
            severity: $crate::lint::Severity::$severity,
            citation: $citation,
            text: $text,
            since: rules!(@since $($since)?),
        };)+
        /// The rules of this file.
        pub(in $crate::lint) static RULES: &[&$crate::lint::Rule] = &[$(&$name),+];
    };
    (@since) => { None };
    (@since $since:expr) => { Some($since) };
}
pub(super) use rules;
