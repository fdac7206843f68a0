//! What people write beside a certificate: whose it is, where it is used, tags, a comment.

use std::{collections::BTreeMap, fmt, str::FromStr};

/// Most tags of a certificate.
pub const MOST_TAGS: usize = 50;
/// Most places where a certificate is used.
pub const MOST_LOCATIONS: usize = 50;
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 128;
const LONGEST_LINE: usize = 255;
const LONGEST_COMMENT: usize = 4000;

/// Name of a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagName(String);

/// A tag: a name, with or without a value. A certificate has at most one of each name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    name: TagName,
    /// Empty: none.
    value: String,
}

/// What is written beside one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// A person's name as roles have it, or a mail address; empty: nobody.
    pub owner: String,
    /// Free text.
    pub comment: String,
    /// Where it is used, a line each.
    pub locations: Vec<String>,
    /// By name.
    pub tags: Vec<Tag>,
    /// Counts changes; zero: nothing was ever written.
    pub version: i64,
}

/// What is to be different; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoteChange {
    /// Empty: nobody.
    pub owner: Option<String>,
    /// Empty: none.
    pub comment: Option<String>,
    /// In the place of those that are there.
    pub locations: Option<Vec<String>>,
    /// In the place of those that are there.
    pub tags: Option<Vec<Tag>>,
    /// Set beside those that are there, in the place of those of the same name.
    pub set_tags: Vec<Tag>,
    /// Taken away.
    pub remove_tags: Vec<TagName>,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongNote {
    /// A tag's text.
    #[error(
        "read tag: must be a name of 1 to {LONGEST_NAME} of a-z A-Z 0-9 . _ - /, or name=value with a value of at most \
         {LONGEST_VALUE} characters without commas and control characters"
    )]
    Tag,
    /// Too many tags.
    #[error("read tags: at most {MOST_TAGS}")]
    Tags,
    /// The owner's text.
    #[error("read owner: at most {LONGEST_LINE} characters without control characters")]
    Owner,
    /// The places' texts.
    #[error(
        "read locations: at most {MOST_LOCATIONS}, each of 1 to {LONGEST_LINE} characters without control characters"
    )]
    Locations,
    /// The comment's text.
    #[error(
        "read comment: at most {LONGEST_COMMENT} characters without control characters but line breaks"
    )]
    Comment,
}

impl WrongNote {
    /// The field at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Tag | Self::Tags => "tags",
            Self::Owner => "owner",
            Self::Locations => "locations",
            Self::Comment => "comment",
        }
    }
}

impl TagName {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TagName {
    type Err = WrongNote;

    fn from_str(text: &str) -> Result<Self, WrongNote> {
        let fits = (1..=LONGEST_NAME).contains(&text.len())
            && text
                .bytes()
                .all(|one| one.is_ascii_alphanumeric() || b"._-/".contains(&one));
        fits.then(|| Self(text.to_owned())).ok_or(WrongNote::Tag)
    }
}

impl Tag {
    /// Of its parts, as a row has them.
    pub fn of_parts(name: &str, value: &str) -> Result<Self, WrongNote> {
        let fits = value.chars().count() <= LONGEST_VALUE
            && !value.chars().any(|one| one == ',' || one.is_control())
            && value.trim() == value;
        let name = name.parse()?;
        fits.then(|| Self {
            name,
            value: value.to_owned(),
        })
        .ok_or(WrongNote::Tag)
    }

    /// Its name.
    pub fn name(&self) -> &TagName {
        &self.name
    }

    /// Its value; empty: none.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl FromStr for Tag {
    type Err = WrongNote;

    fn from_str(text: &str) -> Result<Self, WrongNote> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Self::of_parts(name, value)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.0)?;
        if self.value.is_empty() {
            return Ok(());
        }
        write!(f, "={}", self.value)
    }
}

impl NoteChange {
    /// Whether it may be written.
    pub fn check(&self) -> Result<(), WrongNote> {
        let is_line = |text: &str| {
            text.chars().count() <= LONGEST_LINE && !text.chars().any(char::is_control)
        };
        if self.owner.as_ref().is_some_and(|owner| !is_line(owner)) {
            return Err(WrongNote::Owner);
        }
        let wrong_place = |place: &String| place.trim().is_empty() || !is_line(place);
        if self
            .locations
            .as_ref()
            .is_some_and(|all| all.len() > MOST_LOCATIONS || all.iter().any(wrong_place))
        {
            return Err(WrongNote::Locations);
        }
        if self.comment.as_ref().is_some_and(|text| {
            text.chars().count() > LONGEST_COMMENT
                || text
                    .chars()
                    .any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t'))
        }) {
            return Err(WrongNote::Comment);
        }
        let most = self.tags.as_ref().map_or(0, Vec::len);
        if most > MOST_TAGS || self.set_tags.len() > MOST_TAGS || self.remove_tags.len() > MOST_TAGS
        {
            return Err(WrongNote::Tags);
        }
        Ok(())
    }

    /// What is written afterwards; its version is one more where that differs.
    pub fn apply(&self, before: &Note) -> Result<Note, WrongNote> {
        let mut tags: BTreeMap<TagName, Tag> = BTreeMap::new();
        let kept = self.tags.as_ref().unwrap_or(&before.tags);
        for tag in kept.iter().chain(&self.set_tags) {
            tags.insert(tag.name.clone(), tag.clone());
        }
        for name in &self.remove_tags {
            tags.remove(name);
        }
        if tags.len() > MOST_TAGS {
            return Err(WrongNote::Tags);
        }
        let mut after = Note {
            owner: self
                .owner
                .as_ref()
                .map_or_else(|| before.owner.clone(), |owner| owner.trim().to_owned()),
            comment: self.comment.as_ref().unwrap_or(&before.comment).clone(),
            locations: self.locations.as_ref().unwrap_or(&before.locations).clone(),
            tags: tags.into_values().collect(),
            version: before.version,
        };
        if after != *before {
            after.version = before.version.saturating_add(1);
        }
        Ok(after)
    }
}

impl Note {
    /// For the trail of acts.
    pub fn to_json(&self) -> String {
        let tags: Vec<String> = self.tags.iter().map(ToString::to_string).collect();
        serde_json::json!({
            "owner": self.owner,
            "tags": tags,
            "locations": self.locations,
            "comment": self.comment,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(texts: &[&str]) -> Vec<Tag> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn tags_read_back_and_others_do_not() {
        for text in ["web", "env=prod", "team/area=Köln", "a=b=c"] {
            assert_eq!(text.parse::<Tag>().unwrap().to_string(), text);
        }
        for wrong in ["", "=x", "a b", "a=b,c", "a= b", "a=b\n", &"x".repeat(65)] {
            assert_eq!(wrong.parse::<Tag>(), Err(WrongNote::Tag), "{wrong}");
        }
        assert!(format!("a={}", "ä".repeat(129)).parse::<Tag>().is_err());
    }

    #[test]
    fn a_certificate_has_one_tag_of_a_name_and_a_change_that_changes_nothing_is_no_version() {
        let before = Note {
            tags: tags(&["env=test", "web"]),
            version: 3,
            ..Note::default()
        };
        let change = NoteChange {
            set_tags: tags(&["env=prod"]),
            remove_tags: vec!["web".parse().unwrap()],
            owner: Some(" anna ".into()),
            ..NoteChange::default()
        };
        let after = change.apply(&before).unwrap();
        assert_eq!(
            (after.tags.as_slice(), after.owner.as_str(), after.version),
            (tags(&["env=prod"]).as_slice(), "anna", 4)
        );
        assert_eq!(change.apply(&after).unwrap(), after);
    }

    #[test]
    fn what_is_too_long_or_too_much_is_told_with_its_field() {
        let many: Vec<Tag> = (0..=MOST_TAGS)
            .map(|number| format!("t{number}").parse().unwrap())
            .collect();
        let wrong = [
            (
                NoteChange {
                    owner: Some("a\nb".into()),
                    ..NoteChange::default()
                },
                "owner",
            ),
            (
                NoteChange {
                    locations: Some(vec![" ".into()]),
                    ..NoteChange::default()
                },
                "locations",
            ),
            (
                NoteChange {
                    comment: Some("x".repeat(4001)),
                    ..NoteChange::default()
                },
                "comment",
            ),
            (
                NoteChange {
                    tags: Some(many.clone()),
                    ..NoteChange::default()
                },
                "tags",
            ),
        ];
        for (change, field) in wrong {
            assert_eq!(change.check().unwrap_err().field(), field);
        }
        let half = NoteChange {
            set_tags: many[..30].to_vec(),
            ..NoteChange::default()
        };
        let before = Note {
            tags: many[25..].to_vec(),
            ..Note::default()
        };
        assert_eq!(half.apply(&before), Err(WrongNote::Tags));
    }
}
