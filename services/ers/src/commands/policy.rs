//! `ers policy`: who may have which certificate.

use ers_proto::clm::v1::{
    ApplyPolicyRequest, ListPoliciesRequest, Policy as Wire, ShowPolicyRequest,
};
use serde::Serialize;

use super::read_text;
use crate::{
    cli::{Format, Global, Policy},
    clm::{self, Clm},
    failure::{Outcome, answered},
    output::{self, Show, Told},
    rest::segment,
};

#[derive(Serialize)]
struct PolicyView {
    name: String,
    realm: String,
    version: u32,
    updated_at: String,
    updated_by: String,
    definition: serde_json::Value,
}

#[derive(Serialize)]
#[serde(transparent)]
struct PolicyList(Vec<PolicyView>);

#[derive(Serialize)]
struct Applied {
    name: String,
    version: u32,
    changed: bool,
    created: bool,
}

const VERSION: &[(&str, &str)] = &[
    ("version", "version"),
    ("since", "created_at"),
    ("by", "created_by"),
];

pub async fn run(global: &Global, command: Policy) -> Outcome<()> {
    let mut administration = Clm::open(global)?.administration();
    match command {
        Policy::List(wanted) => {
            let request = ListPoliciesRequest {
                realm: wanted.realm.clone(),
            };
            let answer = administration
                .list_policies(request)
                .await
                .map_err(answered)?
                .into_inner();
            let mut all: Vec<PolicyView> = answer.policies.into_iter().map(view).collect();
            all.retain(|one| wanted.text.finds(&one.searched()));
            output::show(global.output, &PolicyList(all))
        }
        Policy::Show { name } => {
            let policy = administration
                .show_policy(ShowPolicyRequest { name })
                .await
                .map_err(answered)?
                .into_inner();
            match global.output {
                // as it is, for editing and applying
                Format::Table => output::line(policy.definition.trim_end()),
                Format::Json => output::show(global.output, &view(policy)),
            }
        }
        Policy::Versions { name, limit, page } => {
            let path = format!("policies/{}/versions", segment(&name));
            let query = [("page_size", &*limit.to_string()), ("page_token", &page)];
            let told = clm::rest(global)?.ask(&path, &query).await?;
            output::show(global.output, &Told::page(told, "versions", VERSION))
        }
        Policy::Apply { file } => {
            let request = ApplyPolicyRequest {
                definition: read_text(&file)?,
                actor: "administrator".into(),
            };
            let answer = administration
                .apply_policy(request)
                .await
                .map_err(answered)?
                .into_inner();
            let policy = answer.policy.unwrap_or_default();
            output::show(
                global.output,
                &Applied {
                    name: policy.name,
                    version: policy.version,
                    changed: answer.changed,
                    created: answer.created,
                },
            )
        }
    }
}

impl PolicyView {
    fn searched(&self) -> Vec<&str> {
        let defined = ["description", "issuer", "profile"].into_iter();
        let defined = defined.filter_map(|member| self.definition.get(member)?.as_str());
        std::iter::once(self.name.as_str()).chain(defined).collect()
    }
}

fn view(policy: Wire) -> PolicyView {
    PolicyView {
        updated_at: output::time(policy.updated_at.as_ref()),
        definition: serde_norway::from_str(&policy.definition).unwrap_or_default(),
        name: policy.name,
        realm: policy.realm,
        version: policy.version,
        updated_by: policy.updated_by,
    }
}

impl Show for PolicyList {
    fn text(&self) -> String {
        let text = |value: &serde_json::Value, key: &str| {
            value
                .get(key)
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let rows = self.0.iter().map(|policy| {
            [
                policy.name.clone(),
                policy.realm.clone(),
                policy.version.to_string(),
                text(&policy.definition, "issuer"),
                text(&policy.definition, "profile"),
                text(&policy.definition, "description"),
            ]
        });
        output::table(
            [
                "name",
                "realm",
                "version",
                "issuer",
                "profile",
                "description",
            ],
            rows,
        )
    }
}

impl Show for PolicyView {
    fn text(&self) -> String {
        self.name.clone()
    }
}

impl Show for Applied {
    fn text(&self) -> String {
        match (self.created, self.changed) {
            (true, _) => format!("policy {} made", self.name),
            (false, true) => format!("policy {} changed, now version {}", self.name, self.version),
            (false, false) => format!(
                "policy {} is so already, version {}",
                self.name, self.version
            ),
        }
    }
}
