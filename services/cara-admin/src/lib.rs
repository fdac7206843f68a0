//! The web app of CARA's administrators, under `/cara-admin`: packed into the program, served by `ers_web_app`. The app in the browser
//! calls `/cara-ws-server` by itself.

use std::path::Path;

use ers_runtime::Context;
pub use ers_web_app::Config;
use ers_web_app::{AssetError, Packed, StartError, WebApp};

/// The app as it is inside this program.
const PACKED: Packed = Packed {
    path: "/cara-admin",
    files: include!(concat!(env!("OUT_DIR"), "/embedded.rs")),
};

/// Takes the app in: from a folder, or as it is packed into the program.
///
/// # Errors
/// [`AssetError`] when the folder is not readable or holds no app.
pub fn start(folder: Option<&Path>) -> Result<WebApp, AssetError> {
    WebApp::new(&PACKED, folder)
}

/// The app as a process of its own, until shutdown.
///
/// # Errors
/// [`StartError`].
pub async fn serve(context: Context, config: Config) -> Result<(), StartError> {
    ers_web_app::serve(context, &PACKED, config).await
}
