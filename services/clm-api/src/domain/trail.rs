//! The trail of acts: what an event says, and how events are chained so that none is changed, taken out or put in unseen.

use aws_lc_rs::digest;

use super::page::Page;

/// What the first event follows.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An act that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What was done, e.g. `policy.apply`.
    pub act: String,
    /// To what.
    pub object: String,
    /// The realm that it belongs to; empty: to none.
    pub realm: String,
    /// More, for people.
    pub detail: String,
    /// How it was.
    pub before: Option<String>,
    /// How it was to be.
    pub after: Option<String>,
    /// Address that it came from, where known.
    pub origin: Option<String>,
}

/// An event's place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 1, without gaps.
    pub sequence: i64,
    /// SHA-256 over it and the digest before, lower-case hex.
    pub digest: String,
}

/// An event that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenEvent {
    /// Its row, by which it is paged: higher is newer.
    pub number: i64,
    /// What it says.
    pub event: AuditEvent,
    /// Absent: written by a release that knew no chain.
    pub link: Option<Link>,
}

/// A page of the trail, newest first.
pub type TrailPage = Page<WrittenEvent>;

/// What is looked for in the trail; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailFilter {
    /// Who.
    pub actor: Option<String>,
    /// What, or the beginning of it up to a dot.
    pub act: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// In this realm.
    pub realm: Option<String>,
    /// Not before.
    pub from_ms: Option<i64>,
    /// Before.
    pub until_ms: Option<i64>,
    /// Part of object or detail.
    pub search: Option<String>,
}

/// The chain holds, or where it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Events that were looked at.
    pub events: u64,
    /// Events that stand outside of the chain.
    pub unchained: u64,
    /// The end of the chain.
    pub head: Link,
    /// The first number whose event is missing, changed or out of place.
    pub broken_at: Option<i64>,
}

impl AuditEvent {
    /// The digest of this event at its place.
    pub fn chained(&self, previous: &str, sequence: i64) -> Link {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut part = |present: bool, text: &str| {
            context.update(&[u8::from(present)]);
            context.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(text.as_bytes());
        };
        part(true, previous);
        part(true, &sequence.to_string());
        part(true, &self.at_ms.to_string());
        for text in [
            &self.actor,
            &self.act,
            &self.object,
            &self.realm,
            &self.detail,
        ] {
            part(true, text);
        }
        for text in [&self.before, &self.after, &self.origin] {
            part(text.is_some(), text.as_deref().unwrap_or_default());
        }
        Link {
            sequence,
            digest: hex::encode(context.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            at_ms: 1,
            actor: "anna".into(),
            act: "policy.apply".into(),
            object: "web".into(),
            realm: "default".into(),
            detail: String::new(),
            before: None,
            after: Some("x".into()),
            origin: None,
        }
    }

    #[test]
    fn the_digest_covers_every_part_and_the_one_before() {
        let link = event().chained(BEGINNING, 1);
        let others = [
            AuditEvent {
                at_ms: 2,
                ..event()
            }
            .chained(BEGINNING, 1),
            AuditEvent {
                actor: "ann".into(),
                act: "apolicy.apply".into(),
                ..event()
            }
            .chained(BEGINNING, 1),
            AuditEvent {
                before: Some(String::new()),
                ..event()
            }
            .chained(BEGINNING, 1),
            AuditEvent {
                before: Some("x".into()),
                after: None,
                ..event()
            }
            .chained(BEGINNING, 1),
            event().chained(&link.digest, 1),
            event().chained(BEGINNING, 2),
        ];
        for other in others {
            assert_ne!(other.digest, link.digest);
        }
    }
}
