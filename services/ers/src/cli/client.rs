//! Options of `ers client`.

use clap::{Args, Subcommand};

/// What asks for certificates by itself, and its access tokens.
#[derive(Subcommand)]
pub enum Client {
    /// List them
    List {
        /// Of this realm only
        #[arg(long, default_value = "")]
        realm: String,
        /// Part of name or description
        #[arg(long, default_value = "")]
        search: String,
    },
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Make one
    Add {
        /// 1 to 64 of a-z 0-9 -
        name: String,
        /// Its realm
        #[arg(long, default_value = "default")]
        realm: String,
        /// The policy of requests that name none
        #[arg(long)]
        default_policy: Option<String>,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Give it another description or default policy
    Change {
        /// Its name
        name: String,
        /// The policy of requests that name none; empty: none
        #[arg(long)]
        default_policy: Option<String>,
        /// For people
        #[arg(long)]
        description: Option<String>,
    },
    /// Remove one with its tokens
    Remove {
        /// Its name
        name: String,
    },
    /// Its access tokens
    #[command(subcommand)]
    Token(ClientToken),
}

/// Access tokens of a client.
#[derive(Subcommand)]
pub enum ClientToken {
    /// List them
    List {
        /// Name of the client
        client: String,
    },
    /// Make one; it is shown this once
    Make(ClientTokenMake),
    /// Take one back: it lets in nobody any more
    Revoke {
        /// Name of the client
        client: String,
        /// Id of the token
        id: String,
    },
}

/// Options of `ers client token make`.
#[derive(Args)]
pub struct ClientTokenMake {
    /// Name of the client
    pub client: String,
    /// What it allows, e.g. certificate:read; may be given several times
    #[arg(long = "permission", required = true)]
    pub permissions: Vec<String>,
    /// In this realm only; default: the client's
    #[arg(long)]
    pub realm: Option<String>,
    /// How long it lets in, e.g. 90d
    #[arg(long)]
    pub validity: Option<String>,
    /// For people
    #[arg(long, default_value = "")]
    pub description: String,
}
