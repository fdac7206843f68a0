//! The whole platform in one process, for one machine. The same services as the separate ones, put together: gRPC over
//! loopback with mutual TLS and the same grants, one HTTPS port with the paths that an ingress would have, one plain
//! HTTP port for revocation information. Nothing behaves differently except where state lives.

mod config;
mod data_folder;
mod identities;
mod landing;
mod ready;
mod server_certificate;
mod services;

use std::{future::Future, path::Path, time::Duration};

use ers_pki::name::Name;
use ers_runtime::{
    Context,
    clock::SystemClock,
    health::{self, Health},
    http::{Listener, serve_with_lean},
    process,
    shutdown::Shutdown,
    telemetry,
    tls::Identity,
};

pub use config::PlatformConfig;

use self::{
    data_folder::DataFolder, identities::Identities, server_certificate::ServerCertificate,
};
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    output::progress,
    pki_defaults,
};

const DRAIN: Duration = Duration::from_secs(20);

/// Starts the platform over a data folder and serves until it is asked to stop, or a part of it ends by itself.
pub async fn run(data: &Path, config: PlatformConfig) -> Outcome<()> {
    // 1. What can be wrong on this machine is found before anything is started.
    let folder = DataFolder::open(data)?;
    let https = bind(config.listen, "listen")?;
    let http = bind(config.http_listen, "http_listen")?;
    let health_socket = bind(config.health_listen, "health_listen")?;
    let addresses = config::Addresses::of(&config, &https, &http, &health_socket)?;

    // 2. What every service needs.
    let telemetry = telemetry::init("ers", &config.telemetry).attempt("set up telemetry")?;
    let shutdown = Shutdown::new();
    process::stop_on_signal(&shutdown).attempt("listen for signals")?;
    let context = Context {
        service: "ers",
        clock: SystemClock::shared(),
        shutdown: shutdown.clone(),
        health: Health::new(),
        meter: opentelemetry::global::meter("ers"),
        identity: std::sync::Arc::new(Identity::none().attempt("start")?),
    };
    context.health.serving(context.service).down("starting");
    let health_listener = tokio::net::TcpListener::from_std(health_socket.socket)
        .attempt("listen on health_listen")?;
    health::serve(
        health_listener,
        context.health.clone(),
        telemetry.registry.clone(),
        &shutdown,
    )
    .attempt("serve health")?;
    let identities = Identities::make(&context, &folder)?;

    let outcome = serve(
        &config,
        &context,
        &folder,
        &identities,
        &addresses,
        https,
        http,
    )
    .await;

    // 3. Whatever happened: end well.
    shutdown.stop();
    folder.clear_run_file();
    if !shutdown.drained(DRAIN).await {
        tracing::warn!("not everything ended in time");
    }
    telemetry.flush();
    outcome
}

async fn serve(
    config: &PlatformConfig,
    context: &Context,
    folder: &DataFolder,
    identities: &Identities,
    addresses: &config::Addresses,
    https: Listener,
    http: Listener,
) -> Outcome<()> {
    progress("starting services");
    let backend = services::Backend::start(config, context, folder, identities, addresses).await?;
    let remote = backend.remote(identities, addresses)?;

    progress("creating the default PKI");
    pki_defaults::create(&remote, &config.pki, |step| progress(&format!("  {step}"))).await?;
    pki_defaults::write_root(&remote, &config.pki, &folder.root_certificate()).await?;
    let administrator_password = backend.bootstrap(config).await?;

    let certificate =
        ServerCertificate::obtain(&remote, folder, addresses.names(), context.clock.now()).await?;
    certificate.keep_renewed(context, remote);

    let frontend = backend
        .frontend(config, context, folder, identities, addresses)
        .await?;
    let landing = landing::Landing::new(folder)?;
    let https = Listener {
        tls: Some(certificate.server_config(client_issuers(config)?)),
        ..https
    };
    let (secure, plain, lean) = (frontend.clone(), frontend.clone(), frontend.lean());
    let on_https = serve_with_lean(context, https, lean.clone(), move |routes| {
        landing.mount(routes);
        secure.mount_secure(routes);
    });
    let on_http = serve_with_lean(context, http, lean, move |routes| plain.mount_plain(routes));

    folder.write_run_file(&addresses.run_file(folder, backend.endpoints()))?;
    let told = async {
        ready::wait(context).await;
        if context.shutdown.is_stopping() {
            return Ok(());
        }
        ready::tell(
            addresses,
            folder,
            administrator_password
                .as_ref()
                .map(|password| password.as_str()),
        )?;
        context.shutdown.cancelled().await;
        Outcome::Ok(())
    };
    let (told, on_https, on_http) = tokio::join!(
        ending(context, told),
        ending(context, on_https),
        ending(context, on_http)
    );
    on_https.attempt("HTTPS")?;
    on_http.attempt("HTTP")?;
    backend.outcome()?;
    told
}

/// Whose certificates clients are asked for: administrators' of the management CA, devices' of the default one (EST). Names,
/// DER.
fn client_issuers(config: &PlatformConfig) -> Outcome<Vec<Vec<u8>>> {
    let pki = &config.pki;
    [&pki.management.subject, &pki.sub.subject, &pki.root.subject]
        .into_iter()
        .map(|subject| {
            let name: Name = subject.parse().attempt("read the subjects of pki")?;
            Ok(name.to_der().to_vec())
        })
        .collect()
}

/// Whatever ends first ends the platform: without one of its parts it only looks alive.
async fn ending<T>(context: &Context, part: impl Future<Output = T>) -> T {
    let ended = part.await;
    context.shutdown.stop();
    ended
}

fn bind(address: std::net::SocketAddr, key: &str) -> Outcome<Listener> {
    Listener::bind(address, None).map_err(|error| {
        Failure::of(&error).or(format!(
            "choose another address: --{} ADDRESS:PORT, or `{key}` in the configuration",
            key.replace('_', "-")
        ))
    })
}
