//! Who wants to hear of what, and by which way.

use std::{collections::BTreeSet, fmt, str::FromStr};

use super::{
    access::Reach,
    https_url::HttpsUrl,
    id::{PolicyName, RealmName, SubscriptionName},
    notice::{EventType, Notice},
    realm,
};

/// What the signer seals the secrets of webhooks with.
pub const SEALING_CONTEXT: &str = "clm/webhook-secret";
/// Most days before an end that one can hear of.
pub const MOST_DAYS: u32 = 3650;
/// Most different numbers of days.
pub const MOST_THRESHOLDS: usize = 10;

/// Somebody's wish to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub name: SubscriptionName,
    /// What it wants.
    pub wish: Wish,
    /// Whether anything is sent now.
    pub active: bool,
    /// Secret that webhooks are signed with; sealed by the signer.
    pub sealed_secret: Option<Vec<u8>>,
    /// Counts its changes.
    pub version: i64,
    /// When it was made.
    pub created_at_ms: i64,
    /// By whom.
    pub created_by: String,
    /// When it was changed last.
    pub updated_at_ms: i64,
    /// By whom.
    pub updated_by: String,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Of this realm only.
    pub realm: Option<RealmName>,
    /// Of this policy only.
    pub policy: Option<PolicyName>,
    /// Of these events.
    pub events: BTreeSet<EventType>,
    /// How many days before the end.
    pub days: BTreeSet<u32>,
    /// To whom.
    pub recipient: Recipient,
    /// In which language.
    pub language: Language,
}

/// A wish as it is written, in REST, gRPC and rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WishText {
    /// Empty: any.
    pub realm: String,
    /// Empty: any.
    pub policy: String,
    /// By their names.
    pub events: Vec<String>,
    /// Before an end.
    pub days: Vec<u32>,
    /// `mail`, `contact` or `webhook`.
    pub channel: String,
    /// Address or URL; empty for `contact`.
    pub recipient: String,
    /// `en` or `de`; empty: `en`.
    pub language: String,
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A mail address.
    Mail(String),
    /// The contact of the end entity, where that is a mail address.
    Contact,
    /// An `https` URL.
    Webhook(HttpsUrl),
}

/// In which language people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

/// A wish that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct WrongWish {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong.
    pub problem: String,
}

impl WishText {
    /// Read, and checked.
    pub fn read(&self) -> Result<Wish, WrongWish> {
        let wish = Wish {
            realm: optional("realm", &self.realm)?,
            policy: optional("policy", &self.policy)?,
            events: self
                .events
                .iter()
                .map(|event| read("events", event))
                .collect::<Result<_, _>>()?,
            days: self.days.iter().copied().collect(),
            recipient: Recipient::of_parts(&self.channel, &self.recipient)?,
            language: self.language.parse()?,
        };
        wish.check()?;
        Ok(wish)
    }
}

fn optional<T: FromStr<Err: fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<Option<T>, WrongWish> {
    match text {
        "" => Ok(None),
        text => read(field, text).map(Some),
    }
}

fn read<T: FromStr<Err: fmt::Display>>(field: &'static str, text: &str) -> Result<T, WrongWish> {
    text.parse().map_err(|error: T::Err| WrongWish {
        field,
        problem: error.to_string(),
    })
}

impl Wish {
    /// As it is written.
    pub fn text(&self) -> WishText {
        let (channel, recipient) = self.recipient.as_parts();
        let text = |name: Option<String>| name.unwrap_or_default();
        WishText {
            realm: text(self.realm.as_ref().map(ToString::to_string)),
            policy: text(self.policy.as_ref().map(ToString::to_string)),
            events: self
                .events
                .iter()
                .map(|event| event.as_str().to_owned())
                .collect(),
            days: self.days.iter().copied().collect(),
            channel: channel.to_owned(),
            recipient,
            language: self.language.to_string(),
        }
    }

    /// Whether it can be kept.
    pub fn check(&self) -> Result<(), WrongWish> {
        let wrong = |field, problem: String| Err(WrongWish { field, problem });
        if self.events.is_empty() {
            return wrong("events", "at least one".to_owned());
        }
        let counts_days = [EventType::CertificateExpiring, EventType::AuthorityExpiring];
        let needs_days = counts_days.iter().any(|event| self.events.contains(event));
        if needs_days && self.days.is_empty() {
            return wrong("days", "at least one, for what expires".to_owned());
        }
        if self.days.len() > MOST_THRESHOLDS
            || self.days.iter().any(|days| !(1..=MOST_DAYS).contains(days))
        {
            return wrong(
                "days",
                format!("at most {MOST_THRESHOLDS} numbers from 1 to {MOST_DAYS}"),
            );
        }
        if (self.realm.is_some() || self.policy.is_some())
            && let Some(event) = self.events.iter().find(|event| event.is_of_the_platform())
        {
            return wrong(
                "events",
                format!("{} is of no realm and no policy", event.as_str()),
            );
        }
        match &self.recipient {
            Recipient::Mail(address) if address.parse::<lettre::Address>().is_err() => {
                wrong("recipient", "must be a mail address".to_owned())
            }
            Recipient::Contact
                if self.events.iter().any(|event| {
                    !matches!(
                        event,
                        EventType::CertificateIssued
                            | EventType::CertificateRevoked
                            | EventType::CertificateExpiring
                            | EventType::RecoveryAsked
                            | EventType::RecoveryDecided
                            | EventType::RecoveryReleased
                    )
                }) =>
            {
                wrong(
                    "recipient",
                    "contacts of end entities hear of certificates only".to_owned(),
                )
            }
            Recipient::Mail(_) | Recipient::Contact | Recipient::Webhook(_) => Ok(()),
        }
    }
}

impl Wish {
    /// Whether all that it wants to hear of lies within reach. What is of all realms, and of the platform as a whole, is for
    /// who may see all of them.
    pub fn is_within(&self, reach: &Reach) -> bool {
        match (&self.realm, &self.policy) {
            (None, _) => *reach == Reach::Everywhere,
            (Some(realm), None) => reach.has_realm(realm),
            (Some(realm), Some(policy)) => reach.has(realm.as_str(), policy.as_str()),
        }
    }
}

impl Subscription {
    /// Whether a notice is one of those that it wants.
    pub fn wants(&self, notice: &Notice) -> bool {
        let wish = &self.wish;
        let of_realm = match &wish.realm {
            Some(realm) => realm.as_str() == notice.realm,
            // the platform's own certificates only for who asks for them
            None => notice.realm != realm::SYSTEM,
        };
        let policy = wish.policy.as_ref().map(PolicyName::as_str);
        self.listens_to(notice.event)
            && of_realm
            && policy.is_none_or(|policy| policy == notice.policy)
    }

    /// Whether it wants anything of the kind.
    pub fn listens_to(&self, event: EventType) -> bool {
        self.active && self.wish.events.contains(&event)
    }
}

impl Recipient {
    /// Its kind and address as they stand in rows and messages.
    pub fn as_parts(&self) -> (&'static str, String) {
        match self {
            Self::Mail(address) => ("mail", address.clone()),
            Self::Contact => ("contact", String::new()),
            Self::Webhook(url) => ("webhook", url.to_string()),
        }
    }

    /// Of kind and address.
    pub fn of_parts(channel: &str, address: &str) -> Result<Self, WrongWish> {
        match channel {
            "mail" => Ok(Self::Mail(address.to_owned())),
            "webhook" => address.parse().map(Self::Webhook).map_err(
                |error: super::https_url::InvalidHttpsUrl| WrongWish {
                    field: "recipient",
                    problem: error.to_string(),
                },
            ),
            "contact" if address.is_empty() => Ok(Self::Contact),
            "contact" => Err(WrongWish {
                field: "recipient",
                problem: "must be empty for contact: each end entity has its own".to_owned(),
            }),
            _ => Err(WrongWish {
                field: "channel",
                problem: "must be mail, contact or webhook".to_owned(),
            }),
        }
    }
}

impl Language {
    /// Its code (ISO 639-1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

impl FromStr for Language {
    type Err = WrongWish;

    fn from_str(text: &str) -> Result<Self, WrongWish> {
        match text {
            "" | "en" => Ok(Self::English),
            "de" => Ok(Self::German),
            _ => Err(WrongWish {
                field: "language",
                problem: "must be en or de".to_owned(),
            }),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Between how many and how many days before an end each number of days speaks for, the shortest first: what lies nearer
/// than a shorter number is told as that, so that nobody hears twice of the same end at once.
pub fn windows(days: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut nearer = 0;
    days.iter()
        .map(|days| (std::mem::replace(&mut nearer, *days), *days))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            realm: None,
            policy: None,
            events: BTreeSet::from([EventType::CertificateExpiring]),
            days: BTreeSet::from([30, 7]),
            recipient: Recipient::Mail("anna@example.org".to_owned()),
            language: Language::English,
        }
    }

    fn problem(wish: &Wish) -> String {
        wish.check().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_kept_is_refused_by_field() {
        assert_eq!(wish().check(), Ok(()));
        let none = Wish {
            events: BTreeSet::new(),
            ..wish()
        };
        assert_eq!(problem(&none), "events: at least one");
        let never = Wish {
            days: BTreeSet::new(),
            ..wish()
        };
        assert!(problem(&never).starts_with("days: "));
        let long = Wish {
            days: BTreeSet::from([0]),
            ..wish()
        };
        assert!(problem(&long).starts_with("days: "));
        let nobody = Wish {
            recipient: Recipient::Mail("anna".to_owned()),
            ..wish()
        };
        assert!(problem(&nobody).starts_with("recipient: "));
        let plain = Recipient::of_parts("webhook", "http://example.org/").unwrap_err();
        assert_eq!(plain.to_string(), "recipient: must begin with https://");
        let realm = Wish {
            realm: Some("default".parse().unwrap()),
            events: BTreeSet::from([EventType::SignerUnreachable]),
            ..wish()
        };
        assert!(problem(&realm).starts_with("events: signer.unreachable"));
        let contact = Wish {
            recipient: Recipient::Contact,
            events: BTreeSet::from([EventType::RequestWaiting]),
            ..wish()
        };
        assert!(problem(&contact).starts_with("recipient: "));
    }

    #[test]
    fn an_end_is_told_once_by_the_nearest_number_of_days() {
        let days = BTreeSet::from([30, 1, 7]);
        assert_eq!(windows(&days), vec![(0, 1), (1, 7), (7, 30)]);
    }
}
