//! `ers audit events` and `export-events`: what people and clients did in CLM. Over REST.

use crate::{
    cli::{AuditEvents, AuditExportEvents, Global, ListFormat},
    clm,
    failure::Outcome,
    output::{self, Told},
};

const EVENT: &[(&str, &str)] = &[
    ("at", "at"),
    ("who", "actor"),
    ("act", "act"),
    ("on", "object"),
    ("realm", "realm"),
    ("from", "origin"),
    ("detail", "detail"),
];

pub async fn show(global: &Global, options: AuditEvents) -> Outcome<()> {
    let size = options.limit.to_string();
    let query = [
        ("actor", options.actor.as_str()),
        ("act", &options.act),
        ("object", &options.object),
        ("realm", &options.realm),
        ("from", &options.from),
        ("until", &options.until),
        ("search", &options.search),
        ("page_size", &size),
        ("page_token", &options.page),
    ];
    let page = clm::rest(global)?.ask("audit", &query).await?;
    output::show(global.output, &Told::page(page, "events", EVENT))
}

pub async fn export(global: &Global, options: &AuditExportEvents) -> Outcome<()> {
    let format = match options.format {
        ListFormat::Csv => "csv",
        ListFormat::Ndjson => "ndjson",
    };
    let query = [
        ("format", format),
        ("realm", options.realm.as_str()),
        ("from", &options.from),
        ("until", &options.until),
    ];
    let rest = clm::rest(global)?;
    rest.copy("audit/export", &query, output::octets).await
}
