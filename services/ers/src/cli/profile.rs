//! `ers profile`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Certificate profiles.
#[derive(Subcommand)]
pub enum Profile {
    /// List them: the ready, the configured and those that were applied
    List,
    /// Show one as the YAML that `apply` takes
    Show {
        /// Its name
        name: String,
        /// A version that is not in force any more
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        profile_version: i32,
    },
    /// Make or change one: an example of its certificates is linted first
    Apply(ProfileApply),
    /// Show an example of the certificates of one, and what the linter has against it; nothing is changed
    Rehearse(ProfileRehearse),
    /// Remove one that no CA is set to issue with
    Remove {
        /// Its name
        name: String,
        /// Also while certificates of it are valid
        #[arg(long)]
        sure: bool,
    },
}

/// Options of `ers profile apply`.
#[derive(Args)]
pub struct ProfileApply {
    /// YAML or JSON file; - for standard input
    pub file: PathBuf,
    /// Subject of the example, where patterns must be met, e.g. CN=printer-007
    #[arg(long, value_name = "NAME")]
    pub example_subject: Option<String>,
    /// Name of the example, e.g. dns:www.example.com; may be repeated
    #[arg(long = "example-name", value_name = "NAME")]
    pub example_names: Vec<String>,
    /// Only if this version is in force; 0: only if there is no such profile
    #[arg(long, value_name = "VERSION")]
    pub if_version: Option<i32>,
}

/// Options of `ers profile rehearse`.
#[derive(Args)]
pub struct ProfileRehearse {
    /// Name of a profile, or YAML or JSON file; - for standard input
    pub profile: PathBuf,
    /// Subject of the example, where patterns must be met, e.g. CN=printer-007
    #[arg(long, value_name = "NAME")]
    pub example_subject: Option<String>,
    /// Name of the example, e.g. dns:www.example.com; may be repeated
    #[arg(long = "example-name", value_name = "NAME")]
    pub example_names: Vec<String>,
}
