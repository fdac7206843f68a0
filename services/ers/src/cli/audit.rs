//! The signer's journal and CLM's trail: `ers audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// The signer's journal.
#[derive(Subcommand)]
pub enum Audit {
    /// Show what was signed
    Show {
        /// From this entry on
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Only this chain
        #[arg(long)]
        chain: Option<String>,
    },
    /// Walk the whole journal and say whether anything was changed
    Verify {
        /// Only this chain
        #[arg(long)]
        chain: Option<String>,
    },
    /// Follow the trail of people's acts in CLM and say whether anything was changed
    VerifyClm,
    /// Show what people and clients did in CLM, newest first
    Events(AuditEvents),
    /// Write what they did to standard output, the oldest first
    ExportEvents(AuditExportEvents),
    /// Write the journal to a file that can be checked elsewhere
    Export(AuditExport),
    /// Print the key that checkpoints are signed with, to be pinned elsewhere (PEM)
    CheckpointKey {
        /// The file; default: standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check an exported journal, without a platform
    Check(AuditCheck),
    /// Note in a file how far the journal has come, and refuse when its past is another one than at the last call
    Witness(AuditWitness),
}

/// Options of `ers audit export`.
#[derive(Args)]
pub struct AuditExport {
    /// The file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only this chain
    #[arg(long)]
    pub chain: Option<String>,
    /// From this entry on
    #[arg(long, default_value_t = 1, requires = "chain", value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// Up to this entry; default: the last
    #[arg(long, requires = "chain")]
    pub to: Option<u64>,
}

/// Options of `ers audit events`.
#[derive(Args)]
pub struct AuditEvents {
    /// By this one only
    #[arg(long, default_value = "")]
    pub actor: String,
    /// Only such acts, e.g. certificate.revoke
    #[arg(long, default_value = "")]
    pub act: String,
    /// On this only
    #[arg(long, default_value = "")]
    pub object: String,
    /// In this realm only
    #[arg(long, default_value = "")]
    pub realm: String,
    /// Then or later, e.g. 2026-11-22T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "")]
    pub from: String,
    /// Before then
    #[arg(long, value_name = "TIME", default_value = "")]
    pub until: String,
    /// Part of who, what, on what
    #[arg(long, default_value = "")]
    pub search: String,
    /// Most of them at once
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// The next page, as the one before named it
    #[arg(long, default_value = "")]
    pub page: String,
}

/// Options of `ers audit export-events`.
#[derive(Args)]
pub struct AuditExportEvents {
    /// How they are written
    #[arg(long, value_enum, default_value_t = ListFormat::Csv)]
    pub format: ListFormat,
    /// In this realm only
    #[arg(long, default_value = "")]
    pub realm: String,
    /// Then or later, e.g. 2026-11-22T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "")]
    pub from: String,
    /// Before then
    #[arg(long, value_name = "TIME", default_value = "")]
    pub until: String,
}

/// Options of `ers audit check`.
#[derive(Args)]
pub struct AuditCheck {
    /// What `ers audit export` wrote; - for standard input
    pub file: PathBuf,
    /// What `ers audit checkpoint-key` printed when all was surely well; without: the file is only held against itself
    #[arg(long, value_name = "PEM")]
    pub checkpoint_key: Option<PathBuf>,
}

/// Options of `ers audit witness`.
#[derive(Args)]
pub struct AuditWitness {
    /// The file that notes are appended to; made when it is not there. Keep it on another machine
    #[arg(long, value_name = "FILE")]
    pub append: PathBuf,
}
