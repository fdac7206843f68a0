//! `ers cert renew-now`: clients that ask when to renew are told: now (RFC 9773).

use ers_proto::clm::v1::RenewNowRequest;
use serde::Serialize;

use crate::{
    cli::{CertRenewNow, Global},
    clm::Clm,
    commands::duration,
    failure::{Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct Told {
    certificates: u64,
}

pub(super) async fn run(global: &Global, remote: &Clm, options: CertRenewNow) -> Outcome<()> {
    let request = RenewNowRequest {
        ids: options.ids,
        search: options.search,
        realm: String::new(),
        policy: options.policy,
        issuer: options.issuer,
        explanation_url: options.explanation_url,
        within: options.within.as_deref().map(duration).transpose()?,
        actor: "administrator".into(),
    };
    let answer = remote.administration().renew_now(request).await;
    let told = Told {
        certificates: answer.map_err(answered)?.into_inner().certificates,
    };
    output::show(global.output, &told)
}

impl Show for Told {
    fn text(&self) -> String {
        format!("{} certificates are to be renewed now", self.certificates)
    }
}
