//! Options of `ers account`.

use std::path::PathBuf;

use clap::Subcommand;

/// Your own account at the platform where you are logged in.
#[derive(Subcommand)]
pub enum Account {
    /// Set another password; all your other logins end
    Password {
        /// File with the present one; - for standard input
        #[arg(long, value_name = "FILE")]
        present_password_file: PathBuf,
        /// File with the new one
        #[arg(long, value_name = "FILE")]
        new_password_file: PathBuf,
    },
    /// Codes that are asked for at each login besides the password (TOTP)
    #[command(subcommand)]
    SecondFactor(SecondFactor),
}

/// The second factor.
#[derive(Subcommand)]
pub enum SecondFactor {
    /// Make a secret for an authenticator app; it is shown this once, and counts once it is confirmed
    Make,
    /// Confirm it with the code that the app shows
    Confirm {
        /// Six digits
        code: String,
    },
    /// Log in without codes again
    Remove {
        /// File with the password; - for standard input
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
}
