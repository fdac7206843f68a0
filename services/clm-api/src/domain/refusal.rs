//! Why a request is refused: an outcome for the one who asked, not an error.

use std::{fmt, str::FromStr};

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    /// CSR malformed, or its signature wrong.
    BadRequest,
    /// Algorithm or key not allowed.
    BadKey,
    /// A name that the policy does not allow.
    BadName,
    /// Too long, too early, too late.
    BadValidity,
    /// Policy, end entity or client not allowed.
    NotAllowed,
    /// A person said no.
    Declined,
    /// There is an active certificate, and the policy wants one at most.
    Duplicate,
}

/// A refusal with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub reason: RefusalReason,
    /// For the person who asked; names the field.
    pub detail: String,
}

impl RefusalReason {
    const ALL: [Self; 7] = [
        Self::BadRequest,
        Self::BadKey,
        Self::BadName,
        Self::BadValidity,
        Self::NotAllowed,
        Self::Declined,
        Self::Duplicate,
    ];

    /// Its name, as in rows and problem types.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::BadKey => "bad-key",
            Self::BadName => "bad-name",
            Self::BadValidity => "bad-validity",
            Self::NotAllowed => "not-allowed",
            Self::Declined => "declined",
            Self::Duplicate => "duplicate",
        }
    }

    /// A refusal for this reason.
    pub fn because(self, detail: impl Into<String>) -> Refusal {
        Refusal {
            reason: self,
            detail: detail.into(),
        }
    }

    /// What a field of a certificate that CARA refused means for the one who asked; nothing when it is not theirs.
    pub fn of_field(field: &str) -> Option<Self> {
        match field {
            "public_key" => Some(Self::BadKey),
            "subject" | "subject_alternative_names" | "names" => Some(Self::BadName),
            "not_before" | "validity" => Some(Self::BadValidity),
            _ => None,
        }
    }
}

impl FromStr for RefusalReason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(())
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back() {
        for reason in RefusalReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
    }

    #[test]
    fn only_the_askers_fields_become_refusals() {
        assert_eq!(
            RefusalReason::of_field("public_key"),
            Some(RefusalReason::BadKey)
        );
        assert_eq!(
            RefusalReason::of_field("subject_alternative_names"),
            Some(RefusalReason::BadName)
        );
        assert_eq!(RefusalReason::of_field("issuer"), None);
    }
}
