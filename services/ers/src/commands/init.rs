//! `ers init`: the default PKI on services that run as separate processes. It may be repeated: nothing is made twice.

use std::path::PathBuf;

use ers_proto::clm::v1::SetAdministratorPasswordRequest;
use ers_runtime::config::{self, Secret};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::{
    cli::{Global, Init},
    failure::{Attempt as _, Failure, Outcome, answered},
    output,
    pki_defaults::{self, PkiConfig},
    remote::Remote,
};

/// What is to be made. An example with every key:
///
/// ```yaml
/// pki:
///   root: { name: default-root, subject: "CN=Example Root CA,O=Example AG,C=DE", key_algorithm: RSA-4096, validity: 30y }
/// administrator: { username: administrator, password: "file:/run/secrets/admin-password" }
/// root_certificate: /etc/ers/root.pem
/// ```
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InitConfig {
    pki: PkiConfig,
    administrator: Option<Administrator>,
    root_certificate: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Administrator {
    username: String,
    password: Secret,
}

pub async fn run(global: &Global, options: &Init) -> Outcome<()> {
    let init: InitConfig = match &options.config {
        Some(file) => config::load(file).map_err(|error| Failure::of(&error))?,
        None => InitConfig::default(),
    };
    let remote = Remote::open(global)?;
    pki_defaults::create(&remote, &init.pki, output::progress).await?;
    if let Some(path) = &init.root_certificate {
        pki_defaults::write_root(&remote, &init.pki, path).await?;
        output::progress(&format!("root certificate {}", path.display()));
    }
    if let Some(administrator) = init.administrator {
        let password = administrator
            .password
            .resolve()
            .attempt("read administrator.password")?;
        let request = SetAdministratorPasswordRequest {
            username: administrator.username.clone(),
            password: password.expose_secret().to_owned(),
        };
        remote
            .administration()
            .set_administrator_password(request)
            .await
            .map_err(answered)?;
        output::progress(&format!("administrator {}", administrator.username));
    }
    output::line("the default PKI is there")
}
