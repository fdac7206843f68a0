//! `ers approval`, as it is typed.

use clap::Subcommand;

/// Acts that wait for a second administrator.
#[derive(Subcommand)]
pub enum Approval {
    /// List those that wait
    List {
        /// Also those that were decided or have expired
        #[arg(long)]
        all: bool,
    },
    /// Show one, with what was asked for
    Show {
        /// Its id
        id: String,
    },
    /// Approve one that somebody else has asked for: it is done at once
    Approve {
        /// Its id
        id: String,
    },
    /// Refuse one, or take back your own
    Refuse {
        /// Its id
        id: String,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
}
