//! `ers up`: the whole platform in one process.

use crate::{
    cli::{Global, Up},
    failure::{Attempt as _, Outcome},
    platform::{self, PlatformConfig},
};

pub async fn run(global: &Global, options: &Up) -> Outcome<()> {
    let mut config = match &options.config {
        Some(file) => ers_runtime::config::load(file).attempt("read configuration")?,
        None => PlatformConfig {
            data: global.data.clone(),
            ..PlatformConfig::default()
        },
    };
    config.listen = options.listen.unwrap_or(config.listen);
    config.http_listen = options.http_listen.unwrap_or(config.http_listen);
    config.health_listen = options.health_listen.unwrap_or(config.health_listen);
    platform::run(config).await
}
