//! What a CRL is called, in URLs too: `<ca>[.g<generation>][.p<partition>][.delta]`.

use std::{fmt, str::FromStr};

use super::AuthorityName;

/// The CRLs that follow each other under one numbering: those of one generation of a CA, all or one partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrlStream {
    /// The CA.
    pub authority: AuthorityName,
    /// Its generation, from 1.
    pub generation: i16,
    /// The partition, from 1; 0: all certificates of the generation.
    pub partition: i32,
}

/// Name of a CRL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrlName {
    /// Which ones.
    pub stream: CrlStream,
    /// Whether it tells only what changed since another.
    pub delta: bool,
}

/// A text that is no name of a CRL.
#[derive(Debug, thiserror::Error)]
#[error("a CRL's name is <ca>[.g<generation>][.p<partition>][.delta]")]
pub struct InvalidCrlName;

impl CrlStream {
    /// All certificates of a CA's generation.
    #[must_use]
    pub fn whole(authority: &AuthorityName, generation: i16) -> Self {
        Self {
            authority: authority.clone(),
            generation,
            partition: 0,
        }
    }

    /// The same CA and generation, that partition.
    #[must_use]
    pub fn partition(&self, partition: i32) -> Self {
        Self {
            partition,
            ..self.clone()
        }
    }

    /// Its complete CRL.
    #[must_use]
    pub fn complete(self) -> CrlName {
        CrlName {
            stream: self,
            delta: false,
        }
    }

    /// Its delta CRL.
    #[must_use]
    pub fn delta(self) -> CrlName {
        CrlName {
            stream: self,
            delta: true,
        }
    }
}

impl CrlName {
    /// What stands behind the CA's name; empty for the complete CRL of generation 1.
    #[must_use]
    pub fn suffix(&self) -> String {
        let mut suffix = String::new();
        if self.stream.generation != 1 {
            suffix.push_str(&format!(".g{}", self.stream.generation));
        }
        if self.stream.partition != 0 {
            suffix.push_str(&format!(".p{}", self.stream.partition));
        }
        if self.delta {
            suffix.push_str(".delta");
        }
        suffix
    }
}

impl fmt::Display for CrlStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clone().complete().fmt(f)
    }
}

impl fmt::Display for CrlName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stream.authority, self.suffix())
    }
}

impl FromStr for CrlName {
    type Err = InvalidCrlName;

    fn from_str(text: &str) -> Result<Self, InvalidCrlName> {
        let (authority, suffix) = text
            .split_once('.')
            .map_or((text, ""), |(name, suffix)| (name, suffix));
        let authority = authority.parse().map_err(|_| InvalidCrlName)?;
        let mut name = CrlStream::whole(&authority, 1).complete();
        for part in suffix.split('.').filter(|part| !part.is_empty()) {
            match part.split_at_checked(1) {
                Some(("g", number)) => {
                    name.stream.generation = number.parse().map_err(|_| InvalidCrlName)?;
                }
                Some(("p", number)) => {
                    name.stream.partition = number.parse().map_err(|_| InvalidCrlName)?;
                }
                _ => name.delta = part == "delta",
            }
        }
        // One name, one spelling.
        if name.to_string() == text && name.stream.partition >= 0 && name.stream.generation > 0 {
            Ok(name)
        } else {
            Err(InvalidCrlName)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_have_one_spelling() {
        for text in [
            "sub",
            "sub.g2",
            "sub.p7",
            "sub.g2.p12",
            "sub.delta",
            "sub.g3.p1.delta",
        ] {
            let name: CrlName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
        }
        for bad in [
            "",
            "Sub",
            "sub.",
            "sub.g1",
            "sub.p0",
            "sub.p-1",
            "sub.p01",
            "sub.delta.p1",
            "sub..p1",
            "sub.x",
            "sub.p1.p2",
            "sub.p99999999999",
            "sub.é",
        ] {
            assert!(bad.parse::<CrlName>().is_err(), "{bad}");
        }
    }
}
