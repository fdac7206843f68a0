//! `cara.v1.Authorities`.

use ers_pki::{crl::MAX_CRL_BYTES, revocation::Reason};
use ers_proto::cara::v1::{self as wire, authorities_server::Authorities};
use ers_runtime::{
    error::{chain, status},
    grpc::caller,
};
use tonic::{Request, Response, Status, Streaming};

use super::{ADMINISTRATOR, Service, convert};
use crate::domain::GuardedAct;
use crate::flows::authority::{
    AuthorityError,
    create::{NewAuthority, create_authority},
    cross_sign::{CrossSigning, cross_sign},
    external,
    import_certificate::{Import, import_certificate, import_cross_certificate},
    load_crl,
    renew::{Renewal, renew},
    rollover::{Rollover, roll_over, switch},
    settings,
    state::{self, Act},
    to_its_end,
};

/// Ids of renewals become part of longer ones.
const MAX_RENEWAL_ID: usize = 40;

#[tonic::async_trait]
impl Authorities for Service {
    async fn create(
        &self,
        request: Request<wire::CreateAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let new = parse_new(request.get_ref().clone(), requester)?;
        // What is there already is only told, or completed after an interruption.
        let registry = &self.core.registry;
        if registry.find(&new.name).is_none() && registry.find_awaiting(&new.name).is_none() {
            self.four_eyes(GuardedAct::CreateAuthority, new.name.as_str(), &request)
                .await?;
        }
        let act = async move |core| create_authority(&core, new).await;
        let outcome = to_its_end(&self.core, act).await.map_err(status)?;
        self.answer(outcome).await
    }

    async fn load(
        &self,
        request: Request<wire::LoadAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        caller(&request)?.require(&["clm-api", "rev-info", ADMINISTRATOR])?;
        let name = convert::authority_name("name", &request.into_inner().name)?;
        let Some(ca) = self.core.registry.find(&name) else {
            let awaiting = self.core.registry.find_awaiting(&name);
            let awaiting = awaiting
                .ok_or_else(|| Status::not_found(format!("name: there is no CA {name}")))?;
            return Ok(Response::new(self.describe_awaiting(&awaiting)));
        };
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
        for awaiting in self.core.registry.awaiting() {
            if self.core.registry.find(&awaiting.authority).is_none() {
                authorities.push(self.describe_awaiting(&awaiting));
            }
        }
        authorities.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Response::new(wire::ListAuthoritiesResponse { authorities }))
    }

    async fn update(
        &self,
        request: Request<wire::UpdateAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        convert::authority_name("name", &request.get_ref().name)?;
        self.four_eyes(GuardedAct::PutSettings, &request.get_ref().name, &request)
            .await?;
        let request = request.into_inner();
        let name = convert::authority_name("name", &request.name)?;
        let ca = settings::update(
            &self.core,
            &name,
            &request.settings,
            request.version,
            &requester,
        )
        .await
        .map_err(status)?;
        Ok(Response::new(self.describe(&ca).await?))
    }

    async fn renew(
        &self,
        request: Request<wire::RenewAuthorityRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        convert::authority_name("name", &request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::RenewAuthority,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let request = request.into_inner();
        let request_id = convert::request_id(request.request_id)?;
        if request_id.len() > MAX_RENEWAL_ID {
            return Err(convert::invalid(
                "request_id",
                "must be at most 40 characters",
            ));
        }
        let renewal = Renewal {
            request_id,
            name: convert::authority_name("name", &request.name)?,
            validity: convert::duration("validity", &request.validity.unwrap_or_default())?,
            path_length: request.path_length,
            profile: optional(request.profile),
            requester,
        };
        let act = async move |core| renew(&core, renewal).await;
        let outcome = to_its_end(&self.core, act).await.map_err(status)?;
        self.answer(outcome).await
    }

    async fn roll_over(
        &self,
        request: Request<wire::RollOverRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let rollover = parse_rollover(request.get_ref().clone(), requester)?;
        self.four_eyes(
            GuardedAct::RollOverAuthority,
            rollover.name.as_str(),
            &request,
        )
        .await?;
        let act = async move |core| roll_over(&core, rollover).await;
        let outcome = to_its_end(&self.core, act).await.map_err(status)?;
        self.answer(outcome).await
    }

    async fn switch(
        &self,
        request: Request<wire::SwitchGenerationRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        convert::authority_name("name", &request.get_ref().name)?;
        self.four_eyes(
            GuardedAct::SwitchAuthority,
            &request.get_ref().name,
            &request,
        )
        .await?;
        let request = request.into_inner();
        let name = convert::authority_name("name", &request.name)?;
        let generation = i16::try_from(request.generation)
            .map_err(|error| convert::invalid("generation", error))?;
        let switched = name.clone();
        let act = async move |core| switch(&core, &switched, generation, &requester).await;
        to_its_end(&self.core, act).await.map_err(status)?;
        self.answer_for(&name).await
    }

    async fn change_state(
        &self,
        request: Request<wire::ChangeAuthorityStateRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let name = convert::authority_name("name", &request.get_ref().name)?;
        let act = parse_act(request.get_ref())?;
        // One alone can stop a CA; all else about its state takes two.
        if !matches!(act, Act::Suspend) {
            self.four_eyes(GuardedAct::PutState, name.as_str(), &request)
                .await?;
        }
        let ca = state::change(&self.core, &name, act, &requester)
            .await
            .map_err(status)?;
        Ok(Response::new(self.describe(&ca).await?))
    }

    async fn import_certificate(
        &self,
        request: Request<wire::ImportCertificateRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let import = parse_import(request.get_ref().clone(), requester)?;
        self.four_eyes(
            GuardedAct::ImportCertificate,
            import.name.as_str(),
            &request,
        )
        .await?;
        let act = async move |core| import_certificate(&core, import).await;
        let outcome = to_its_end(&self.core, act).await.map_err(status)?;
        self.answer(outcome).await
    }

    async fn import_cross_certificate(
        &self,
        request: Request<wire::ImportCertificateRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let import = parse_import(request.get_ref().clone(), requester)?;
        self.four_eyes(
            GuardedAct::ImportCrossCertificate,
            import.name.as_str(),
            &request,
        )
        .await?;
        let act = async move |core| import_cross_certificate(&core, import).await;
        let outcome = to_its_end(&self.core, act).await.map_err(status)?;
        self.answer(outcome).await
    }

    async fn add_external(
        &self,
        request: Request<wire::AddExternalRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        convert::authority_name("name", &request.get_ref().name)?;
        self.four_eyes(GuardedAct::AddExternal, &request.get_ref().name, &request)
            .await?;
        let request = request.into_inner();
        let name = convert::authority_name("name", &request.name)?;
        let outcome = external::add_external(&self.core, &name, &request.certificate, &requester)
            .await
            .map_err(status)?;
        self.answer(outcome).await
    }

    async fn import_crl(
        &self,
        request: Request<wire::ImportCrlRequest>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let request = request.into_inner();
        let name = convert::authority_name("name", &request.name)?;
        let outcome = external::import_crl(&self.core, &name, request.crl, &requester)
            .await
            .map_err(status)?;
        self.answer(outcome).await
    }

    async fn import_long_crl(
        &self,
        request: Request<Streaming<wire::ImportLongCrlRequest>>,
    ) -> Result<Response<wire::Authority>, Status> {
        let requester = administrator(&request)?;
        let mut pieces = request.into_inner();
        let mut named = None;
        let mut der = Vec::new();
        while let Some(piece) = pieces.message().await? {
            let name = match &named {
                None => {
                    let name = convert::authority_name("name", &piece.name)?;
                    // before megabytes are read for nobody
                    if self.core.registry.find(&name).is_none() {
                        return Err(status(AuthorityError::Unknown(name)));
                    }
                    named.insert(name)
                }
                Some(name) => name,
            };
            if !piece.name.is_empty() && piece.name != name.as_str() {
                return Err(convert::invalid("name", "must not change"));
            }
            if der.len() + piece.octets.len() > MAX_CRL_BYTES {
                let most = format!("must be at most {MAX_CRL_BYTES} in all");
                return Err(convert::invalid("octets", most));
            }
            der.extend(piece.octets);
        }
        let name = named.ok_or_else(|| convert::invalid("name", "is required"))?;
        let outcome = external::import_crl(&self.core, &name, der, &requester)
            .await
            .map_err(status)?;
        self.answer(outcome).await
    }

    async fn cross_sign(
        &self,
        request: Request<wire::CrossSignRequest>,
    ) -> Result<Response<wire::CrossSignResponse>, Status> {
        let requester = administrator(&request)?;
        convert::authority_name("issuer", &request.get_ref().issuer)?;
        self.four_eyes(GuardedAct::CrossSign, &request.get_ref().issuer, &request)
            .await?;
        let request = request.into_inner();
        let signing = CrossSigning {
            request_id: convert::request_id(request.request_id)?,
            issuer: convert::authority_name("issuer", &request.issuer)?,
            request: request.request,
            profile: optional(request.profile),
            validity: convert::duration("validity", &request.validity.unwrap_or_default())?,
            path_length: request.path_length,
            requester,
        };
        let act = async move |core| cross_sign(&core, signing).await;
        let (record, issuer) = to_its_end(&self.core, act).await.map_err(status)?;
        let crl = load_crl(
            &self.core,
            &issuer.authority.name,
            issuer.authority.generation,
        )
        .await
        .map_err(status)?;
        let chain = std::iter::once(&issuer.authority.certificate).chain(&issuer.above);
        Ok(Response::new(wire::CrossSignResponse {
            certificate: Some(convert::certificate(&record)),
            chain: chain
                .map(|certificate| certificate.der().to_vec())
                .collect(),
            crl: crl.map(|(_, der)| der).unwrap_or_default(),
        }))
    }
}

/// Who asks, when it is an administrator.
fn administrator<T>(request: &Request<T>) -> Result<String, Status> {
    let caller = caller(request)?;
    caller.require(&[ADMINISTRATOR])?;
    Ok(caller.actor())
}

fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// What is absent when its text is empty.
fn parsed<T>(field: &'static str, text: String) -> Result<Option<T>, Status>
where
    T: std::str::FromStr,
    T::Err: std::error::Error,
{
    optional(text)
        .map(|text| text.parse())
        .transpose()
        .map_err(|error| convert::invalid(field, chain(&error)))
}

fn parse_new(
    request: wire::CreateAuthorityRequest,
    requester: String,
) -> Result<NewAuthority, Status> {
    if request.external && !request.issuer.is_empty() {
        return Err(convert::invalid(
            "issuer",
            "must be absent when a foreign CA is to sign",
        ));
    }
    if request.external && !request.settings.is_empty() {
        return Err(convert::invalid(
            "settings",
            "can be given when its certificate has come",
        ));
    }
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
        signature_algorithm: parsed("signature_algorithm", request.signature_algorithm)?,
        issuer: optional(request.issuer)
            .map(|text| convert::authority_name("issuer", &text))
            .transpose()?,
        external: request.external,
        validity: convert::duration("validity", &request.validity.unwrap_or_default())?,
        path_length: request.path_length,
        profile: optional(request.profile),
        settings: settings::parse(&request.settings).map_err(status)?,
        token: optional(request.token),
        requester,
    })
}

fn parse_rollover(request: wire::RollOverRequest, requester: String) -> Result<Rollover, Status> {
    Ok(Rollover {
        name: convert::authority_name("name", &request.name)?,
        key_algorithm: parsed("key_algorithm", request.key_algorithm)?,
        signature_algorithm: parsed("signature_algorithm", request.signature_algorithm)?,
        validity: convert::duration("validity", &request.validity.unwrap_or_default())?,
        path_length: request.path_length,
        profile: optional(request.profile),
        token: optional(request.token),
        switch_at: request
            .switch_at
            .map(|time| convert::time("switch_at", &time))
            .transpose()?,
        prepare_only: request.prepare_only,
        requester,
    })
}

fn parse_act(request: &wire::ChangeAuthorityStateRequest) -> Result<Act, Status> {
    match request.state() {
        wire::AuthorityState::Suspended => Ok(Act::Suspend),
        wire::AuthorityState::Active => Ok(Act::Resume),
        wire::AuthorityState::Retired => Ok(Act::Retire {
            last_crl: request.last_crl,
        }),
        wire::AuthorityState::Revoked if request.reason.is_empty() => {
            Ok(Act::Revoke(Reason::CaCompromise))
        }
        wire::AuthorityState::Revoked => convert::reason(&request.reason).map(Act::Revoke),
        wire::AuthorityState::Unspecified
        | wire::AuthorityState::AwaitingCertificate
        | wire::AuthorityState::External => Err(convert::invalid(
            "state",
            "must be suspended, active, retired or revoked",
        )),
    }
}

fn parse_import(
    request: wire::ImportCertificateRequest,
    requester: String,
) -> Result<Import, Status> {
    Ok(Import {
        name: convert::authority_name("name", &request.name)?,
        certificate: request.certificate,
        chain: request.chain,
        prepare_only: request.prepare_only,
        requester,
    })
}
