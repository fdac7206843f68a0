//! `ers ca`: certification authorities.

mod carried;
mod change;
mod view;

use ers_proto::cara::v1::{
    AuthorityState, CreateAuthorityRequest, ListAuthoritiesRequest, LoadAuthorityRequest,
    SwitchGenerationRequest, authorities_client::AuthoritiesClient,
};
use ers_runtime::grpc::Channel;

use super::{duration, read_text};
use crate::{
    cli::{Ca, CaCreate, Global},
    failure::{Outcome, answered},
    key_store, output,
    remote::Remote,
};
use view::{CaList, view};

type Authorities = AuthoritiesClient<Channel>;

pub async fn run(global: &Global, command: Ca) -> Outcome<()> {
    let mut authorities = Remote::open(global)?.authorities();
    let ca = match command {
        Ca::List => return list(global, authorities).await,
        Ca::Show { name, pem, all_pem } => {
            let request = LoadAuthorityRequest { name };
            let ca = authorities
                .load(request)
                .await
                .map_err(answered)?
                .into_inner();
            if pem {
                let chain = std::iter::once(&ca.certificate).chain(&ca.chain);
                return output::line(key_store::pem_chain(chain).trim_end());
            }
            if all_pem {
                let generations = ca
                    .generations
                    .iter()
                    .map(|generation| &generation.certificate);
                let others = ca.others.iter().map(|other| &other.certificate);
                let all = generations.chain(others).filter(|der| !der.is_empty());
                return output::line(key_store::pem_chain(all).trim_end());
            }
            return output::show(global.output, &view(ca, true));
        }
        Ca::Create(options) => {
            let request = create(options)?;
            authorities
                .create(request)
                .await
                .map_err(answered)?
                .into_inner()
        }
        Ca::Renew(options) => change::renew(authorities, options).await?,
        Ca::Rollover(options) => change::roll_over(authorities, options).await?,
        Ca::Switch { name, generation } => {
            let request = SwitchGenerationRequest { name, generation };
            authorities
                .switch(request)
                .await
                .map_err(answered)?
                .into_inner()
        }
        Ca::Suspend { name } => {
            change::state(authorities, name, AuthorityState::Suspended, "", false).await?
        }
        Ca::Resume { name } => {
            change::state(authorities, name, AuthorityState::Active, "", false).await?
        }
        Ca::Retire { name, last_crl } => {
            change::state(authorities, name, AuthorityState::Retired, "", last_crl).await?
        }
        Ca::Revoke { name, reason } => {
            change::state(authorities, name, AuthorityState::Revoked, &reason, false).await?
        }
        Ca::Settings { name, set } => return change::settings(authorities, name, set).await,
        Ca::ExportRequest(options) => return carried::export_request(authorities, options).await,
        Ca::SignRequest(options) => return carried::sign_request(authorities, options).await,
        Ca::ImportResponse { file, issuer_name } => {
            carried::import_response(authorities, &file, issuer_name).await?
        }
        Ca::ImportCertificate(options) => {
            let request = carried::import_request(options)?;
            let answer = authorities.import_certificate(request).await;
            answer.map_err(answered)?.into_inner()
        }
        Ca::ImportCross(options) => {
            let request = carried::import_request(options)?;
            let answer = authorities.import_cross_certificate(request).await;
            answer.map_err(answered)?.into_inner()
        }
        Ca::AddExternal { name, certificate } => {
            carried::add_external(authorities, name, &certificate).await?
        }
        Ca::ImportCrl { name, file } => carried::import_crl(authorities, name, &file).await?,
        Ca::CrossSign(options) => return carried::cross_sign(authorities, options).await,
    };
    output::show(global.output, &view(ca, false))
}

async fn list(global: &Global, mut authorities: Authorities) -> Outcome<()> {
    let answer = authorities
        .list(ListAuthoritiesRequest {})
        .await
        .map_err(answered)?
        .into_inner();
    let views = answer.authorities.into_iter().map(|ca| view(ca, false));
    output::show(global.output, &CaList(views.collect()))
}

fn create(options: CaCreate) -> Outcome<CreateAuthorityRequest> {
    let settings = options.settings.as_deref().map(read_text).transpose()?;
    Ok(CreateAuthorityRequest {
        validity: Some(duration(&options.validity)?),
        name: options.name,
        subject: options.subject,
        key_algorithm: options.key_algorithm,
        signature_algorithm: options.signature_algorithm.unwrap_or_default(),
        issuer: options.issuer.unwrap_or_default(),
        path_length: options.path_length,
        token: options.token.unwrap_or_default(),
        external: options.external,
        profile: options.profile.unwrap_or_default(),
        settings: settings.unwrap_or_default(),
    })
}
