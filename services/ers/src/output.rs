//! Results on standard output: tables for people, JSON for programs.

use std::io::{ErrorKind, Write as _};

use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::Format,
    failure::{Attempt as _, Failure, Outcome},
};

/// A result that can be written both ways.
pub trait Show: Serialize {
    /// For people.
    fn text(&self) -> String;
}

/// Writes a result.
pub fn show(format: Format, result: &impl Show) -> Outcome<()> {
    let text = match format {
        Format::Table => result.text(),
        Format::Json => serde_json::to_string_pretty(result).attempt("write JSON")?,
    };
    line(text.trim_end())
}

/// Writes a line to standard output.
pub fn line(text: &str) -> Outcome<()> {
    octets(format!("{text}\n").as_bytes())
}

/// Writes to standard output.
pub fn octets(octets: &[u8]) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(octets).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::nobody_reads()),
        written => written.attempt("write to standard output"),
    }
}

/// Writes a line of progress to standard error; nobody minds when it is lost.
pub fn progress(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A table with a heading.
pub fn table<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let rows = rows.into_iter().map(Vec::from).collect();
    table_of(&heading, rows)
}

fn table_of(heading: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_header(heading.iter().map(|text| text.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// `name: value` lines, the values below each other.
pub fn fields(fields: &[(&str, String)]) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            format!(
                "{name:width$}  {}\n",
                value.replace('\n', &format!("\n{:width$}  ", ""))
            )
        })
        .collect()
}

/// What REST told, written as it is.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Told {
    value: Value,
    #[serde(skip)]
    shape: Shape,
}

/// Heading, and the member that stands below or beside it.
type Members = &'static [(&'static str, &'static str)];

enum Shape {
    Fields(Members),
    Rows(Vec<Value>, Members),
}

impl Told {
    /// One thing: its members, one below the other.
    pub fn one(value: Value, members: Members) -> Self {
        let shape = Shape::Fields(members);
        Self { value, shape }
    }

    /// Several things: a row each.
    pub fn rows(rows: Vec<Value>, members: Members) -> Self {
        let value = Value::Array(rows.clone());
        let shape = Shape::Rows(rows, members);
        Self { value, shape }
    }

    /// A page of several things, with where the next one begins.
    pub fn page(mut page: Value, name: &str, members: Members) -> Self {
        let rows = match page.get(name) {
            Some(Value::Array(rows)) => rows.clone(),
            _ => Vec::new(),
        };
        if let Some(page) = page.as_object_mut() {
            let next = page.remove("next_page_token").unwrap_or_default();
            page.insert("next_page".to_owned(), next);
        }
        let shape = Shape::Rows(rows, members);
        Self { value: page, shape }
    }
}

impl Show for Told {
    fn text(&self) -> String {
        let next = self.value.get("next_page").and_then(Value::as_str);
        match &self.shape {
            Shape::Fields(members) => {
                let member = |(name, key): &(_, &str)| (*name, words(self.value.get(key)));
                fields(&members.iter().map(member).collect::<Vec<_>>())
            }
            Shape::Rows(rows, members) => {
                let heading: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
                let row = |row: &Value| {
                    let cell = |(_, key): &(_, &str)| words(row.get(key));
                    members.iter().map(cell).collect()
                };
                let mut text = table_of(&heading, rows.iter().map(row).collect());
                if let Some(next) = next {
                    text.push_str(&format!("\nthe next page: --page {next}"));
                }
                text
            }
        }
    }
}

/// A value for people.
fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(all)) => {
            let all: Vec<String> = all.iter().map(|one| words(Some(one))).collect();
            all.join("\n")
        }
        Some(other) => other.to_string(),
    }
}

/// A time for people and programs alike: RFC 3339, UTC, to the second.
pub fn time(time: Option<&prost_types::Timestamp>) -> String {
    time.and_then(|time| time::OffsetDateTime::from_unix_timestamp(time.seconds).ok())
        .and_then(|time| {
            time.format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_rest_told_is_written_for_people_and_for_programs() {
        let one = json!({"name": "a", "tags": ["x", "y"], "up": true, "none": null, "count": 7});
        let members = &[
            ("name", "name"),
            ("tags", "tags"),
            ("up", "up"),
            ("is not", "none"),
        ];
        let told = Told::one(one.clone(), members);
        assert_eq!(
            told.text(),
            "name    a\ntags    x\n        y\nup      yes\n"
        );
        assert_eq!(serde_json::to_value(&told).unwrap(), one);

        let page = json!({"things": [{"name": "a"}], "next_page_token": "t", "total": 2});
        let told = Told::page(page, "things", &[("name", "name")]);
        assert!(
            told.text().ends_with("the next page: --page t"),
            "{}",
            told.text()
        );
        let value = serde_json::to_value(&told).unwrap();
        assert_eq!(
            value,
            json!({"things": [{"name": "a"}], "next_page": "t", "total": 2})
        );
    }
}
