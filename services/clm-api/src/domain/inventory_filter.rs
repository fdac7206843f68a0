//! What is looked for in the inventory, in the one grammar that lists, exports and bulk acts share, and where a page of it
//! begins.

use std::{fmt, str::FromStr};

use ers_pki::profile::Period;
use ers_runtime::clock::to_ms;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    id::{IssuerName, PolicyName, RealmName},
    inventory::CertificateState,
    note::TagName,
};

/// Most tags that one search names.
const MOST_TAGS: usize = 10;
const LONGEST_TEXT: usize = 255;
const LONGEST_SEARCH: usize = 200;
const SHORTEST_SEARCH: usize = 3;

/// What is looked for; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this realm.
    pub realm: Option<RealmName>,
    /// Part of subject or name, beginning of serial or fingerprint; case does not matter.
    pub search: Option<String>,
    /// In this state.
    pub state: Option<CertificateState>,
    /// Valid now, and not any more after so long.
    pub expires_within: Option<time::Duration>,
    /// Ends then or later.
    pub expires_from_ms: Option<i64>,
    /// Ends before then.
    pub expires_before_ms: Option<i64>,
    /// Allowed by this policy.
    pub policy: Option<PolicyName>,
    /// Issued by this CA.
    pub issuer: Option<IssuerName>,
    /// With a key of this kind, as in policies.
    pub key_algorithm: Option<String>,
    /// Of this end entity.
    pub end_entity: Option<String>,
    /// With this owner.
    pub owner: Option<String>,
    /// Without an owner.
    pub unowned: bool,
    /// With all these tags.
    pub tags: Vec<TagFilter>,
    /// From there.
    pub source: Option<Source>,
    /// In this order.
    pub order: Order,
}

impl Filter {
    /// Whether it looks for what does not stand in columns of certificates: text, owners, tags.
    pub fn is_elsewhere(&self) -> bool {
        self.search.is_some() || self.owner.is_some() || self.unowned || !self.tags.is_empty()
    }

    /// What of it stands in columns of certificates.
    pub fn of_columns(&self) -> Self {
        Self {
            search: None,
            owner: None,
            unowned: false,
            tags: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether it looks for text and tags, and for nothing else.
    pub fn is_text_with_tags(&self) -> bool {
        let nothing = Self {
            order: self.order,
            ..Self::default()
        };
        let is_more = self.owner.is_some() || self.unowned || self.of_columns() != nothing;
        self.search.is_some() && !self.tags.is_empty() && !is_more
    }

    /// Whether it looks for those that end in a stretch of time.
    pub fn is_of_a_time(&self) -> bool {
        self.expires_within.is_some()
            || self.expires_from_ms.is_some()
            || self.expires_before_ms.is_some()
    }
}

/// A tag that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// Its name.
    pub name: TagName,
    /// Its value; absent: any or none.
    pub value: Option<String>,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From a CA of ours.
    Issued,
    /// From elsewhere: somebody showed it.
    Imported,
}

/// In which order certificates are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The one that ends soonest first.
    Expiry,
    /// The one that ended last first.
    Ended,
}

/// The last certificate of a page, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// By number.
    Newest(i64),
    /// By last moment, then number.
    Expiry(i64, i64),
}

/// No such cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read page_token: not one that a page ended with")]
pub struct UnknownCursor;

/// A filter as it is written, in queries and where it is kept: the parts of [`Filter`], by the same names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilterText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_within: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_entity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unowned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// A part of a filter that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read {field}: {problem}")]
pub struct WrongFilter {
    /// The part.
    pub field: &'static str,
    problem: String,
}

impl FilterText {
    /// What it means; what is empty is not looked for.
    pub fn read(&self) -> Result<Filter, WrongFilter> {
        let within: Option<Period> = parse("expires_within", self.expires_within.as_deref())?;
        let state = parse("state", self.state.as_deref())?;
        let order = match (parse("order", self.order.as_deref())?, state) {
            (Some(Order::Expiry), _) => Order::Expiry,
            // What has expired is found by its end, and not among all that is newer.
            (_, Some(CertificateState::Expired)) => Order::Ended,
            (order, _) => order.unwrap_or_default(),
        };
        Ok(Filter {
            realm: parse("realm", self.realm.as_deref())?,
            search: search(self.search.as_deref())?,
            state,
            expires_within: within.map(Period::duration),
            expires_from_ms: moment("expires_from", self.expires_from.as_deref())?,
            expires_before_ms: moment("expires_before", self.expires_before.as_deref())?,
            policy: parse("policy", self.policy.as_deref())?,
            issuer: parse("issuer", self.issuer.as_deref())?,
            key_algorithm: text("key_algorithm", self.key_algorithm.as_deref(), LONGEST_TEXT)?,
            end_entity: text("end_entity", self.end_entity.as_deref(), LONGEST_TEXT)?,
            owner: text("owner", self.owner.as_deref(), LONGEST_TEXT)?,
            unowned: self.unowned,
            tags: tags(self.tags.as_deref().unwrap_or_default())?,
            source: parse("source", self.source.as_deref())?,
            order,
        })
    }
}

impl WrongFilter {
    fn of(field: &'static str, problem: impl fmt::Display) -> Self {
        Self {
            field,
            problem: problem.to_string(),
        }
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn parse<T: FromStr<Err: fmt::Display>>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, WrongFilter> {
    given(text)
        .map(str::parse)
        .transpose()
        .map_err(|error| WrongFilter::of(field, error))
}

fn text(
    field: &'static str,
    text: Option<&str>,
    longest: usize,
) -> Result<Option<String>, WrongFilter> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        let problem = format!("at most {longest} characters, no control characters");
        return Err(WrongFilter::of(field, problem));
    }
    Ok(Some(text.to_owned()))
}

/// Fewer characters are in nearly everything, and no index finds them.
fn search(wanted: Option<&str>) -> Result<Option<String>, WrongFilter> {
    let wanted = text("search", wanted, LONGEST_SEARCH)?;
    if wanted
        .as_ref()
        .is_some_and(|text| text.chars().count() < SHORTEST_SEARCH)
    {
        let problem = format!("at least {SHORTEST_SEARCH} characters");
        return Err(WrongFilter::of("search", problem));
    }
    Ok(wanted)
}

/// A time of RFC 3339, or a date, which means its first moment in UTC.
fn moment(field: &'static str, text: Option<&str>) -> Result<Option<i64>, WrongFilter> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    let whole = if text.contains(['T', 't']) {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    OffsetDateTime::parse(&whole, &Rfc3339)
        .map(|at| Some(to_ms(at)))
        .map_err(|_| WrongFilter::of(field, "must be a date or a time of RFC 3339"))
}

fn tags(text: &str) -> Result<Vec<TagFilter>, WrongFilter> {
    let wrong = |error: super::note::WrongNote| WrongFilter::of("tags", error);
    let parts: Vec<&str> = text.split(',').filter(|part| !part.is_empty()).collect();
    if parts.len() > MOST_TAGS {
        return Err(WrongFilter::of("tags", format!("at most {MOST_TAGS}")));
    }
    parts
        .into_iter()
        .map(|part| match part.split_once('=') {
            None => Ok(TagFilter {
                name: part.parse().map_err(wrong)?,
                value: None,
            }),
            Some((name, value)) => Ok(TagFilter {
                name: name.parse().map_err(wrong)?,
                value: Some(value.to_owned()),
            }),
        })
        .collect()
}

impl Source {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Imported => "imported",
        }
    }
}

macro_rules! words {
    ($name:ident { $($variant:ident = $text:literal),* }) => {
        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("must be one of {}", [$($text),*].join(", "))),
                }
            }
        }
    };
}

words!(Source { Issued = "issued", Imported = "imported" });
words!(Order {
    Newest = "newest",
    Expiry = "expiry"
});

impl Cursor {
    /// Whether a page of that order ends with it.
    pub fn is_of(self, order: Order) -> bool {
        matches!(self, Self::Newest(_)) == (order == Order::Newest)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(number) => write!(f, "{number}"),
            Self::Expiry(at_ms, number) => write!(f, "e.{at_ms}.{number}"),
        }
    }
}

impl FromStr for Cursor {
    type Err = UnknownCursor;

    fn from_str(text: &str) -> Result<Self, UnknownCursor> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| UnknownCursor);
        match text.strip_prefix("e.") {
            None => number(text).map(Self::Newest),
            Some(rest) => {
                let (at_ms, id) = rest.split_once('.').ok_or(UnknownCursor)?;
                Ok(Self::Expiry(number(at_ms)?, number(id)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_means_what_it_says_and_nothing_when_it_is_empty() {
        let empty = FilterText {
            search: Some(String::new()),
            tags: Some(String::new()),
            ..FilterText::default()
        };
        assert_eq!(empty.read(), Ok(Filter::default()));
        let filter = FilterText {
            tags: Some("web,env=prod,team=".into()),
            expires_from: Some("2026-11-22".into()),
            expires_before: Some("2026-11-22T00:00:01Z".into()),
            source: Some("imported".into()),
            order: Some("expiry".into()),
            ..FilterText::default()
        };
        let read = filter.read().unwrap();
        let values: Vec<Option<&str>> = read.tags.iter().map(|tag| tag.value.as_deref()).collect();
        assert_eq!(values, [None, Some("prod"), Some("")]);
        assert_eq!(
            read.expires_before_ms.unwrap() - read.expires_from_ms.unwrap(),
            1000
        );
        assert_eq!(
            (read.source, read.order),
            (Some(Source::Imported), Order::Expiry)
        );
    }

    #[test]
    fn what_does_not_read_is_told_with_its_field() {
        let with = |set: &dyn Fn(&mut FilterText)| {
            let mut text = FilterText::default();
            set(&mut text);
            text.read().unwrap_err().field
        };
        assert_eq!(with(&|text| text.state = Some("odd".into())), "state");
        assert_eq!(with(&|text| text.tags = Some("a b".into())), "tags");
        assert_eq!(with(&|text| text.tags = Some("a,".repeat(11))), "tags");
        assert_eq!(with(&|text| text.owner = Some("x".repeat(256))), "owner");
        assert_eq!(with(&|text| text.source = Some("found".into())), "source");
        let far = |text: &mut FilterText| text.expires_from = Some("tomorrow".into());
        assert_eq!(with(&far), "expires_from");
        assert_eq!(with(&|text| text.search = Some("abc\n".into())), "search");
        assert_eq!(with(&|text| text.search = Some("ab".into())), "search");
    }

    #[test]
    fn cursors_read_back() {
        for cursor in [Cursor::Newest(7), Cursor::Expiry(-1, 7)] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "x", "e.1", "e.1.x", "e..1"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(UnknownCursor), "{wrong}");
        }
    }
}
