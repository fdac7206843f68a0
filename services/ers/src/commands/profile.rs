//! `ers profile`: what certificates say.

use std::path::Path;

use ers_pki::{name::Name, pem};
use ers_proto::cara::v1::{
    DeleteProfileRequest, ListProfilesRequest, LoadProfileRequest, Profile as Wire,
    PutProfileRequest, RehearseProfileRequest,
};
use serde::Serialize;

use super::read_text;
use crate::{
    cli::{Format, Global, Profile, ProfileApply, ProfileRehearse},
    failure::{Attempt as _, Outcome, answered},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct ProfileView {
    name: String,
    version: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    put_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    put_by: String,
    definition: serde_json::Value,
}

#[derive(Serialize)]
#[serde(transparent)]
struct ProfileList(Vec<ProfileView>);

#[derive(Serialize)]
struct Applied {
    name: String,
    version: i32,
    findings: Vec<String>,
}

#[derive(Serialize)]
struct Rehearsed {
    certificate: String,
    text: String,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
struct FindingView {
    rule: String,
    severity: String,
    citation: String,
    detail: String,
    blocks: bool,
}

#[derive(Serialize)]
struct Removed {
    name: String,
}

pub async fn run(global: &Global, command: Profile) -> Outcome<()> {
    let mut profiles = Remote::open(global)?.profiles();
    match command {
        Profile::List => {
            let answer = profiles.list(ListProfilesRequest {}).await;
            let answer = answer.map_err(answered)?.into_inner();
            let list = answer.profiles.into_iter().map(view).collect();
            output::show(global.output, &ProfileList(list))
        }
        Profile::Show {
            name,
            profile_version: version,
        } => {
            let request = LoadProfileRequest { name, version };
            let profile = profiles.load(request).await.map_err(answered)?;
            let profile = view(profile.into_inner());
            match global.output {
                // as it is, for editing and applying
                Format::Table => {
                    let text = serde_norway::to_string(&profile.definition);
                    output::line(text.attempt("write profile")?.trim_end())
                }
                Format::Json => output::show(global.output, &profile),
            }
        }
        Profile::Apply(options) => {
            let request = read_apply(options)?;
            let answer = profiles.put(request).await.map_err(answered)?.into_inner();
            let profile = answer.profile.unwrap_or_default();
            let applied = Applied {
                name: profile.name,
                version: profile.version,
                findings: answer.findings,
            };
            output::show(global.output, &applied)
        }
        Profile::Rehearse(options) => {
            let request = read_rehearse(options)?;
            let answer = profiles.rehearse(request).await.map_err(answered)?;
            let answer = answer.into_inner();
            let findings = answer.findings.into_iter().map(|found| FindingView {
                rule: found.rule,
                severity: found.severity,
                citation: found.citation,
                detail: found.detail,
                blocks: found.blocks,
            });
            let rehearsed = Rehearsed {
                certificate: pem::encode("CERTIFICATE", &answer.certificate),
                text: answer.text,
                findings: findings.collect(),
            };
            output::show(global.output, &rehearsed)
        }
        Profile::Remove { name, sure } => {
            let request = DeleteProfileRequest {
                name: name.clone(),
                sure,
            };
            profiles.delete(request).await.map_err(answered)?;
            output::show(global.output, &Removed { name })
        }
    }
}

fn read_apply(options: ProfileApply) -> Outcome<PutProfileRequest> {
    Ok(PutProfileRequest {
        definition: definition(&options.file)?,
        example_subject: subject(options.example_subject.as_deref())?,
        example_names: options.example_names,
        version: options.if_version,
    })
}

/// What is a file is one; anything else is a name.
fn read_rehearse(options: ProfileRehearse) -> Outcome<RehearseProfileRequest> {
    let is_file = options.profile == Path::new("-") || options.profile.exists();
    let (definition, name) = if is_file {
        (definition(&options.profile)?, String::new())
    } else {
        (String::new(), options.profile.display().to_string())
    };
    Ok(RehearseProfileRequest {
        definition,
        name,
        example_subject: subject(options.example_subject.as_deref())?,
        example_names: options.example_names,
    })
}

fn subject(text: Option<&str>) -> Outcome<Vec<u8>> {
    let subject: Option<Name> = text
        .map(str::parse)
        .transpose()
        .attempt("read --example-subject")?;
    Ok(subject.map_or_else(Vec::new, |subject| subject.to_der().to_vec()))
}

/// YAML or JSON, which is YAML too; as JSON.
fn definition(file: &Path) -> Outcome<String> {
    let text = read_text(file)?;
    let act = format!("read {}", file.display());
    let value: serde_json::Value = serde_norway::from_str(&text).attempt(&act)?;
    serde_json::to_string(&value).attempt(&act)
}

fn view(profile: Wire) -> ProfileView {
    ProfileView {
        put_at: match profile.put_at {
            None => String::new(),
            at => output::time(at.as_ref()),
        },
        definition: serde_json::from_str(&profile.definition).unwrap_or_default(),
        name: profile.name,
        version: profile.version,
        put_by: profile.put_by,
    }
}

impl Show for ProfileList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|profile| {
            let description = profile.definition.get("description");
            let description = description.and_then(|text| text.as_str());
            [
                profile.name.clone(),
                match profile.version {
                    0 => "configured".to_owned(),
                    version => version.to_string(),
                },
                profile.put_by.clone(),
                description.unwrap_or_default().to_owned(),
            ]
        });
        output::table(["name", "version", "put by", "description"], rows)
    }
}

impl Show for ProfileView {
    fn text(&self) -> String {
        self.name.clone()
    }
}

impl Show for Applied {
    fn text(&self) -> String {
        let findings = self.findings.iter().map(|finding| format!("\n  {finding}"));
        let findings: String = findings.collect();
        format!("profile {}, version {}{findings}", self.name, self.version)
    }
}

impl Show for Rehearsed {
    fn text(&self) -> String {
        let mut text = self.text.trim_end().to_owned();
        for found in &self.findings {
            let effect = if found.blocks { "stops" } else { "reported" };
            let FindingView {
                rule,
                severity,
                citation,
                detail,
                ..
            } = found;
            text.push_str(&format!(
                "\n{effect}: {severity}: {detail} ({rule}, {citation})"
            ));
        }
        text
    }
}

impl Show for Removed {
    fn text(&self) -> String {
        format!("profile {} removed", self.name)
    }
}
