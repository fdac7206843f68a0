//! `ers audit verify-clm`: whether the trail of people's acts in CLM was changed.

use ers_proto::clm::v1::{VerifyTrailRequest, VerifyTrailResponse};
use serde::Serialize;

use crate::{
    cli::Global,
    clm::Clm,
    failure::{Failure, Outcome, answered},
    output::{self, Show},
};

#[derive(Serialize)]
struct Report {
    intact: bool,
    events: u64,
    unchained: u64,
    sequence: i64,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<i64>,
}

pub async fn run(global: &Global, remote: &Clm) -> Outcome<()> {
    let verified = remote
        .administration()
        .verify_trail(VerifyTrailRequest {})
        .await;
    let report = report(verified.map_err(answered)?.into_inner());
    output::show(global.output, &report)?;
    match report.broken_at {
        None => Ok(()),
        Some(place) => Err(Failure::new(format!(
            "verify the trail of acts: it does not hold at number {place}"
        ))),
    }
}

fn report(told: VerifyTrailResponse) -> Report {
    let broken_at = (told.broken_at != 0).then_some(told.broken_at);
    Report {
        intact: broken_at.is_none(),
        events: told.events,
        unchained: told.unchained,
        sequence: told.sequence,
        digest: told.digest,
        broken_at,
    }
}

impl Show for Report {
    fn text(&self) -> String {
        let held = match self.broken_at {
            None => "yes".to_owned(),
            Some(place) => format!("no, from number {place} on"),
        };
        output::fields(&[
            ("holds", held),
            ("acts that hold together", self.events.to_string()),
            ("acts outside of the chain", self.unchained.to_string()),
            (
                "end of the chain",
                format!("{} {}", self.sequence, self.digest),
            ),
        ])
    }
}
