//! `cara.v1.Administrators`.

use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{self as wire, administrators_server::Administrators};
use ers_runtime::{
    error::{chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{Act, Administrator, AdministratorName, GuardedAct},
    flows::administrators::{self, Known},
    store::ActFilter,
};

const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;

#[tonic::async_trait]
impl Administrators for Service {
    async fn put(
        &self,
        request: Request<wire::PutAdministratorRequest>,
    ) -> Result<Response<wire::Administrator>, Status> {
        let caller = caller(&request)?;
        caller.require(&[ADMINISTRATOR])?;
        name(&request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::PutAdministrator,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let request = request.into_inner();
        let new = Administrator {
            name: name(&request.name)?,
            roles: request
                .roles
                .iter()
                .map(|role| role.parse())
                .collect::<Result<_, _>>()
                .map_err(|error| convert::invalid("roles", error))?,
            authorities: request
                .authorities
                .iter()
                .map(|name| convert::authority_name("authorities", name))
                .collect::<Result<_, _>>()?,
            disabled: request.disabled,
            created_at_ms: self.core.context.clock.now_ms(),
        };
        for authority in &new.authorities {
            if self.core.registry.find(authority).is_none() {
                return Err(convert::invalid(
                    "authorities",
                    format!("there is no CA {authority}"),
                ));
            }
        }
        let known = administrators::put(&self.core, new, &caller.actor())
            .await
            .map_err(status)?;
        Ok(Response::new(told(&known)))
    }

    async fn load(
        &self,
        request: Request<wire::LoadAdministratorRequest>,
    ) -> Result<Response<wire::Administrator>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let name = name(&request.into_inner().name)?;
        let known = administrators::load(&self.core, &name)
            .await
            .map_err(status)?;
        Ok(Response::new(told(&known)))
    }

    async fn list(
        &self,
        request: Request<wire::ListAdministratorsRequest>,
    ) -> Result<Response<wire::ListAdministratorsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let known = administrators::list(&self.core).await.map_err(status)?;
        Ok(Response::new(wire::ListAdministratorsResponse {
            administrators: known.iter().map(told).collect(),
        }))
    }

    async fn delete(
        &self,
        request: Request<wire::DeleteAdministratorRequest>,
    ) -> Result<Response<wire::DeleteAdministratorResponse>, Status> {
        let caller = caller(&request)?;
        caller.require(&[ADMINISTRATOR])?;
        name(&request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::DeleteAdministrator,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let name = name(&request.into_inner().name)?;
        administrators::delete(&self.core, &name, &caller.actor())
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DeleteAdministratorResponse {}))
    }

    async fn add_certificate(
        &self,
        request: Request<wire::AddAdministratorCertificateRequest>,
    ) -> Result<Response<wire::Administrator>, Status> {
        let caller = caller(&request)?;
        caller.require(&[ADMINISTRATOR])?;
        name(&request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::AddAdministratorCertificate,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let request = request.into_inner();
        let certificate = Certificate::from_der(&request.certificate)
            .map_err(|error| convert::invalid("certificate", chain(&error)))?;
        let name = name(&request.name)?;
        let known =
            administrators::add_certificate(&self.core, &name, certificate, &caller.actor())
                .await
                .map_err(status)?;
        Ok(Response::new(told(&known)))
    }

    async fn remove_certificate(
        &self,
        request: Request<wire::RemoveAdministratorCertificateRequest>,
    ) -> Result<Response<wire::Administrator>, Status> {
        let caller = caller(&request)?;
        caller.require(&[ADMINISTRATOR])?;
        name(&request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::RemoveAdministratorCertificate,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let request = request.into_inner();
        let name = name(&request.name)?;
        let known = administrators::remove_certificate(
            &self.core,
            &name,
            &request.fingerprint,
            &caller.actor(),
        )
        .await
        .map_err(status)?;
        Ok(Response::new(told(&known)))
    }

    async fn list_acts(
        &self,
        request: Request<wire::ListActsRequest>,
    ) -> Result<Response<wire::ListActsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let request = request.into_inner();
        let optional = |text: String| (!text.is_empty()).then_some(text);
        let filter = ActFilter {
            administrator: optional(request.administrator),
            act: optional(request.act),
            before: optional(request.page_token)
                .map(|token| token.parse())
                .transpose()
                .map_err(|_| convert::invalid("page_token", "is not one that was given out"))?,
        };
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size => size.min(LARGEST_PAGE),
        };
        let mut acts = self
            .core
            .store
            .list_acts(&filter, u64::from(size) + 1)
            .await
            .map_err(status)?;
        let more = acts.len() > usize::try_from(size).unwrap_or(usize::MAX);
        acts.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = acts
            .last()
            .filter(|_| more)
            .map(|last| last.number.to_string())
            .unwrap_or_default();
        Ok(Response::new(wire::ListActsResponse {
            acts: acts.into_iter().map(told_act).collect(),
            next_page_token,
        }))
    }
}

fn name(text: &str) -> Result<AdministratorName, Status> {
    text.parse()
        .map_err(|error| convert::invalid("name", error))
}

fn told(known: &Known) -> wire::Administrator {
    let Known {
        administrator,
        certificates,
    } = known;
    wire::Administrator {
        name: administrator.name.to_string(),
        roles: administrator
            .roles
            .iter()
            .map(ToString::to_string)
            .collect(),
        authorities: administrator
            .authorities
            .iter()
            .map(ToString::to_string)
            .collect(),
        disabled: administrator.disabled,
        certificates: certificates
            .iter()
            .map(|shown| wire::AdministratorCertificate {
                fingerprint: shown.certificate.fingerprint().to_vec(),
                subject: shown.certificate.subject().to_string(),
                not_after: Some(convert::timestamp(shown.certificate.not_after())),
                added_at: Some(convert::timestamp_ms(shown.added_at_ms)),
            })
            .collect(),
        created_at: Some(convert::timestamp_ms(administrator.created_at_ms)),
    }
}

fn told_act(act: Act) -> wire::Act {
    wire::Act {
        number: u64::try_from(act.number).unwrap_or(0),
        at: Some(convert::timestamp_ms(act.at_ms)),
        administrator: act.administrator,
        address: act.address.unwrap_or_default(),
        act: act.act,
        object: act.object,
        outcome: act.outcome.as_str().to_owned(),
        detail: act.detail,
    }
}
