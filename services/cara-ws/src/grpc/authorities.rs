//! `cara.v1.Authorities`.

use ers_pki::certificate::Certificate;
use ers_proto::cara::v1::{self as wire, authorities_server::Authorities};
use ers_runtime::{
    error::{chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{CrlStream, State},
    flows::{
        IssuingAuthority,
        create_authority::{NewAuthority, create_authority},
    },
};

#[tonic::async_trait]
impl Authorities for Service {
    async fn create(
        &self,
        request: Request<wire::CreateAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let caller = caller(&request)?;
        caller.require(&[ADMINISTRATOR])?;
        let new = parse(request.into_inner(), caller.name())?;
        let ca = create_authority(&self.core, new).await.map_err(status)?;
        Ok(Response::new(self.describe(&ca).await?))
    }

    async fn load(
        &self,
        request: Request<wire::LoadAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        caller(&request)?.require(&["clm-api", "rev-info", ADMINISTRATOR])?;
        let name = convert::authority_name("name", &request.into_inner().name)?;
        let ca = self
            .core
            .registry
            .find(&name)
            .ok_or_else(|| Status::not_found(format!("name: there is no CA {name}")))?;
        let (certificates, revoked) = self
            .core
            .store
            .count_certificates(Some(&name))
            .await
            .map_err(status)?;
        let described = self.describe(&ca).await?;
        Ok(Response::new(wire::Authority {
            certificates,
            revoked,
            ..described
        }))
    }

    async fn list(
        &self,
        request: Request<wire::ListAuthoritiesRequest>,
    ) -> Result<Response<wire::ListAuthoritiesResponse>, Status> {
        caller(&request)?.require(&["clm-api", "rev-info", ADMINISTRATOR])?;
        let mut authorities = Vec::new();
        for ca in self.core.registry.all() {
            authorities.push(self.describe(&ca).await?);
        }
        Ok(Response::new(wire::ListAuthoritiesResponse { authorities }))
    }
}

impl Service {
    async fn describe(&self, ca: &IssuingAuthority) -> Result<wire::Authority, Status> {
        let authority = &ca.authority;
        let certificate = &authority.certificate;
        let crl = self
            .core
            .store
            .find_crl_head(&CrlStream::whole(&authority.name, authority.generation).complete())
            .await
            .map_err(status)?;
        let state = match authority.state {
            State::Active => wire::AuthorityState::Active,
            State::Suspended => wire::AuthorityState::Suspended,
            State::Retired => wire::AuthorityState::Retired,
            State::Revoked => wire::AuthorityState::Revoked,
            State::External => wire::AuthorityState::External,
        };
        Ok(wire::Authority {
            name: authority.name.to_string(),
            subject: certificate.subject().to_string(),
            certificate: certificate.der().to_vec(),
            chain: ca
                .above
                .iter()
                .map(Certificate::der)
                .map(<[u8]>::to_vec)
                .collect(),
            issuer: authority
                .issuer
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            key_id: authority.key_id.to_string(),
            key_algorithm: certificate.public_key().algorithm().to_string(),
            signature_algorithm: authority.signature_algorithm.to_string(),
            state: state.into(),
            not_before: Some(convert::timestamp(certificate.not_before())),
            not_after: Some(convert::timestamp(certificate.not_after())),
            crl_number: crl
                .as_ref()
                .map(|crl| u64::try_from(crl.number).unwrap_or(0))
                .unwrap_or_default(),
            crl_next_update: crl.map(|crl| convert::timestamp_ms(crl.next_update_ms)),
            certificates: 0,
            revoked: 0,
        })
    }
}

fn parse(request: wire::CreateAuthorityRequest, requester: &str) -> Result<NewAuthority, Status> {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(NewAuthority {
        name: convert::authority_name("name", &request.name)?,
        subject: request
            .subject
            .parse()
            .map_err(|error| convert::invalid("subject", chain(&error)))?,
        key_algorithm: request
            .key_algorithm
            .parse()
            .map_err(|error| convert::invalid("key_algorithm", chain(&error)))?,
        signature_algorithm: optional(&request.signature_algorithm)
            .map(|text| text.parse())
            .transpose()
            .map_err(|error| convert::invalid("signature_algorithm", chain(&error)))?,
        issuer: optional(&request.issuer)
            .map(|text| convert::authority_name("issuer", &text))
            .transpose()?,
        validity: convert::duration("validity", &request.validity.unwrap_or_default())?,
        path_length: request.path_length,
        token: optional(&request.token),
        requester: requester.to_owned(),
    })
}
