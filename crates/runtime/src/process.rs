//! The skeleton of a process: arguments, configuration, telemetry, identity, signals, health listener, drain.

use std::{
    future::Future, io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc,
    time::Duration,
};

use clap::Parser;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::net::TcpListener;

use crate::{
    Context,
    clock::SystemClock,
    config,
    error::chain,
    health::{self, Health},
    shutdown::Shutdown,
    telemetry::{self, TelemetryConfig},
    tls::{Identity, IdentityFiles},
};

const DRAIN: Duration = Duration::from_secs(30);

/// Any failure that ends a process.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The configuration file of a service that runs as a process of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessConfig<C> {
    /// Logs, traces, metrics.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// Where `/health` and `/metrics` are served, without TLS.
    #[serde(default = "health_listen")]
    pub health_listen: SocketAddr,
    /// The service's mutual-TLS identity.
    pub identity: IdentityFiles,
    /// The service's own keys.
    pub service: C,
}

fn health_listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 9090))
}

#[derive(Parser)]
#[command(disable_version_flag = true)]
struct Arguments {
    /// The service's YAML configuration
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Read the configuration, say whether it is right, and end
    #[arg(long)]
    check: bool,
}

/// Runs a service until it is asked to stop (SIGTERM, SIGINT; a second one ends it at once).
pub fn run<C, F, Fut>(service: &'static str, serve: F) -> ExitCode
where
    C: DeserializeOwned,
    F: FnOnce(Context, C) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let arguments = Arguments::parse();
    match try_run(service, &arguments, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{service}: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn try_run<C, F, Fut>(service: &'static str, arguments: &Arguments, serve: F) -> Result<(), Failure>
where
    C: DeserializeOwned,
    F: FnOnce(Context, C) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let config: ProcessConfig<C> = config::load(&arguments.config)?;
    if arguments.check {
        writeln!(std::io::stdout(), "{}: right", arguments.config.display())?;
        return Ok(());
    }
    install_crypto_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let telemetry = telemetry::init(service, &config.telemetry)?;
        let shutdown = Shutdown::new();
        stop_on_signal(&shutdown)?;
        let health = Health::new();
        health.serving(service).down("starting");
        let listener = TcpListener::bind(config.health_listen)
            .await
            .map_err(|error| {
                format!("listen on health_listen {}: {error}", config.health_listen)
            })?;
        health::serve(
            listener,
            health.clone(),
            telemetry.registry.clone(),
            &shutdown,
        )?;
        let context = Context {
            service,
            clock: SystemClock::shared(),
            health,
            meter: opentelemetry::global::meter(service),
            identity: Identity::watched(config.identity, &shutdown)?,
            shutdown: shutdown.clone(),
        };
        tell_end_of_identity(&context);
        tracing::info!(service, version = env!("CARGO_PKG_VERSION"), "starting");
        let outcome = serve(context, config.service).await;
        shutdown.stop();
        if !shutdown.drained(DRAIN).await {
            tracing::warn!("not everything ended in time");
        }
        tracing::info!(service, "stopped");
        telemetry.flush();
        outcome
    })
}

/// `ers_identity_left_seconds`: whoever renews identities may have stopped doing so.
fn tell_end_of_identity(context: &Context) {
    let (identity, clock) = (Arc::clone(&context.identity), Arc::clone(&context.clock));
    // it lives on in the meter
    let _gauge = context
        .meter
        .f64_observable_gauge("ers_identity_left_seconds")
        .with_description("Until the service's own identity ends")
        .with_unit("s")
        .with_callback(move |observer| {
            if let Some(end) = identity.ends_at() {
                observer.observe((end - clock.now()).as_seconds_f64(), &[]);
            }
        })
        .build();
}

/// Chooses the one TLS provider of the process; a second call does nothing.
pub fn install_crypto_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// For processes that hold keys: no core dump is written, and nobody but root can attach to the process or read its
/// memory. To be called at the start.
///
/// # Errors
/// When the system refuses, which Linux does not.
pub fn keep_memory_private() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Stops on SIGTERM or SIGINT; on a second one ends the process at once.
///
/// # Errors
/// When signals cannot be listened for.
pub fn stop_on_signal(shutdown: &Shutdown) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => (),
                _ = interrupt.recv() => (),
            }
        };
        next().await;
        tracing::info!("stopping");
        shutdown.stop();
        next().await;
        std::process::exit(130);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    use super::*;

    /// Failure 48: secrets in core dumps.
    #[test]
    fn failure_48_no_core_dump_is_written_and_nobody_may_look() {
        keep_memory_private().unwrap();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert!(matches!(
            dumpable_behavior().unwrap(),
            DumpableBehavior::NotDumpable
        ));
    }
}
