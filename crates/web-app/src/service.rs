//! A web app, taken in and mounted.

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

/// Why an app is not served.
#[derive(Debug, Error)]
pub enum StartError {
    /// The app's files.
    #[error("serve web app {path}")]
    Assets {
        /// Of the app.
        path: &'static str,
        /// Why.
        #[source]
        source: AssetError,
    },
    /// The port is taken, or the listener broke.
    #[error("serve web app {path}")]
    Listener {
        /// Of the app.
        path: &'static str,
        /// Why.
        #[source]
        source: ListenerError,
    },
}

/// An app as its service has it inside, by `pack.rs` of this crate.
#[derive(Debug, Clone, Copy)]
pub struct Packed {
    /// Where it is served: `/clm-ui`.
    pub path: &'static str,
    /// Names below the path, and bytes; none when the program was built without the app.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// An app, ready to be served. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WebApp {
    path: &'static str,
    assets: Arc<Assets>,
}

impl WebApp {
    /// Takes the app in: from a folder, or as it is packed into the program.
    ///
    /// # Errors
    /// [`AssetError`] when the folder is not readable or holds no app.
    pub fn new(packed: &Packed, folder: Option<&Path>) -> Result<Self, AssetError> {
        let assets = match folder {
            Some(folder) => Assets::read(folder)?,
            None => Assets::packed(packed.files),
        };
        Ok(Self {
            path: packed.path,
            assets: Arc::new(assets),
        })
    }

    /// Whether there is an app: a program that was built without it has none.
    #[must_use]
    pub fn is_built(&self) -> bool {
        self.assets.index().is_some()
    }

    /// Mounts the path of the app.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + use<> + 'static {
        let (path, assets) = (self.path, Arc::clone(&self.assets));
        move |config: &mut ServiceConfig| http::configure(path, &assets, config)
    }
}

/// The app as a process of its own, until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn serve(context: Context, packed: &Packed, config: Config) -> Result<(), StartError> {
    let path = packed.path;
    let app = WebApp::new(packed, config.folder.as_deref())
        .map_err(|source| StartError::Assets { path, source })?;
    if !app.is_built() {
        tracing::warn!("the web app is not packed into this program: give its folder");
    }
    let failed = |source| StartError::Listener { path, source };
    let listener = Listener::bind(config.listen, None).map_err(failed)?;
    ers_runtime::http::serve(&context, listener, app.configure())
        .await
        .map_err(failed)
}
