//! CLM as a process of its own: its peers connected, gRPC and REST listened for.

use std::sync::Arc;

use ers_runtime::{
    Context, grpc,
    http::{self, Listener, ListenerError},
    tls::TlsError,
};
use ers_signer_client::SignerClient;
use tokio::net::TcpListener;

use crate::{BootstrapError, Config, Defaults, Deps, StartError, start};

/// Why CLM ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A process of its own needs that part of the configuration.
    #[error("serve CLM: configuration: service.alone is missing")]
    NotAlone,
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What a first start needs was not made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// The gRPC port is taken, or may not be used.
    #[error("serve CLM: listen on {address}")]
    Bind {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The gRPC listener broke.
    #[error("serve CLM")]
    Grpc(#[source] grpc::ServeError),
    /// The identity cannot be used.
    #[error("serve CLM")]
    Tls(#[source] TlsError),
    /// The REST listener does not stand.
    #[error("serve CLM")]
    Http(#[from] ListenerError),
}

/// Serves until shutdown.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(context: Context, config: Config) -> Result<(), ServeError> {
    let alone = config.alone.clone().ok_or(ServeError::NotAlone)?;
    let listener = TcpListener::bind(alone.listen)
        .await
        .map_err(|source| ServeError::Bind {
            address: alone.listen,
            source,
        })?;
    let tls = match alone.http_tls {
        true => Some(context.identity.https().map_err(ServeError::Tls)?),
        false => None,
    };
    let http_listener = Listener::bind(alone.http_listen, tls)?;
    let deps = Deps {
        cara: grpc::connect(&context, "cara-ws", &alone.cara),
        signer: Arc::new(SignerClient::new(grpc::connect(
            &context,
            "signer",
            &alone.signer,
        ))),
    };
    let clm = start(context.clone(), config, deps).await?;
    if let Some(issuer) = alone.default_issuer {
        let made = clm
            .bootstrap(&Defaults {
                issuer,
                platform_issuer: alone.platform_issuer,
            })
            .await?;
        if made.administrator_password.is_some() {
            // What a process of its own prints ends in logs that others keep and read: the generated password is
            // thrown away.
            tracing::info!(
                username = made.administrator,
                "first administrator made: set its password with `ers password`"
            );
        }
    }
    let (served_grpc, served_http) = tokio::join!(
        stopping(&context, grpc::serve(&context, listener, clm.routes())),
        stopping(
            &context,
            http::serve(&context, http_listener, clm.configure())
        ),
    );
    served_grpc.map_err(ServeError::Grpc)?;
    served_http.map_err(ServeError::Http)
}

/// When one listener ends the other must not go on alone.
async fn stopping<T>(context: &Context, served: impl Future<Output = T>) -> T {
    let outcome = served.await;
    context.shutdown.stop();
    outcome
}
