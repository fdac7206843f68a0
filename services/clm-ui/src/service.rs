//! clm-ui put together.

use std::{path::Path, sync::Arc};

use actix_web::web::ServiceConfig;
use ers_runtime::{
    Context,
    http::{Listener, ListenerError},
};
use thiserror::Error;

use crate::{
    assets::{AssetError, Assets},
    config::Config,
    http,
};

/// Why clm-ui does not serve.
#[derive(Debug, Error)]
pub enum StartError {
    /// The app's files.
    #[error("serve clm-ui")]
    Assets(#[from] AssetError),
    /// The port is taken, or the listener broke.
    #[error("serve clm-ui")]
    Listener(#[from] ListenerError),
}

/// The app, ready to be served. Cheap to clone.
#[derive(Clone)]
pub struct ClmUi {
    assets: Arc<Assets>,
}

/// Takes the app in: from a folder, or as it is packed into the program.
///
/// # Errors
/// [`AssetError`] when the folder is not readable or holds no app.
pub fn start(folder: Option<&Path>) -> Result<ClmUi, AssetError> {
    let assets = match folder {
        Some(folder) => Assets::read(folder)?,
        None => Assets::embedded(),
    };
    Ok(ClmUi {
        assets: Arc::new(assets),
    })
}

impl ClmUi {
    /// Whether there is an app: a program that was built without it has none.
    #[must_use]
    pub fn is_built(&self) -> bool {
        self.assets.index().is_some()
    }

    /// Mounts `/clm-ui`.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
        let assets = Arc::clone(&self.assets);
        move |config: &mut ServiceConfig| http::configure(&assets, config)
    }
}

/// clm-ui as a process of its own, until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn serve(context: Context, config: Config) -> Result<(), StartError> {
    let app = start(config.folder.as_deref())?;
    if !app.is_built() {
        tracing::warn!("the web app is not packed into this program: give its folder");
    }
    let listener = Listener::bind(config.listen, None)?;
    ers_runtime::http::serve(&context, listener, app.configure()).await?;
    Ok(())
}
