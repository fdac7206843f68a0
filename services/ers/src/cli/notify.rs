//! Options of `ers notify`.

use clap::{Args, Subcommand};

use super::RealmSearch;

/// Who is told of what, by mail and webhooks.
#[derive(Subcommand)]
pub enum Notify {
    /// Subscribe somebody
    ///
    /// The secret of a webhook is shown this once.
    Subscribe(Wish),
    /// Put another wish in the place of a subscription's
    ///
    /// A webhook that goes elsewhere gets another secret.
    Change(Wish),
    /// List subscriptions
    List(RealmSearch),
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Remove one, with what was not sent yet
    Unsubscribe {
        /// Its name
        name: String,
    },
    /// Send a notice that says nothing, to see whether it arrives
    Test {
        /// Name of the subscription
        name: String,
    },
    /// What was told, and what is on its way
    Deliveries {
        /// Only those that are `pending`, `delivered` or `failed`
        #[arg(long, default_value = "")]
        state: String,
        /// Of this subscription only
        #[arg(long, default_value = "")]
        subscription: String,
        /// Most of them at once
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// The next page, as the one before named it
        #[arg(long, default_value = "")]
        page: String,
    },
    /// Send one again now
    Retry {
        /// Number of the delivery
        id: i64,
    },
}

/// What is wanted.
#[derive(Args)]
pub struct Wish {
    /// Name of the subscription: 1 to 48 of a-z 0-9 -
    pub name: String,
    /// What to tell of: certificate.issued, certificate.revoked, certificate.expiring, request.waiting, request.decided,
    /// authority.expiring, crl.expiring, signer.unreachable, signer.reachable
    #[arg(long = "event", required = true, value_delimiter = ',')]
    pub events: Vec<String>,
    /// How many days before an end, e.g. 30,7,1
    #[arg(long, value_delimiter = ',')]
    pub days: Vec<u32>,
    /// To this mail address
    #[arg(long, required_unless_present_any = ["contact", "webhook"])]
    pub mail: Option<String>,
    /// To the contact of each certificate's end entity
    #[arg(long, conflicts_with_all = ["mail", "webhook"])]
    pub contact: bool,
    /// To this https URL, in the form of Standard Webhooks
    #[arg(long, conflicts_with = "mail")]
    pub webhook: Option<String>,
    /// Of this realm only
    #[arg(long, default_value = "")]
    pub realm: String,
    /// Of this policy only
    #[arg(long, default_value = "")]
    pub policy: String,
    /// en or de
    #[arg(long, default_value = "en")]
    pub language: String,
    /// Keep it, but tell nothing for now
    #[arg(long)]
    pub paused: bool,
}
