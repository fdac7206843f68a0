//! `ers up`: the whole platform in one process.

use crate::{
    cli::{Global, Up},
    failure::{Attempt as _, Failure, Outcome},
    platform::{self, PlatformConfig},
};

pub async fn run(global: &Global, options: &Up) -> Outcome<()> {
    ers_runtime::process::keep_memory_private().attempt("switch core dumps off")?;
    let mut config = match &options.config {
        Some(file) => ers_runtime::config::load(file).map_err(|error| Failure::of(&error))?,
        None => PlatformConfig::default(),
    };
    config.listen = options.listen.unwrap_or(config.listen);
    config.http_listen = options.http_listen.unwrap_or(config.http_listen);
    config.health_listen = options.health_listen.unwrap_or(config.health_listen);
    let data = config.data.take().unwrap_or_else(|| global.data());
    platform::run(&data, config).await
}
