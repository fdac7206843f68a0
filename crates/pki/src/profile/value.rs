//! Rules for one subject attribute, or for the names of one kind: where values come from, and which ones may be.

use serde::{Deserialize, Serialize};

use super::Pattern;

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The request.
    #[default]
    Request,
    /// What the RA knows of the end entity; other values of the request are surplus.
    EndEntity,
    /// The request, or the end entity when the request has none.
    RequestOrEndEntity,
}

/// What becomes of what a request has and may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surplus {
    /// The request is refused.
    #[default]
    Refuse,
    /// It is left out.
    Drop,
}

/// The rule for values of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValueRule {
    /// At least one value must be there.
    pub required: bool,
    /// What each value must look like, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// The values, whatever the request says; other values of the request are surplus.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// Where values come from when they are not fixed.
    pub from: Source,
    /// At most so many values; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
}

impl ValueRule {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.most == Some(0) {
            return Some("most must be at least 1");
        }
        if self.most.is_some_and(|most| self.fixed.len() > most) {
            return Some("there are more fixed values than most allows");
        }
        let pattern = self.pattern.as_ref()?;
        self.fixed
            .iter()
            .any(|value| !pattern.matches(value))
            .then_some("a fixed value does not match the pattern")
    }
}
