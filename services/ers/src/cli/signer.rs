//! The signer's keys, tokens and own secrets: `ers key`, `ers token`, `ers signer`.

use std::path::PathBuf;

use clap::Subcommand;

/// The signer's tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// List them: state, keys, queue
    List,
    /// Show one: slot, sessions, PIN, mechanisms
    Show {
        /// Its name in the signer's configuration
        name: String,
    },
}

/// The signer's keys.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// List them
    List,
    /// Show one
    Show {
        /// Its label or id
        key: String,
    },
    /// Use a copy of a key that another token holds, after it was found there and signed rightly
    AttachReplica {
        /// Its label or id
        key: String,
        /// The token that holds the copy
        #[arg(long)]
        token: String,
        /// CKA_ID of the copy, hex; default: that of the original
        #[arg(long, value_name = "HEX")]
        token_key_id: Option<String>,
    },
    /// Use a copy no more; it stays on its token
    DetachReplica {
        /// Its label or id
        key: String,
        /// The token that holds the copy
        #[arg(long)]
        token: String,
    },
    /// Let a key sign again that had made a wrong signature
    LiftQuarantine {
        /// Its label or id
        key: String,
        /// Why it may; goes to the audit log
        #[arg(long)]
        reason: String,
    },
}

/// The signer's own secrets.
#[derive(Subcommand)]
pub enum Signer {
    /// Put the keys under another master password
    ChangeMasterPassword {
        /// File with the password in force; - for standard input
        #[arg(long, value_name = "FILE")]
        old_password_file: PathBuf,
        /// File with the new one; - for standard input
        #[arg(long, value_name = "FILE")]
        new_password_file: PathBuf,
    },
    /// Make another data key and seal all software keys anew
    RotateDataKey {
        /// File with the master password; - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
        /// Make no new key: only finish what was broken off
        #[arg(long)]
        resume: bool,
    },
    /// Make another key for checkpoints of the journal, signed by the one before it
    RotateCheckpointKey,
}
