//! `ers scep`: challenge passwords.

use ers_proto::clm::v1::CreateChallengeRequest;
use serde::Serialize;

use super::duration;
use crate::{
    cli::{Global, Scep},
    failure::{Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Created {
    challenge: String,
    policy: String,
    expires_at: String,
}

pub async fn run(global: &Global, command: Scep) -> Outcome<()> {
    let Scep::Challenge {
        policy,
        end_entity,
        common_name,
        names,
        validity,
    } = command;
    let request = CreateChallengeRequest {
        policy: policy.clone(),
        end_entity,
        common_name,
        subject_alternative_names: names,
        validity: validity.as_deref().map(duration).transpose()?,
        actor: "administrator".into(),
    };
    let answer = Remote::open(global)?
        .administration()
        .create_challenge(request)
        .await;
    let created = answer.map_err(answered)?.into_inner();
    output::show(
        global.output,
        &Created {
            challenge: created.challenge,
            policy,
            expires_at: output::time(created.expires_at.as_ref()),
        },
    )
}

impl Show for Created {
    fn text(&self) -> String {
        output::fields(&[
            ("challenge", self.challenge.clone()),
            ("policy", self.policy.clone()),
            ("until", self.expires_at.clone()),
            ("", "shown this once, good for one request".into()),
        ])
    }
}
