//! `ers acme-account-key`: external account keys for ACME clients.

use ers_proto::clm::v1::CreateExternalAccountKeyRequest;
use serde::Serialize;

use super::duration;
use crate::{
    cli::{AcmeAccountKey, Global},
    failure::{Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Created {
    key_id: String,
    mac_key: String,
    policy: String,
}

pub async fn run(global: &Global, command: AcmeAccountKey) -> Outcome<()> {
    let AcmeAccountKey::Create {
        policy,
        end_entity,
        validity,
    } = command;
    let request = CreateExternalAccountKeyRequest {
        policy: policy.clone(),
        end_entity,
        validity: validity.as_deref().map(duration).transpose()?,
    };
    let answer = Remote::open(global)?
        .administration()
        .create_external_account_key(request)
        .await;
    let created = answer.map_err(answered)?.into_inner();
    output::show(
        global.output,
        &Created {
            key_id: created.key_id,
            mac_key: created.mac_key,
            policy,
        },
    )
}

impl Show for Created {
    fn text(&self) -> String {
        output::fields(&[
            ("key id", self.key_id.clone()),
            ("HMAC key", self.mac_key.clone()),
            ("", "shown this once".into()),
            (
                "certbot",
                format!("--eab-kid {} --eab-hmac-key {}", self.key_id, self.mac_key),
            ),
            (
                "lego",
                format!("--eab --kid {} --hmac {}", self.key_id, self.mac_key),
            ),
        ])
    }
}
