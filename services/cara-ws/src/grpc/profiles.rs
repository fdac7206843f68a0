//! `cara.v1.Profiles`.

use ers_pki::{
    issuance::Example,
    lint::{Finding, Verdict},
    name::Name,
};
use ers_proto::cara::v1::{self as wire, profiles_server::Profiles};
use ers_runtime::{
    error::{chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::GuardedAct,
    flows::profiles::{self, KnownProfile, NewProfile, PutProfileError},
    store::StoredProfile,
};

/// Most names of an example.
const MAX_NAMES: usize = 100;

#[tonic::async_trait]
impl Profiles for Service {
    async fn list(
        &self,
        request: Request<wire::ListProfilesRequest>,
    ) -> Result<Response<wire::ListProfilesResponse>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let profiles = self.core.profiles.all().iter().map(describe).collect();
        Ok(Response::new(wire::ListProfilesResponse { profiles }))
    }

    async fn load(
        &self,
        request: Request<wire::LoadProfileRequest>,
    ) -> Result<Response<wire::Profile>, Status> {
        caller(&request)?.require(&["clm-api", ADMINISTRATOR])?;
        let wire::LoadProfileRequest { name, version } = request.into_inner();
        let known = self.core.profiles.find(&name);
        if let Some(known) = known.filter(|known| version == 0 || known.version == version) {
            return Ok(Response::new(describe(&known)));
        }
        let versions = self.core.store.load_profile_versions(&name).await;
        let found = versions
            .map_err(status)?
            .into_iter()
            .find(|stored| version > 0 && stored.version == version)
            .and_then(describe_stored);
        found
            .map(Response::new)
            .ok_or_else(|| status(PutProfileError::Unknown(name)))
    }

    async fn put(
        &self,
        request: Request<wire::PutProfileRequest>,
    ) -> Result<Response<wire::PutProfileResponse>, Status> {
        let requester = administrator(&request)?;
        let asked = request.get_ref();
        let new = NewProfile {
            definition: asked.definition.clone(),
            example: read_example(&asked.example_subject, &asked.example_names)?,
            changes: asked.version,
            requester,
        };
        if self.must_wait(GuardedAct::PutProfile, &request).await? {
            let name = profiles::check(&self.core, &new).await.map_err(status)?;
            self.four_eyes(GuardedAct::PutProfile, &name, &request)
                .await?;
        }
        let (known, findings) = profiles::put(&self.core, new).await.map_err(status)?;
        Ok(Response::new(wire::PutProfileResponse {
            profile: Some(describe(&known)),
            findings: findings.iter().map(ToString::to_string).collect(),
        }))
    }

    async fn rehearse(
        &self,
        request: Request<wire::RehearseProfileRequest>,
    ) -> Result<Response<wire::RehearseProfileResponse>, Status> {
        administrator(&request)?;
        let request = request.into_inner();
        let example = read_example(&request.example_subject, &request.example_names)?;
        let definition = match (request.name.as_str(), request.definition) {
            ("", definition) => definition,
            (name, definition) if definition.is_empty() => {
                let known = self.core.profiles.find(name);
                let known =
                    known.ok_or_else(|| status(PutProfileError::Unknown(name.to_owned())))?;
                serde_json::to_string(known.profile.as_ref()).unwrap_or_default()
            }
            _ => {
                return Err(convert::invalid(
                    "definition",
                    "must be absent when there is a name",
                ));
            }
        };
        let rehearsal = profiles::rehearse(&self.core, &definition, example)
            .await
            .map_err(status)?;
        let Verdict { blocking, reported } = &rehearsal.verdict;
        let blocking = blocking.iter().map(|finding| tell(finding, true));
        let reported = reported.iter().map(|finding| tell(finding, false));
        Ok(Response::new(wire::RehearseProfileResponse {
            findings: blocking.chain(reported).collect(),
            certificate: rehearsal.certificate,
            text: rehearsal.text,
        }))
    }

    async fn delete(
        &self,
        request: Request<wire::DeleteProfileRequest>,
    ) -> Result<Response<wire::DeleteProfileResponse>, Status> {
        let requester = administrator(&request)?;
        let name = &request.get_ref().name;
        if self.core.profiles.find(name).is_some() {
            self.four_eyes(GuardedAct::DeleteProfile, name, &request)
                .await?;
        }
        let wire::DeleteProfileRequest { name, sure } = request.into_inner();
        profiles::remove(&self.core, &name, sure, &requester)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DeleteProfileResponse {}))
    }
}

fn administrator<T>(request: &Request<T>) -> Result<String, Status> {
    let caller = caller(request)?;
    caller.require(&[ADMINISTRATOR])?;
    Ok(caller.actor())
}

fn read_example(subject: &[u8], names: &[String]) -> Result<Example, Status> {
    if names.len() > MAX_NAMES {
        let most = format!("must be at most {MAX_NAMES}");
        return Err(convert::invalid("example_names", most));
    }
    let subject = match subject {
        [] => None,
        der => Some(
            Name::from_der(der)
                .map_err(|error| convert::invalid("example_subject", chain(&error)))?,
        ),
    };
    let names = names
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| convert::invalid("example_names", chain(&error)))?;
    Ok(Example { subject, names })
}

fn tell(finding: &Finding, blocks: bool) -> wire::LintFinding {
    wire::LintFinding {
        rule: finding.rule.id.to_owned(),
        severity: finding.severity().to_string(),
        citation: finding.rule.citation.to_owned(),
        detail: finding.detail.clone(),
        blocks,
    }
}

fn describe(known: &KnownProfile) -> wire::Profile {
    let profile = &known.profile;
    let put = known.put.as_ref();
    wire::Profile {
        name: profile.name.clone(),
        description: profile.description.clone(),
        definition: serde_json::to_string(profile.as_ref()).unwrap_or_default(),
        version: known.version,
        put_at: put.map(|(at_ms, _)| convert::timestamp_ms(*at_ms)),
        put_by: put.map(|(_, by)| by.clone()).unwrap_or_default(),
    }
}

/// A version that is not in force; none where it says that the profile was removed.
fn describe_stored(stored: StoredProfile) -> Option<wire::Profile> {
    let definition = stored.definition?;
    let description = serde_json::from_str::<serde_json::Value>(&definition).ok()?;
    let description = description
        .get("description")
        .and_then(|text| text.as_str());
    Some(wire::Profile {
        description: description.unwrap_or_default().to_owned(),
        name: stored.name,
        definition,
        version: stored.version,
        put_at: Some(convert::timestamp_ms(stored.created_at_ms)),
        put_by: stored.created_by,
    })
}
