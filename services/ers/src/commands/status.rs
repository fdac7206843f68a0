//! `ers status`: whether everything is well.

use ers_proto::{cara::v1::ListAuthoritiesRequest, clm::v1::ListPoliciesRequest};
use ers_signer_client::Signer as _;
use serde::{Deserialize, Serialize};

use crate::{
    cli::Global,
    failure::{Failure, Outcome},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Status {
    services: Vec<Line>,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Line {
    service: &'static str,
    up: bool,
    detail: String,
}

#[derive(Serialize, Deserialize)]
struct Check {
    name: String,
    up: bool,
    #[serde(default)]
    reason: String,
}

pub async fn run(global: &Global) -> Outcome<()> {
    let remote = Remote::open(global)?;
    let status = Status {
        services: vec![
            signer(&remote).await,
            cara(&remote).await,
            clm(&remote).await,
        ],
        checks: checks(&remote).await,
    };
    let well =
        status.services.iter().all(|line| line.up) && status.checks.iter().all(|check| check.up);
    output::show(global.output, &status)?;
    if well {
        Ok(())
    } else {
        Err(Failure::new("not everything is well").or("the platform's log says more"))
    }
}

async fn signer(remote: &Remote) -> Line {
    let signer = remote.signer();
    let (keys, chains) = (signer.list_keys().await, signer.list_chains().await);
    match (keys, chains) {
        (Ok(keys), Ok(chains)) => {
            let entries: u64 = chains.iter().map(|head| head.sequence).sum();
            up(
                "signer",
                format!("{} keys, {entries} journal entries", keys.len()),
            )
        }
        (Err(error), _) | (_, Err(error)) => down("signer", &ers_runtime::error::chain(&error)),
    }
}

async fn cara(remote: &Remote) -> Line {
    match remote.authorities().list(ListAuthoritiesRequest {}).await {
        Ok(answer) => up(
            "cara-ws",
            format!("{} CAs", answer.into_inner().authorities.len()),
        ),
        Err(status) => down("cara-ws", status.message()),
    }
}

async fn clm(remote: &Remote) -> Line {
    match remote
        .administration()
        .list_policies(ListPoliciesRequest {
            realm: String::new(),
        })
        .await
    {
        Ok(answer) => up(
            "clm-api",
            format!("{} policies", answer.into_inner().policies.len()),
        ),
        Err(status) => down("clm-api", status.message()),
    }
}

async fn checks(remote: &Remote) -> Vec<Check> {
    let Some(url) = &remote.health_url else {
        return Vec::new();
    };
    let answer = async {
        reqwest::get(format!("{url}/health/ready"))
            .await?
            .json()
            .await
    };
    answer.await.unwrap_or_else(|error: reqwest::Error| {
        vec![Check {
            name: "health".into(),
            up: false,
            reason: ers_runtime::error::chain(&error),
        }]
    })
}

fn up(service: &'static str, detail: String) -> Line {
    Line {
        service,
        up: true,
        detail,
    }
}

fn down(service: &'static str, detail: &str) -> Line {
    Line {
        service,
        up: false,
        detail: detail.to_owned(),
    }
}

impl Show for Status {
    fn text(&self) -> String {
        let word = |up: bool| if up { "up" } else { "down" }.to_owned();
        let services = self
            .services
            .iter()
            .map(|line| [line.service.to_owned(), word(line.up), line.detail.clone()]);
        let checks = self
            .checks
            .iter()
            .map(|check| [check.name.clone(), word(check.up), check.reason.clone()]);
        output::table(["what", "state", "detail"], services.chain(checks))
    }
}
