//! Which directory a request came through: `/acme/…` (the default policy) or `/acme/{policy}/…`.
//! Each directory is an ACME server of its own: an account of one means nothing to another.

use std::fmt;

/// A directory, named by the policy in its path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Directory(String);

impl Directory {
    /// The directory of the path segment after `/acme/`; `None` when it cannot name a policy (1 to 64 of a-z 0-9 -).
    pub fn parse(segment: &str) -> Option<Self> {
        let may_be = (1..=64).contains(&segment.len())
            && segment
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        may_be.then(|| Self(segment.to_owned()))
    }

    /// The directory of a row.
    pub fn from_row(text: String) -> Self {
        Self(text)
    }

    /// The name of the policy; empty: the default.
    pub fn policy(&self) -> &str {
        &self.0
    }

    /// The path that everything of this directory begins with, without a slash at its end.
    pub fn path(&self) -> String {
        if self.0.is_empty() {
            "/acme".to_owned()
        } else {
            format!("/acme/{}", self.0)
        }
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_directory_has_the_short_path() {
        assert_eq!(Directory::default().path(), "/acme");
        assert_eq!(
            Directory::parse("acme-eab").unwrap().path(),
            "/acme/acme-eab"
        );
        assert_eq!(Directory::parse("a/b"), None);
        assert_eq!(Directory::parse(""), None);
    }

    #[test]
    fn what_no_policy_can_be_called_is_no_directory() {
        for segment in ["..", "ACME", "a_b", "a.b", "%2e", "ü", &"a".repeat(65)] {
            assert_eq!(Directory::parse(segment), None, "{segment}");
        }
    }
}
