//! Options of `ers realm`, `ers role` and `ers user`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{RealmSearch, Search};

/// Realms: what separates policies, end entities, requests and certificates.
#[derive(Subcommand)]
pub enum Realm {
    /// List them
    List(Search),
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Make one
    Create {
        /// 1 to 64 of a-z 0-9 -; stays
        name: String,
        /// What people call it; default: its name
        #[arg(long, default_value = "")]
        title: String,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Give it another title or description
    Rename {
        /// Its name
        name: String,
        /// What people call it
        #[arg(long)]
        title: Option<String>,
        /// For people
        #[arg(long)]
        description: Option<String>,
    },
    /// Take it out of use: nothing is issued in it any more
    Archive {
        /// Its name
        name: String,
    },
    /// Take an archived one back into use
    Restore {
        /// Its name
        name: String,
    },
    /// Delete an archived one with its policies, end entities, clients, requests and roles
    Delete {
        /// Its name
        name: String,
    },
}

/// Roles, and who has them.
#[derive(Subcommand)]
pub enum Role {
    /// List roles with what they allow
    List(Search),
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// List all that roles can allow
    Permissions,
    /// Make or change one
    Put {
        /// 1 to 64 of a-z 0-9 -
        name: String,
        /// What it allows, e.g. certificate:read; may be given several times
        #[arg(long = "permission", required = true)]
        permissions: Vec<String>,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Remove one, and take it from all who have it
    Remove {
        /// Its name
        name: String,
    },
    /// List who has which role where
    Bindings(RealmSearch),
    /// Give one to somebody
    Give(RoleGive),
    /// Take one away
    Take {
        /// Id of the binding, as `ers role bindings` shows it
        id: String,
    },
}

/// Options of `ers role give`.
#[derive(Args)]
pub struct RoleGive {
    /// The role
    pub role: String,
    /// A person: a local account's name, or oidc: and the name that the OpenID provider gives
    #[arg(long, required_unless_present_any = ["group", "client"], conflicts_with_all = ["group", "client"])]
    pub person: Option<String>,
    /// A group, as in the OpenID provider's claim
    #[arg(long, conflicts_with = "client")]
    pub group: Option<String>,
    /// A service, by its mutual-TLS identity
    #[arg(long)]
    pub client: Option<String>,
    /// In this realm only
    #[arg(long, default_value = "")]
    pub realm: String,
    /// For this policy of the realm only
    #[arg(long, default_value = "", requires = "realm")]
    pub policy: String,
}

/// Local accounts of people.
#[derive(Subcommand)]
pub enum User {
    /// List them
    List(Search),
    /// Show one
    Show {
        /// Login name
        username: String,
    },
    /// Give one another name or mail address
    Change {
        /// Login name
        username: String,
        /// Name for people
        #[arg(long)]
        name: Option<String>,
        /// Mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Make one; it may do nothing until it is given a role
    Add {
        /// Login name: 1 to 64 of a-z 0-9 . _ @ -
        username: String,
        /// Name for people
        #[arg(long, default_value = "")]
        name: String,
        /// Mail address
        #[arg(long, default_value = "")]
        email: String,
        /// File that holds the password; - for standard input; default: one is made, which is shown this once
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Log out and let in no more
    Close {
        /// Login name
        username: String,
    },
    /// Let in again
    Open {
        /// Login name
        username: String,
    },
    /// Set the client certificate that logs in without a password
    SetCertificate {
        /// Login name
        username: String,
        /// The certificate, PEM; default: none any more
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
    /// Take the second factor away, when the device is lost
    ResetSecondFactor {
        /// Login name
        username: String,
    },
    /// Remove one with all its roles
    Remove {
        /// Login name
        username: String,
    },
}
