//! Options of `ers login` and `ers request`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `ers login`: one way to say who you are. Without: by browser, when the platform has an OpenID provider that
/// gives device codes; else an access token is asked for.
#[derive(Args)]
pub struct Login {
    /// By browser, here or on another device: a code is shown that you type there (RFC 8628)
    #[arg(long, conflicts_with_all = ["token_file", "username", "certificate"])]
    pub device: bool,
    /// File with an access token of a client; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "certificate"])]
    pub token_file: Option<PathBuf>,
    /// Name of a local account
    #[arg(long, requires = "password_file", conflicts_with = "certificate")]
    pub username: Option<String>,
    /// File with its password; - for standard input
    #[arg(long, value_name = "FILE", requires = "username")]
    pub password_file: Option<PathBuf>,
    /// Code of its second factor
    #[arg(long, requires = "username")]
    pub code: Option<String>,
    /// The client certificate of an account, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// Its private key, PKCS#8 PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// The CAs that the server's certificate may come from, PEM; default: those of the system
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// Requests for certificates.
#[derive(Subcommand)]
pub enum Request {
    /// List them, newest first
    List {
        /// Only those that are pending-approval, approved, issued, declined or failed
        #[arg(long, default_value = "")]
        state: String,
        /// Only what you asked for
        #[arg(long)]
        mine: bool,
        /// Most of them at once
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// The next page, as the one before named it
        #[arg(long, default_value = "")]
        page: String,
    },
    /// Fetch the key that the platform made for what you asked for, once it is approved, as PKCS#12
    Key {
        /// Its id
        id: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File with the password of the PKCS#12 file; - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
    /// Approve one: its certificate is issued at once
    Approve {
        /// Its id
        id: String,
        /// Why
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Decline one
    Decline {
        /// Its id
        id: String,
        /// Why
        #[arg(long, default_value = "")]
        comment: String,
    },
}
