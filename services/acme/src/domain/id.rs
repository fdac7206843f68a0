//! The ids in our URLs: 128 random bits each, base64url, so that none can be guessed from another.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `bytes` of randomness from the operating system's generator, base64url without padding.
pub fn random_text<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    rand::Rng::fill(&mut rand::rng(), &mut bytes[..]);
    URL_SAFE_NO_PAD.encode(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// A new id.
            pub fn random() -> Self {
                Self(random_text::<16>())
            }

            /// The id in a URL or a row; `None` when it cannot be one of ours.
            pub fn parse(text: &str) -> Option<Self> {
                let is_ours = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                is_ours.then(|| Self(text.to_owned()))
            }

            /// The id as it stands in URLs and rows.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Id of an account.
    AccountId
);
id!(
    /// Id of an order.
    OrderId
);
id!(
    /// Id of an authorization.
    AuthorizationId
);
id!(
    /// Id of a challenge.
    ChallengeId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_url_safe_and_never_the_same() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| OrderId::random()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter()
                .all(|id| id.as_str().len() == 22 && OrderId::parse(id.as_str()).is_some())
        );
    }

    #[test]
    fn what_cannot_be_an_id_is_none() {
        for text in ["", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(OrderId::parse(text), None, "{text:?}");
        }
    }
}
