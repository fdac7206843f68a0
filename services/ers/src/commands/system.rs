//! `ers system`, `ers authority` and `ers cert statistics`: what CLM tells of the platform. Over REST.

use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{Authority, Global},
    clm,
    failure::Outcome,
    output::{self, Show, Told},
    rest::segment,
};

const AUTHORITIES: &[(&str, &str)] = &[
    ("name", "name"),
    ("subject", "subject"),
    ("state", "state"),
    ("issuer", "issuer"),
    ("key", "key_algorithm"),
    ("until", "not_after"),
    ("CRL", "crl_state"),
];
const AUTHORITY: &[(&str, &str)] = &[
    ("name", "name"),
    ("subject", "subject"),
    ("state", "state"),
    ("issuer", "issuer"),
    ("generation", "generation"),
    ("key", "key_algorithm"),
    ("signatures", "signature_algorithm"),
    ("from", "not_before"),
    ("until", "not_after"),
    ("fingerprint", "fingerprint"),
    ("CRL", "crl_state"),
    ("policies", "policies"),
    ("chain", "chain_pem"),
];

/// Several lists, one below the other.
#[derive(Serialize)]
#[serde(transparent)]
struct Parts {
    value: Value,
    #[serde(skip)]
    head: &'static [(&'static str, &'static str)],
    #[serde(skip)]
    lists: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

pub async fn authority(global: &Global, command: Authority) -> Outcome<()> {
    let rest = clm::rest(global)?;
    let told = match command {
        Authority::List => {
            let all = rest.ask_all("authorities", &[], "authorities").await?;
            Told::rows(all, AUTHORITIES)
        }
        Authority::Show { name } => {
            let path = format!("authorities/{}", segment(&name));
            Told::one(rest.ask(&path, &[]).await?, AUTHORITY)
        }
    };
    output::show(global.output, &told)
}

pub async fn system(global: &Global) -> Outcome<()> {
    let told = Parts {
        value: clm::rest(global)?.ask("system", &[]).await?,
        head: &[
            ("version", "version"),
            ("at", "at"),
            ("notifications", "notifications"),
        ],
        lists: &[
            (
                "parts",
                &[("part", "name"), ("up", "up"), ("why", "reason")],
            ),
            (
                "checks",
                &[("check", "name"), ("up", "up"), ("why", "reason")],
            ),
            (
                "tokens",
                &[
                    ("token", "name"),
                    ("kind", "kind"),
                    ("up", "up"),
                    ("keys", "keys"),
                    ("why", "reason"),
                ],
            ),
        ],
    };
    output::show(global.output, &told)
}

/// How many certificates there are.
pub async fn statistics(global: &Global, realm: &str) -> Outcome<()> {
    let told = Parts {
        value: clm::rest(global)?
            .ask("statistics", &[("realm", realm)])
            .await?,
        head: &[
            ("valid", "valid"),
            ("revoked", "revoked"),
            ("expired", "expired"),
            ("requests that wait", "pending_requests"),
        ],
        lists: &[
            (
                "expiring_per_week",
                &[("week of", "begins_at"), ("end", "count")],
            ),
            (
                "issued_per_day",
                &[("day", "begins_at"), ("issued", "count")],
            ),
        ],
    };
    output::show(global.output, &told)
}

impl Show for Parts {
    fn text(&self) -> String {
        let mut text = Told::one(self.value.clone(), self.head).text();
        for (name, members) in self.lists {
            let rows = self.value.get(name).and_then(Value::as_array);
            if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
                text.push('\n');
                text.push_str(&Told::rows(rows.clone(), members).text());
                text.push('\n');
            }
        }
        text
    }
}
