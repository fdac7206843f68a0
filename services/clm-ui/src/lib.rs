//! Serves the web app of CLM under `/clm-ui`: files that were built from `ui/`, packed into the program or read from a
//! folder. It decides nothing and knows nobody: the app in the browser calls `/clm-api` by itself.
//!
//! One request's way: `http` → `assets` (the file in the coding that the browser takes) → bytes.

mod assets;
pub mod config;
mod http;
mod service;

pub use assets::AssetError;
pub use config::Config;
pub use service::{ClmUi, StartError, serve, start};
