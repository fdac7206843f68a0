//! The services of the platform, started one after the other in this process.

use std::sync::{Arc, OnceLock};

use acme::Acme;
use actix_web::web::ServiceConfig;
use cara_ws::Cara;
use clm_api::Clm;
use cmp::Cmp;
use ers_runtime::{
    Context,
    error::chain,
    grpc::{self, Channel},
};
use ers_signer_client::SignerClient;
use ers_web_app::WebApp;
use est::Est;
use rev_info::RevInfo;
use scep::Scep;
use tokio::net::TcpListener;
use tonic::service::Routes;
use zeroize::Zeroizing;

use super::{
    config::{Addresses, PlatformConfig},
    data_folder::DataFolder,
    identities::{ADMINISTRATOR, Identities},
};
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    output::progress,
    remote::{Endpoints, Remote},
};

/// The services that decide and keep: signer, CARA, CLM.
pub struct Backend {
    endpoints: Endpoints,
    cara: Cara,
    clm: Clm,
    broken: Broken,
}

/// Which part ended by itself and why; the first one counts.
type Broken = Arc<OnceLock<String>>;

impl Backend {
    /// Starts them, in the order in which they need each other.
    pub async fn start(
        config: &PlatformConfig,
        context: &Context,
        folder: &DataFolder,
        identities: &Identities,
        addresses: &Addresses,
    ) -> Outcome<Self> {
        let broken = Broken::default();
        let signer_context = context.for_service("signer", identities.of("signer")?);
        let signer = signer::start(signer_context.clone(), signer_config(config, folder)?)
            .await
            .map_err(signer_failed)?;
        let signer_address = serve_grpc(&signer_context, signer.routes(), &broken).await?;
        progress("  signer");

        let cara_context = context.for_service("cara-ws", identities.of("cara-ws")?);
        let database = config.database(config.databases.cara.as_ref(), "cara", folder.path());
        let signer_of_cara =
            SignerClient::new(grpc::connect(&cara_context, "signer", &signer_address));
        let cara: Cara = cara_ws::start(
            cara_context.clone(),
            &database,
            issuing(config, addresses),
            Arc::new(signer_of_cara),
        )
        .await
        .map_err(|error| Failure::of(&error))?;
        let cara_address = serve_grpc(&cara_context, cara.routes(), &broken).await?;
        progress("  cara-ws");

        let clm_context = context.for_service("clm-api", identities.of("clm-api")?);
        let database = config.database(config.databases.clm.as_ref(), "clm", folder.path());
        let deps = clm_api::Deps {
            cara: grpc::connect(&clm_context, "cara-ws", &cara_address),
            signer: Arc::new(SignerClient::new(grpc::connect(
                &clm_context,
                "signer",
                &signer_address,
            ))),
        };
        let usual = clm_api::Config::over(database);
        let settings = clm_api::Config {
            webhooks: config.clm.webhooks.clone(),
            notifications: config.clm.notifications.clone(),
            oidc: config.clm.oidc.clone(),
            redis: config.redis.clone(),
            max_enrollments: config.clm.max_enrollments.unwrap_or(usual.max_enrollments),
            ..usual
        };
        let clm = clm_api::start(clm_context.clone(), settings, deps)
            .await
            .map_err(|error| Failure::of(&error))?;
        let clm_address = serve_grpc(&clm_context, clm.routes(), &broken).await?;
        progress("  clm-api");
        Ok(Self {
            endpoints: Endpoints {
                signer: signer_address,
                cara_ws: cara_address,
                clm_api: clm_address,
            },
            cara,
            clm,
            broken,
        })
    }

    /// A failure when one of them ended by itself.
    pub fn outcome(&self) -> Outcome<()> {
        match self.broken.get() {
            Some(problem) => Err(Failure::new(problem.as_str())),
            None => Ok(()),
        }
    }

    /// Where they are called.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// They, called as the administrator.
    pub fn remote(&self, identities: &Identities, addresses: &Addresses) -> Outcome<Remote> {
        Ok(Remote::as_administrator(
            self.endpoints.clone(),
            identities.of(ADMINISTRATOR)?,
            Some(addresses.health_url.clone()),
        ))
    }

    /// Realms, policies and the administrator of a first start. Returns the administrator's password if it was made now.
    pub async fn bootstrap(&self, config: &PlatformConfig) -> Outcome<Option<Zeroizing<String>>> {
        let defaults = clm_api::Defaults {
            issuer: config.pki.sub.name.clone(),
            platform_issuer: None,
        };
        let made = self
            .clm
            .bootstrap(&defaults)
            .await
            .attempt("make realms and policies")?;
        Ok(made.administrator_password)
    }

    /// Starts the services that speak with the world.
    pub async fn frontend(
        &self,
        config: &PlatformConfig,
        context: &Context,
        folder: &DataFolder,
        identities: &Identities,
        addresses: &Addresses,
    ) -> Outcome<Frontend> {
        let acme_context = context.for_service("acme", identities.of("acme")?);
        let acme = acme::start(
            acme_context.clone(),
            acme_config(config, folder, addresses),
            acme::Deps {
                clm: self.channel(&acme_context, "clm-api"),
                signer: Arc::new(SignerClient::new(self.channel(&acme_context, "signer"))),
            },
        )
        .await
        .attempt("start acme")?;
        progress("  acme");

        let scep_context = context.for_service("scep", identities.of("scep")?);
        let scep = scep::start(
            scep_context.clone(),
            scep_config(config, folder),
            scep::Deps {
                clm: self.channel(&scep_context, "clm-api"),
                signer: Arc::new(SignerClient::new(self.channel(&scep_context, "signer"))),
            },
        )
        .await
        .attempt("start scep")?;
        progress("  scep");
        let est_context = context.for_service("est", identities.of("est")?);
        let est = est::start(
            &est_context,
            est::Deps {
                clm: self.channel(&est_context, "clm-api"),
                signer: Arc::new(SignerClient::new(self.channel(&est_context, "signer"))),
            },
        );
        progress("  est");

        let cmp = self.start_cmp(config, context, folder, identities).await?;
        progress("  cmp");

        let rev_context = context.for_service("rev-info", identities.of("rev-info")?);
        let signer = SignerClient::new(self.channel(&rev_context, "signer"));
        let rev_info = rev_info::start(
            &rev_context,
            &self.channel(&rev_context, "cara-ws"),
            Arc::new(signer),
            rev_info::config::Answers::default(),
        );
        progress("  rev-info");
        let clm_ui = clm_ui::start(config.ui.folder.as_deref()).attempt("start clm-ui")?;
        progress("  clm-ui");
        let cara_admin = cara_admin::start(config.ui.cara_admin_folder.as_deref())
            .attempt("start cara-admin")?;
        progress("  cara-admin");
        Ok(Frontend {
            clm_ui,
            cara_admin,
            acme,
            scep,
            est,
            cmp,
            cara: self.cara.clone(),
            clm: self.clm.clone(),
            rev_info,
        })
    }

    async fn start_cmp(
        &self,
        config: &PlatformConfig,
        context: &Context,
        folder: &DataFolder,
        identities: &Identities,
    ) -> Outcome<Cmp> {
        let context = context.for_service("cmp", identities.of("cmp")?);
        let database = config.database(config.databases.cmp.as_ref(), "cmp", folder.path());
        let deps = cmp::Deps {
            clm: self.channel(&context, "clm-api"),
            signer: Arc::new(SignerClient::new(self.channel(&context, "signer"))),
        };
        cmp::start(context, cmp::Config::new(database), deps)
            .await
            .attempt("start cmp")
    }

    fn channel(&self, context: &Context, service: &str) -> Channel {
        let address = match service {
            "signer" => &self.endpoints.signer,
            "cara-ws" => &self.endpoints.cara_ws,
            _ => &self.endpoints.clm_api,
        };
        grpc::connect(context, service, address)
    }
}

/// The services with paths of their own.
#[derive(Clone)]
pub struct Frontend {
    clm_ui: WebApp,
    cara_admin: WebApp,
    acme: Acme,
    scep: Scep,
    est: Est,
    cmp: Cmp,
    cara: Cara,
    clm: Clm,
    rev_info: RevInfo,
}

impl Frontend {
    /// Mounts what is handed out most often, on both listeners.
    pub fn lean(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        self.rev_info.configure()
    }

    /// What else stands behind HTTPS: all of it.
    pub fn mount_secure(&self, routes: &mut ServiceConfig) {
        self.acme.configure()(routes);
        self.scep.configure()(routes);
        self.est.configure()(routes);
        self.cmp.configure()(routes);
        self.clm.configure()(routes);
        self.clm_ui.configure()(routes);
        self.cara_admin.configure()(routes);
        self.cara.configure()(routes);
    }

    /// What else stands behind plain HTTP: SCEP and CMP, whose messages protect themselves.
    pub fn mount_plain(&self, routes: &mut ServiceConfig) {
        self.scep.configure()(routes);
        self.cmp.configure()(routes);
    }
}

/// Serves gRPC on loopback; gives the address. When that ends before it should, so does the platform.
async fn serve_grpc(context: &Context, routes: Routes, broken: &Broken) -> Outcome<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .attempt("listen on loopback")?;
    let address = listener
        .local_addr()
        .attempt("listen on loopback")?
        .to_string();
    let (context, broken) = (context.clone(), Arc::clone(broken));
    context.shutdown.clone().spawn("gRPC", async move {
        let problem = match grpc::serve(&context, listener, routes).await {
            Ok(()) if context.shutdown.is_stopping() => return,
            Ok(()) => "it ended by itself".to_owned(),
            Err(error) => chain(&error),
        };
        tracing::error!(service = context.service, problem, "gRPC ended");
        let _ = broken.set(format!("{}: {problem}", context.service));
        context.shutdown.stop();
    });
    Ok(address)
}

fn signer_config(config: &PlatformConfig, folder: &DataFolder) -> Outcome<signer::Config> {
    if config.databases.signer.is_none() && config.databases.cara.is_none() {
        folder.check_keys()?;
    }
    let tokens = if config.tokens.is_empty() {
        vec![signer::config::TokenConfig {
            name: "software".into(),
            software: Some(signer::config::SoftwareConfig {}),
            pkcs11: None,
        }]
    } else {
        config.tokens.clone()
    };
    Ok(signer::Config {
        listen: None,
        database: config.database(config.databases.signer.as_ref(), "signer", folder.path()),
        master_password: match &config.master_password {
            Some(secret) => secret.clone(),
            None => folder.master_password()?,
        },
        default_token: config.default_token.clone(),
        tokens,
        grants: Vec::new(),
        journal: signer::config::JournalConfig::default(),
        queue_length: signer::config::DEFAULT_QUEUE_LENGTH,
    })
}

fn signer_failed(error: signer::StartError) -> Failure {
    let failure = Failure::new(format!("start signer: {}", chain(&error)));
    match error {
        signer::StartError::Unlock(_) => failure.or(
            "the password of the first start opens the keys: put it into `master_password` (or data/master-password)",
        ),
        _ => failure,
    }
}

fn issuing(config: &PlatformConfig, addresses: &Addresses) -> cara_ws::config::Issuing {
    cara_ws::config::Issuing {
        revocation_url: format!("{}/rev-info", addresses.revocation_url),
        ocsp_url: None,
        crl: config.cara.crl,
        ocsp: config.cara.ocsp.clone(),
        profiles: config.cara.profiles.clone(),
        four_eyes: config.cara.four_eyes.clone(),
        clock_tolerance_minutes: config
            .cara
            .clock_tolerance_minutes
            .unwrap_or_else(cara_ws::config::usual_clock_tolerance),
        weak_keys: config.cara.weak_keys.clone(),
    }
}

fn acme_config(
    config: &PlatformConfig,
    folder: &DataFolder,
    addresses: &Addresses,
) -> acme::Config {
    let database = config.database(config.databases.acme.as_ref(), "acme", folder.path());
    acme::Config {
        redis: config.redis.clone(),
        validation: config.acme.validation.clone(),
        limits: config.acme.limits.clone(),
        ..acme::Config::new(addresses.url.clone(), database)
    }
}

fn scep_config(config: &PlatformConfig, folder: &DataFolder) -> scep::Config {
    let database = config.database(config.databases.scep.as_ref(), "scep", folder.path());
    scep::Config {
        registration_authority: config.scep.registration_authority.clone(),
        ..scep::Config::new(database)
    }
}
