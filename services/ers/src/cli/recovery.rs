//! Options of `ers recovery`.

use std::path::PathBuf;

use clap::Subcommand;

/// Keys that the platform keeps, wanted back under dual control.
#[derive(Subcommand)]
pub enum Recovery {
    /// Ask for the kept key of a certificate
    Ask {
        /// Serial number or fingerprint of the certificate, hex; the first 8 or more characters will do
        certificate: String,
        /// Why
        #[arg(long)]
        comment: String,
    },
    /// List what is asked for, newest first
    List {
        /// Only those that are pending-approval, approved, declined, withdrawn, released or expired
        #[arg(long, default_value = "")]
        state: String,
        /// Of this certificate only
        #[arg(long, default_value = "")]
        certificate: String,
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
    /// Show one
    Show {
        /// Its id
        id: String,
    },
    /// Say yes to what somebody else asked for
    Approve {
        /// Its id
        id: String,
        /// Why
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Say no
    Decline {
        /// Its id
        id: String,
        /// Why
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Take back what you asked for
    Withdraw {
        /// Its id
        id: String,
    },
    /// Fetch the key, once, as PKCS#12
    Fetch {
        /// Its id
        id: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File with the password of the PKCS#12 file; - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
}
