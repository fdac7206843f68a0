//! `ers init`: the default PKI on services that run as separate processes. It may be repeated: nothing is made twice.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ers_pki::profile::Period;
use ers_proto::{
    cara::v1::ListAuthoritiesRequest,
    clm::v1::{BindRoleRequest, ListRealmsRequest, SetAdministratorPasswordRequest},
};
use ers_runtime::{
    clock::{Clock as _, SystemClock},
    config::{self, Secret},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tonic::{Code, Status};

use crate::{
    cli::{Global, Init},
    cluster::{self, ClusterConfig},
    commands::ACTOR,
    failure::{Attempt as _, Failure, Outcome, answered},
    keycloak::{self, KeycloakConfig},
    output,
    pki_defaults::{self, PkiConfig},
    remote::Remote,
};

/// Between two questions whether the services answer.
const BETWEEN: Duration = Duration::from_secs(1);

/// What is to be made. An example with every key:
///
/// ```yaml
/// pki:
///   root: { name: default-root, subject: "CN=Example Root CA,O=Example AG,C=DE", key_algorithm: RSA-4096, validity: 30y }
/// administrator: { username: administrator, password: "file:/run/secrets/admin-password" }
/// root_certificate: /etc/ers/root.pem
/// wait: 10m
/// roles:                       # of CLM, for groups of the OpenID provider; given once
///   - { role: administrator, group: pki-administrators }
/// keycloak:                    # what its realm lacks is made
///   url: http://keycloak:8080/auth
///   realm_file: /etc/ers/keycloak/ers-realm.json
///   username: "file:/run/secrets/keycloak-username"
///   password: "file:/run/secrets/keycloak-password"
/// cluster: {}   # what is to be written into Secrets: docs/kubernetes.md
/// ```
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InitConfig {
    pki: PkiConfig,
    administrator: Option<Administrator>,
    root_certificate: Option<PathBuf>,
    /// How long the services may take to answer; absent: they must at once.
    wait: Option<Period>,
    /// Roles that groups of the OpenID provider are given, for all realms.
    roles: Vec<GroupRole>,
    keycloak: Option<KeycloakConfig>,
    cluster: Option<ClusterConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRole {
    role: String,
    group: String,
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
    if let Some(wait) = init.wait {
        until_services_answer(&remote, wait).await?;
    }
    pki_defaults::create(&remote, &init.pki, output::progress).await?;
    if let Some(path) = &init.root_certificate {
        pki_defaults::write_root(&remote, &init.pki, path).await?;
        output::progress(&format!("root certificate {}", path.display()));
    }
    if let Some(administrator) = &init.administrator {
        set_password(&remote, &init, administrator).await?;
    }
    if let Some(cluster) = &init.cluster {
        let now = SystemClock.now();
        cluster::keep_pki(&remote, cluster, &init.pki, now, output::progress).await?;
    }
    give_roles(&remote, &init).await?;
    if let Some(keycloak) = &init.keycloak {
        let wait = match init.wait {
            Some(wait) => Duration::try_from(wait.duration()).attempt("read wait")?,
            None => Duration::ZERO,
        };
        keycloak::keep(keycloak, wait, output::progress).await?;
    }
    output::line("the default PKI is there")
}

/// CARA and CLM; the signer is behind CARA.
async fn until_services_answer(remote: &Remote, wait: Period) -> Outcome<()> {
    let started = Instant::now();
    let wait = Duration::try_from(wait.duration()).attempt("read wait")?;
    let mut told = false;
    loop {
        let asked = async {
            let cas = ListAuthoritiesRequest::default();
            remote.authorities().list(cas).await?;
            let realms = ListRealmsRequest::default();
            remote.administration().list_realms(realms).await.map(drop)
        };
        match asked.await {
            Ok(()) => return Ok(()),
            Err(status) if may_pass(&status) && started.elapsed() < wait => {
                if !told {
                    output::progress("waiting for the services");
                    told = true;
                }
                tokio::time::sleep(BETWEEN).await;
            }
            Err(status) => return Err(answered(status)),
        }
    }
}

fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Unknown
    )
}

/// The password of CLM's administrator. In a cluster once for each root: from then on it is the administrator's own.
async fn set_password(
    remote: &Remote,
    init: &InitConfig,
    administrator: &Administrator,
) -> Outcome<()> {
    const ACT: &str = "administrator-password";
    let root = pki_defaults::root_certificate(remote, &init.pki).await?;
    let root = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &root);
    if let Some(cluster) = &init.cluster
        && cluster.is_marked(ACT, root.as_ref()).await?
    {
        output::progress(&format!("password of {} stays", administrator.username));
        return Ok(());
    }
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
    output::progress(&format!("password of {}", administrator.username));
    match &init.cluster {
        Some(cluster) => cluster.mark(ACT, root.as_ref()).await,
        None => Ok(()),
    }
}

/// Roles of CLM for groups. In a cluster once for each root and list: whoever is administrator then may take them away.
async fn give_roles(remote: &Remote, init: &InitConfig) -> Outcome<()> {
    const ACT: &str = "group-roles";
    if init.roles.is_empty() {
        return Ok(());
    }
    let mut said = pki_defaults::root_certificate(remote, &init.pki).await?;
    for given in &init.roles {
        said.extend_from_slice(format!("\0{}\0{}", given.role, given.group).as_bytes());
    }
    let said = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &said);
    if let Some(cluster) = &init.cluster
        && cluster.is_marked(ACT, said.as_ref()).await?
    {
        output::progress("roles of groups stay");
        return Ok(());
    }
    for given in &init.roles {
        let request = BindRoleRequest {
            role: given.role.clone(),
            subject_kind: "group".to_owned(),
            subject: given.group.clone(),
            actor: ACTOR.to_owned(),
            ..BindRoleRequest::default()
        };
        let bound = remote.administration().bind_role(request).await;
        bound.map_err(answered)?;
        output::progress(&format!("role {} for group {}", given.role, given.group));
    }
    match &init.cluster {
        Some(cluster) => cluster.mark(ACT, said.as_ref()).await,
        None => Ok(()),
    }
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
