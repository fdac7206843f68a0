//! Results on standard output: tables for people, JSON for programs.

use std::io::Write as _;

use comfy_table::{Table, presets::NOTHING};
use serde::Serialize;

use crate::{
    cli::Format,
    failure::{Attempt as _, Outcome},
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
    writeln!(std::io::stdout(), "{text}").attempt("write to standard output")
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
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_header(heading.map(str::to_uppercase));
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

/// A time for people and programs alike: RFC 3339, UTC, to the second.
pub fn time(time: Option<&prost_types::Timestamp>) -> String {
    time.and_then(|time| time::OffsetDateTime::from_unix_timestamp(time.seconds).ok())
        .and_then(|time| {
            time.format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_default()
}
