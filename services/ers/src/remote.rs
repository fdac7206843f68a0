//! The way to a running platform: its endpoints, and the administrator's identity.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ers_proto::{
    cara::v1::{
        administrators_client::AdministratorsClient, approvals_client::ApprovalsClient,
        authorities_client::AuthoritiesClient, issuance_client::IssuanceClient,
        profiles_client::ProfilesClient, restoring_client::RestoringClient,
        revoking_client::RevokingClient, status_client::StatusClient,
    },
    clm::v1::{administration_client::AdministrationClient, enrollment_client::EnrollmentClient},
    signer::v1::{
        administration_client::AdministrationClient as SignerAdministrationClient,
        journal_client::JournalClient,
    },
};
use ers_runtime::{
    Context,
    clock::SystemClock,
    config,
    error::chain,
    grpc::{self, Channel},
    health::Health,
    shutdown::Shutdown,
    tls::{Identity, IdentityFiles},
};
use ers_signer_client::SignerClient;
use serde::{Deserialize, Serialize};

use crate::{
    cli::Global,
    failure::{Attempt as _, Failure, Outcome},
};

/// Where the services of a platform are called, `host:port`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoints {
    /// The signer.
    pub signer: String,
    /// CARA.
    pub cara_ws: String,
    /// CLM.
    pub clm_api: String,
}

/// What a running `ers up` says of itself in `run/platform.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// Base URL of everything that speaks HTTPS.
    pub url: String,
    /// Base URL of revocation information.
    pub revocation_url: String,
    /// Health and metrics.
    pub health_url: String,
    /// Path of the root certificate.
    pub root_certificate: String,
    /// gRPC.
    pub grpc: Endpoints,
    /// Process id.
    pub pid: u32,
}

/// A platform elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformFile {
    endpoints: Endpoints,
    identity: IdentityFiles,
    health_url: Option<String>,
}

/// The way to `cara.v1.Restoring`.
pub type Restoring = RestoringClient<Channel>;

/// A platform that can be called as its administrator.
pub struct Remote {
    context: Context,
    endpoints: Endpoints,
    /// Where health is asked for.
    pub health_url: Option<String>,
}

impl Remote {
    /// The platform that the options name.
    pub fn open(global: &Global) -> Outcome<Self> {
        if let Some(server) = &global.server {
            return Err(Failure::new(format!("{server} does not do this over REST"))
                .or("it is for the platform's own identity: --data or --platform instead of --server"));
        }
        match &global.platform {
            Some(file) => {
                let platform: PlatformFile =
                    config::load(file).map_err(|error| Failure::of(&error))?;
                Self::with(platform.endpoints, &platform.identity, platform.health_url)
            }
            None => {
                let data = global.data();
                let running = run_file(&data)?;
                let file = |name: &str| data.join("identity").join(name);
                let identity = IdentityFiles {
                    certificate: file("administrator.crt"),
                    key: file("administrator.key"),
                    authorities: file("authorities.crt"),
                };
                Self::with(running.grpc, &identity, Some(running.health_url))
            }
        }
    }

    fn with(
        endpoints: Endpoints,
        files: &IdentityFiles,
        health_url: Option<String>,
    ) -> Outcome<Self> {
        let read =
            |path: &Path| std::fs::read_to_string(path).attempt(format!("read {}", path.display()));
        let identity = Identity::from_pem(
            &read(&files.certificate)?,
            &read(&files.key)?,
            &read(&files.authorities)?,
        )
        .attempt("use the administrator's identity")?;
        Ok(Self::as_administrator(
            endpoints,
            Arc::new(identity),
            health_url,
        ))
    }

    /// A platform whose administrator's identity is at hand.
    pub fn as_administrator(
        endpoints: Endpoints,
        identity: Arc<Identity>,
        health_url: Option<String>,
    ) -> Self {
        let context = Context {
            service: "administrator",
            clock: SystemClock::shared(),
            shutdown: Shutdown::new(),
            health: Health::new(),
            meter: opentelemetry::global::meter("administrator"),
            identity,
        };
        Self {
            context,
            endpoints,
            health_url,
        }
    }

    /// The way to CLM.
    pub fn clm(&self) -> Channel {
        self.channel("clm-api", &self.endpoints.clm_api)
    }

    /// The way to CARA.
    pub fn cara(&self) -> Channel {
        self.channel("cara-ws", &self.endpoints.cara_ws)
    }

    fn channel(&self, service: &str, address: &str) -> Channel {
        grpc::connect(&self.context, service, address)
    }

    /// CARA after its database was restored.
    pub fn restoring(&self) -> Restoring {
        RestoringClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CARA's CAs.
    pub fn authorities(&self) -> AuthoritiesClient<Channel> {
        AuthoritiesClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CARA's certificate profiles.
    pub fn profiles(&self) -> ProfilesClient<Channel> {
        ProfilesClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// Acts that wait for a second administrator.
    pub fn approvals(&self) -> ApprovalsClient<Channel> {
        ApprovalsClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CARA's administrators.
    pub fn administrators(&self) -> AdministratorsClient<Channel> {
        AdministratorsClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CARA's issuance, past CLM: for what is the CA's own.
    pub fn issuance(&self) -> IssuanceClient<Channel> {
        IssuanceClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// Revocation at CARA.
    pub fn revoking(&self) -> RevokingClient<Channel> {
        RevokingClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CARA's CRLs.
    pub fn status(&self) -> StatusClient<Channel> {
        StatusClient::new(self.channel("cara-ws", &self.endpoints.cara_ws))
    }

    /// CLM's door for certificates.
    pub fn enrollment(&self) -> EnrollmentClient<Channel> {
        EnrollmentClient::new(self.channel("clm-api", &self.endpoints.clm_api))
    }

    /// CLM's administration.
    pub fn administration(&self) -> AdministrationClient<Channel> {
        AdministrationClient::new(self.channel("clm-api", &self.endpoints.clm_api))
    }

    /// The signer's journal.
    pub fn journal(&self) -> JournalClient<Channel> {
        JournalClient::new(self.channel("signer", &self.endpoints.signer))
    }

    /// The signer's own secrets.
    pub fn signer_administration(&self) -> SignerAdministrationClient<Channel> {
        SignerAdministrationClient::new(self.channel("signer", &self.endpoints.signer))
    }

    /// The signer.
    pub fn signer(&self) -> SignerClient {
        SignerClient::new(self.channel("signer", &self.endpoints.signer))
    }
}

/// Whether a platform was started in a folder.
pub fn is_platform(data: &Path) -> bool {
    run_path(data).exists()
}

fn run_path(data: &Path) -> PathBuf {
    data.join("run").join("platform.json")
}

fn run_file(data: &Path) -> Outcome<RunFile> {
    let path = run_path(data);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(format!(
            "no platform runs in {}: {}",
            data.display(),
            chain(&error)
        ))
        .or("start it with `ers up`, name its folder with --data DIR, or one elsewhere with --server URL and `ers login`")
    })?;
    serde_json::from_str(&text).attempt(format!("read {}", path.display()))
}
