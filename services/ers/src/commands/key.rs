//! `ers key`: the signer's keys, their copies on other tokens, and those that sign nothing at present.

use ers_signer_client::{Key, KeyId, Signer as _, SignerClient};
use serde::Serialize;

use crate::{
    cli::{Global, KeyCommand},
    failure::{Attempt as _, Failure, Outcome},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct KeyView {
    id: String,
    label: String,
    algorithm: String,
    purposes: Vec<String>,
    token: String,
    token_key_id: String,
    replicas: Vec<String>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<QuarantineView>,
    creator: String,
    created_at: String,
    public_key: String,
}

#[derive(Serialize)]
struct QuarantineView {
    at: String,
    reason: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct KeyList(Vec<KeyView>);

pub async fn run(global: &Global, command: KeyCommand) -> Outcome<()> {
    let signer = Remote::open(global)?.signer();
    let key = match command {
        KeyCommand::List => {
            let keys = signer.list_keys().await.attempt("list keys")?;
            let keys = keys.into_iter().map(view).collect();
            return output::show(global.output, &KeyList(keys));
        }
        KeyCommand::Show { key } => find(&signer, &key).await?,
        KeyCommand::AttachReplica {
            key,
            token,
            token_key_id,
        } => {
            let key = find(&signer, &key).await?;
            let id = token_key_id.map(hex::decode).transpose();
            let id = id.attempt("read --token-key-id")?;
            let attached = signer.attach_replica(&key.id, &token, id).await;
            attached.attempt("attach replica")?
        }
        KeyCommand::DetachReplica { key, token } => {
            let key = find(&signer, &key).await?;
            let detached = signer.detach_replica(&key.id, &token).await;
            detached.attempt("detach replica")?
        }
        KeyCommand::LiftQuarantine { key, reason } => {
            let key = find(&signer, &key).await?;
            let lifted = signer.lift_quarantine(&key.id, &reason).await;
            lifted.attempt("lift quarantine")?
        }
    };
    output::show(global.output, &view(key))
}

/// A key by its label or its id.
async fn find(signer: &SignerClient, name: &str) -> Outcome<Key> {
    let keys = signer.list_keys().await.attempt("list keys")?;
    let id = KeyId::new(name);
    let found = keys
        .into_iter()
        .find(|key| key.label == name || key.id == id);
    found.ok_or_else(|| {
        Failure::new(format!("there is no key {name}")).or("`ers key list` names them")
    })
}

fn view(key: Key) -> KeyView {
    let time = |at: ::time::OffsetDateTime| {
        output::time(Some(&prost_types::Timestamp {
            seconds: at.unix_timestamp(),
            nanos: 0,
        }))
    };
    KeyView {
        id: key.id.to_string(),
        label: key.label,
        algorithm: key.algorithm.to_string(),
        purposes: key.purposes.iter().map(ToString::to_string).collect(),
        token: key.token,
        token_key_id: hex::encode(key.token_key_id),
        replicas: key.replicas,
        state: if key.quarantine.is_some() {
            "quarantine"
        } else {
            "active"
        },
        quarantine: key.quarantine.map(|quarantine| QuarantineView {
            at: time(quarantine.at),
            reason: quarantine.reason,
        }),
        creator: key.creator,
        created_at: time(key.created_at),
        public_key: crate::key_store::pem("PUBLIC KEY", key.public_key.spki_der()),
    }
}

impl Show for KeyList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|key| {
            let mut tokens = vec![key.token.clone()];
            tokens.extend(key.replicas.iter().cloned());
            [
                key.label.clone(),
                key.algorithm.clone(),
                key.purposes.join(" "),
                tokens.join(" "),
                key.state.to_owned(),
                key.id.clone(),
            ]
        });
        output::table(
            ["label", "algorithm", "purposes", "tokens", "state", "id"],
            rows,
        )
    }
}

impl Show for KeyView {
    fn text(&self) -> String {
        let (since, reason) = self
            .quarantine
            .as_ref()
            .map_or_else(Default::default, |quarantine| {
                (quarantine.at.clone(), quarantine.reason.clone())
            });
        output::fields(&[
            ("label", self.label.clone()),
            ("id", self.id.clone()),
            ("algorithm", self.algorithm.clone()),
            ("purposes", self.purposes.join(" ")),
            ("token", self.token.clone()),
            ("CKA_ID", self.token_key_id.clone()),
            ("replicas", self.replicas.join(" ")),
            ("state", self.state.to_owned()),
            ("since", since),
            ("reason", reason),
            ("creator", self.creator.clone()),
            ("created", self.created_at.clone()),
            ("public key", self.public_key.trim_end().to_owned()),
        ])
    }
}
