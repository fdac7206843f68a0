//! `ers init`: the default PKI on services that run as separate processes. It may be repeated: nothing is made twice.

use std::path::{Path, PathBuf};

use ers_proto::clm::v1::SetAdministratorPasswordRequest;
use ers_runtime::{
    clock::{Clock as _, SystemClock},
    config::{self, Secret},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::{
    cli::{Global, Init},
    cluster::{self, ClusterConfig},
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
/// cluster: {}   # what is to be written into Secrets: docs/kubernetes.md
/// ```
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InitConfig {
    pki: PkiConfig,
    administrator: Option<Administrator>,
    root_certificate: Option<PathBuf>,
    cluster: Option<ClusterConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Administrator {
    username: String,
    password: Secret,
}

pub async fn run(global: &Global, options: &Init) -> Outcome<()> {
    let init = match &options.config {
        Some(file) => load(file)?,
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
    if let Some(cluster) = &init.cluster {
        let now = SystemClock.now();
        cluster::keep_pki(&remote, cluster, &init.pki, now, output::progress).await?;
    }
    output::line("the default PKI is there")
}

/// `ers identity secrets`: the part of it that comes before any service runs.
pub async fn keep_identities(file: &Path) -> Outcome<()> {
    let cluster = load(file)?.cluster.ok_or_else(|| {
        Failure::new(format!("{} has no key cluster", file.display()))
            .or("docs/kubernetes.md says what it holds")
    })?;
    cluster::keep_identities(&cluster, SystemClock.now(), output::progress).await?;
    output::line("the identities are there")
}

fn load(file: &Path) -> Outcome<InitConfig> {
    config::load(file).map_err(|error| Failure::of(&error))
}
