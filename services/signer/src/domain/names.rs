//! The small texts of requests: ids, labels, contexts.

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct InvalidField {
    /// The field.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

/// A request id: 1 to 128 visible ASCII characters.
///
/// # Errors
/// When it is something else.
pub fn check_request_id(id: &str) -> Result<(), InvalidField> {
    let right = (1..=128).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_graphic());
    right.then_some(()).ok_or(InvalidField {
        field: "request_id",
        expected: "1 to 128 visible ASCII characters",
    })
}

/// A label: 1 to 128 of `A-Z a-z 0-9 . _ : -`.
///
/// # Errors
/// When it is something else.
pub fn check_label(label: &str) -> Result<(), InvalidField> {
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"._:-".contains(&octet);
    let right = (1..=128).contains(&label.len()) && label.bytes().all(allowed);
    right.then_some(()).ok_or(InvalidField {
        field: "label",
        expected: "1 to 128 of A-Z a-z 0-9 . _ : -",
    })
}

/// A context of a sealed secret: 1 to 256 visible ASCII characters.
///
/// # Errors
/// When it is something else.
pub fn check_context(context: &str) -> Result<(), InvalidField> {
    let right =
        (1..=256).contains(&context.len()) && context.bytes().all(|octet| octet.is_ascii_graphic());
    right.then_some(()).ok_or(InvalidField {
        field: "context",
        expected: "1 to 256 visible ASCII characters",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_labels_and_contexts_have_their_alphabets() {
        assert!(check_request_id("8f1e-3").is_ok());
        for id in ["", "a b", "ä", "a\n", &"x".repeat(129)] {
            assert!(check_request_id(id).is_err(), "{id:?}");
        }
        assert!(check_label("ca:sub-1.2_A").is_ok());
        for label in ["", "a/b", "a b", &"x".repeat(129)] {
            assert!(check_label(label).is_err(), "{label:?}");
        }
        assert!(check_context("acme/external-account").is_ok());
        assert!(check_context("").is_err());
    }
}
