//! `ers administrator`: people who administer CARA with client certificates.

use std::path::PathBuf;

use ers_pki::{
    certificate::Certificate,
    key::{KeyAlgorithm, PrivateKey},
};
use ers_proto::cara::v1::{
    AddAdministratorCertificateRequest, Administrator as Found, DeleteAdministratorRequest,
    ListActsRequest, ListAdministratorsRequest, PutAdministratorRequest,
};
use serde::Serialize;

use super::{password_or_new, read_text};
use crate::{
    cli::{Administrator, AdministratorAdd, Global},
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store,
    output::{self, Show},
    own_certificates::{self, AdministratorWish},
    remote::Remote,
};

#[derive(Serialize)]
struct AdministratorView {
    name: String,
    roles: Vec<String>,
    authorities: Vec<String>,
    disabled: bool,
    certificates: Vec<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct AdministratorList(Vec<AdministratorView>);

#[derive(Serialize)]
struct Added {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

#[derive(Serialize)]
struct ActView {
    number: u64,
    at: String,
    administrator: String,
    act: String,
    object: String,
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Acts(Vec<ActView>);

pub async fn run(global: &Global, command: Administrator) -> Outcome<()> {
    let remote = Remote::open(global)?;
    let mut administrators = remote.administrators();
    match command {
        Administrator::List => {
            let found = administrators
                .list(ListAdministratorsRequest {})
                .await
                .map_err(answered)?
                .into_inner();
            let views = found.administrators.into_iter().map(view).collect();
            output::show(global.output, &AdministratorList(views))
        }
        Administrator::Add(options) => output::show(global.output, &add(&remote, options).await?),
        Administrator::Change(options) => {
            let changed = administrators
                .put(PutAdministratorRequest {
                    name: options.name,
                    roles: options.roles,
                    authorities: options.authorities,
                    disabled: options.disabled,
                })
                .await
                .map_err(answered)?
                .into_inner();
            output::show(global.output, &AdministratorList(vec![view(changed)]))
        }
        Administrator::Remove { name } => {
            let request = DeleteAdministratorRequest { name: name.clone() };
            administrators.delete(request).await.map_err(answered)?;
            output::line(&format!("{name} removed"))
        }
        Administrator::Acts {
            limit,
            administrator,
            act,
        } => {
            let request = ListActsRequest {
                page_size: limit,
                administrator: administrator.unwrap_or_default(),
                act: act.unwrap_or_default(),
                ..ListActsRequest::default()
            };
            let found = administrators
                .list_acts(request)
                .await
                .map_err(answered)?
                .into_inner();
            output::show(global.output, &acts(found.acts))
        }
    }
}

/// The administrator first, then what shows who they are: an interruption leaves somebody who can do nothing yet.
async fn add(remote: &Remote, options: AdministratorAdd) -> Outcome<Added> {
    let mut administrators = remote.administrators();
    let before = administrators
        .list(ListAdministratorsRequest {})
        .await
        .map_err(answered)?
        .into_inner();
    if before
        .administrators
        .iter()
        .any(|known| known.name == options.name)
    {
        return Err(Failure::new(format!(
            "there is an administrator {} already",
            options.name
        ))
        .or("`ers administrator change` changes what they may do"));
    }
    administrators
        .put(PutAdministratorRequest {
            name: options.name.clone(),
            roles: options.roles.clone(),
            authorities: options.authorities.clone(),
            disabled: false,
        })
        .await
        .map_err(answered)?;
    let mut added = Added {
        name: options.name.clone(),
        file: None,
        password: None,
    };
    let certificate = match &options.certificate {
        Some(file) => Certificate::from_pem(&read_text(file)?)
            .attempt(format!("read certificate {}", file.display()))?
            .der()
            .to_vec(),
        None => issue(remote, &options, &mut added).await?,
    };
    administrators
        .add_certificate(AddAdministratorCertificateRequest {
            name: options.name,
            certificate,
        })
        .await
        .map_err(answered)?;
    Ok(added)
}

/// A key and certificate of their own, as PKCS#12. Returns the certificate, DER.
async fn issue(remote: &Remote, options: &AdministratorAdd, added: &mut Added) -> Outcome<Vec<u8>> {
    let key = PrivateKey::generate(KeyAlgorithm::P256).attempt("make key")?;
    let wish = AdministratorWish {
        issuer: &options.issuer,
        subject: &format!("CN={}", options.name),
        names: Vec::new(),
        validity: &options.validity,
    };
    let request_id = format!("administrator-{}", uuid::Uuid::new_v4());
    let chain = own_certificates::for_administrator(remote, request_id, &key, wish).await?;
    let (password, shown) = password_or_new(options.password_file.as_deref())?;
    let path = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.p12", options.name)));
    let key = key.to_pkcs8_der().attempt("write key")?;
    key_store::write_private(&path, &key_store::pkcs12(&key, &chain, &password)?)?;
    added.file = Some(path);
    added.password = shown.then(|| password.to_string());
    Ok(chain.into_iter().next().unwrap_or_default())
}

fn view(found: Found) -> AdministratorView {
    AdministratorView {
        name: found.name,
        roles: found.roles,
        authorities: found.authorities,
        disabled: found.disabled,
        certificates: found
            .certificates
            .iter()
            .map(|shown| hex::encode(&shown.fingerprint))
            .collect(),
    }
}

fn acts(found: Vec<ers_proto::cara::v1::Act>) -> Acts {
    Acts(
        found
            .into_iter()
            .map(|act| ActView {
                number: act.number,
                at: output::time(act.at.as_ref()),
                administrator: act.administrator,
                act: act.act,
                object: act.object,
                outcome: act.outcome,
                detail: act.detail,
            })
            .collect(),
    )
}

impl Show for AdministratorList {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|found| {
            [
                found.name.clone(),
                found.roles.join(", "),
                if found.authorities.is_empty() {
                    "all".into()
                } else {
                    found.authorities.join(", ")
                },
                found.certificates.len().to_string(),
                if found.disabled { "disabled" } else { "active" }.into(),
            ]
        });
        output::table(["name", "roles", "CAs", "certificates", "state"], rows)
    }
}

impl Show for Added {
    fn text(&self) -> String {
        output::fields(&[
            ("administrator", self.name.clone()),
            (
                "file",
                self.file
                    .as_ref()
                    .map(|file| file.display().to_string())
                    .unwrap_or_default(),
            ),
            ("password", self.password.clone().unwrap_or_default()),
        ])
    }
}

impl Show for Acts {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|act| {
            [
                act.number.to_string(),
                act.at.clone(),
                act.administrator.clone(),
                act.act.clone(),
                act.object.clone(),
                act.outcome.clone(),
                act.detail.clone(),
            ]
        });
        output::table(
            [
                "number",
                "at",
                "administrator",
                "act",
                "object",
                "outcome",
                "detail",
            ],
            rows,
        )
    }
}
