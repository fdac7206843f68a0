//! `ers token`: where the signer keeps its keys.

use ers_proto::signer::v1::{Token, TokenDescription};
use serde::Serialize;

use crate::{
    cli::{Global, TokenCommand},
    failure::{Attempt as _, Failure, Outcome},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct TokenView {
    name: String,
    kind: String,
    default: bool,
    state: &'static str,
    reason: String,
    keys: u32,
    queue_depth: u32,
    queue_length: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceView>,
}

#[derive(Serialize)]
struct DeviceView {
    label: String,
    serial: String,
    manufacturer: String,
    model: String,
    firmware_version: String,
    slot: u64,
    free_slots: u32,
    sessions: Option<u64>,
    max_sessions: Option<u64>,
    pin: String,
    mechanisms: Vec<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct TokenList(Vec<TokenView>);

pub async fn run(global: &Global, command: TokenCommand) -> Outcome<()> {
    let signer = Remote::open(global)?.signer();
    let tokens = signer.list_tokens().await.attempt("list tokens")?;
    match command {
        TokenCommand::List => {
            let tokens = tokens.into_iter().map(view).collect();
            output::show(global.output, &TokenList(tokens))
        }
        TokenCommand::Show { name } => {
            let found = tokens.into_iter().find(|token| token.name == name);
            let token = found.ok_or_else(|| {
                Failure::new(format!("there is no token {name}")).or("`ers token list` names them")
            })?;
            output::show(global.output, &view(token))
        }
    }
}

fn view(token: Token) -> TokenView {
    TokenView {
        name: token.name,
        kind: token.kind,
        default: token.is_default,
        state: if token.up { "up" } else { "down" },
        reason: token.reason,
        keys: token.keys,
        queue_depth: token.queue_depth,
        queue_length: token.queue_length,
        device: token.description.map(device),
    }
}

fn device(description: TokenDescription) -> DeviceView {
    DeviceView {
        label: description.label,
        serial: description.serial,
        manufacturer: description.manufacturer,
        model: description.model,
        firmware_version: description.firmware_version,
        slot: description.slot,
        free_slots: description.free_slots,
        sessions: description.sessions,
        max_sessions: description.max_sessions,
        pin: description.pin_state,
        mechanisms: description.mechanisms,
    }
}

impl Show for TokenList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|token| {
            let state = match token.reason.as_str() {
                "" => token.state.to_owned(),
                reason => format!("{}: {reason}", token.state),
            };
            [
                token.name.clone(),
                token.kind.clone(),
                if token.default { "yes" } else { "" }.to_owned(),
                token.keys.to_string(),
                token.queue(),
                state,
            ]
        });
        output::table(["name", "kind", "default", "keys", "queue", "state"], rows)
    }
}

impl TokenView {
    fn queue(&self) -> String {
        format!("{} of {}", self.queue_depth, self.queue_length)
    }
}

impl Show for TokenView {
    fn text(&self) -> String {
        let mut fields = vec![
            ("name", self.name.clone()),
            ("kind", self.kind.clone()),
            (
                "default",
                if self.default { "yes" } else { "no" }.to_owned(),
            ),
            ("state", self.state.to_owned()),
            ("reason", self.reason.clone()),
            ("keys", self.keys.to_string()),
            ("queue", self.queue()),
        ];
        if let Some(device) = &self.device {
            let sessions = match (device.sessions, device.max_sessions) {
                (Some(open), Some(most)) => format!("{open} of {most}"),
                (Some(open), None) => open.to_string(),
                (None, _) => String::new(),
            };
            fields.extend([
                ("label", device.label.clone()),
                ("serial", device.serial.clone()),
                ("manufacturer", device.manufacturer.clone()),
                ("model", device.model.clone()),
                ("firmware", device.firmware_version.clone()),
                ("slot", device.slot.to_string()),
                ("free slots", device.free_slots.to_string()),
                ("sessions", sessions),
                ("PIN", device.pin.clone()),
                ("mechanisms", device.mechanisms.join("\n")),
            ]);
        }
        output::fields(&fields)
    }
}
