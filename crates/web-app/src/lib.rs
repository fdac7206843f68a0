//! Serves a web app that was built from `ui/`: files packed into the program or read from a folder. It decides nothing
//! and knows nobody: the app in the browser calls the REST services by itself.
//!
//! One request's way: `http` → `assets` (the file in the coding that the browser takes) → bytes.
//!
//! To add an app: a service like `services/cara-admin`, whose build script calls `pack.rs` of this crate.

mod assets;
pub mod config;
mod http;
mod service;

pub use assets::AssetError;
pub use config::Config;
pub use service::{Packed, StartError, WebApp, serve};
