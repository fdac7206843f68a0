//! Patterns of values: regular expressions that hold for the whole value. They are matched in time linear in the value, and
//! large ones are refused.

use std::fmt;
use std::str::FromStr;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most octets that a compiled pattern may take.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// Longest text of a pattern.
const MAX_TEXT_BYTES: usize = 1024;

/// A regular expression for a whole value; compared by its text.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    whole: Regex,
}

/// Text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read pattern \"{0}\": it is no regular expression, or too large a one")]
pub struct PatternError(String);

impl Pattern {
    /// Whether it holds for the whole value.
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || PatternError(text.chars().take(100).collect());
        if text.len() > MAX_TEXT_BYTES {
            return Err(refused());
        }
        // by itself first: "a)(b" must not become one with the anchors
        Regex::new(text).map_err(|_| refused())?;
        let whole = RegexBuilder::new(&format!("\\A(?:{text})\\z"))
            .size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|_| refused())?;
        Ok(Self {
            text: text.to_owned(),
            whole,
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_for_whole_values() {
        let pattern: Pattern = "[a-z]+|[0-9]+".parse().unwrap();
        assert!(pattern.matches("abc") && pattern.matches("123"));
        for other in ["", "abc1", "abc\n", "1a", "A"] {
            assert!(!pattern.matches(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_refused() {
        for text in ["(", "a)(b", "[", "(a{1000}){1000}", &"a".repeat(2000)] {
            assert!(text.parse::<Pattern>().is_err());
        }
    }
}
