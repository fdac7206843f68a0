//! `ers migrate`: the schemas of all databases, brought up to date before the pods of a new release start. Services do it
//! by themselves when they start, too; here it is done once, and what goes wrong is told before anything was replaced.

use ers_migrations::MigratorTrait;
use ers_runtime::{
    config::{self, Secret},
    db::{self, DatabaseConfig},
};
use serde::Deserialize;

use crate::{
    cli::Migrate,
    failure::{Failure, Outcome},
    output,
};

/// Which databases. An example with every key:
///
/// ```yaml
/// databases:
///   signer: env:ERS_DATABASE_URL_SIGNERDB
///   cara: env:ERS_DATABASE_URL_CARADB
///   clm: file:/run/secrets/clm-database-url
///   acme: postgres://ers@db/acme
///   scep: postgres://ers@db/acme
///   cmp: postgres://ers@db/acme
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MigrateConfig {
    databases: Databases,
}

/// URL of the database that holds the tables of each; absent: not touched. Several may lie in one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Databases {
    signer: Option<Secret>,
    cara: Option<Secret>,
    clm: Option<Secret>,
    acme: Option<Secret>,
    scep: Option<Secret>,
    cmp: Option<Secret>,
}

pub async fn run(options: &Migrate) -> Outcome<()> {
    let config: MigrateConfig =
        config::load(&options.config).map_err(|error| Failure::of(&error))?;
    let of = config.databases;
    migrate::<ers_migrations::signer::Migrator>("signer", of.signer).await?;
    migrate::<ers_migrations::cara::Migrator>("cara", of.cara).await?;
    migrate::<ers_migrations::clm::Migrator>("clm", of.clm).await?;
    migrate::<ers_migrations::acme::Migrator>("acme", of.acme).await?;
    migrate::<ers_migrations::scep::Migrator>("scep", of.scep).await?;
    migrate::<ers_migrations::cmp::Migrator>("cmp", of.cmp).await?;
    output::line("the schemas are up to date")
}

async fn migrate<M: MigratorTrait>(name: &str, url: Option<Secret>) -> Outcome<()> {
    let Some(url) = url else { return Ok(()) };
    let config = DatabaseConfig {
        url,
        max_connections: 1,
    };
    let told = |error: &dyn std::error::Error| {
        Failure::new(format!(
            "schema of {name}: {}",
            ers_runtime::error::chain(error)
        ))
    };
    let database = db::connect::<M>(&config)
        .await
        .map_err(|error| told(&error))?;
    database.close().await.map_err(|error| told(&error))?;
    output::progress(&format!("schema of {name}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn schemas_are_made_once_and_a_database_out_of_reach_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("migrate.yaml");
        let place = folder.path().display();
        let options = Migrate {
            config: file.clone(),
        };
        let text = format!(
            "databases: {{ signer: 'sqlite:{place}/one.db', cara: 'sqlite:{place}/one.db', clm: 'sqlite:{place}/clm.db' }}"
        );
        std::fs::write(&file, text).unwrap();
        run(&options).await.unwrap();
        run(&options).await.unwrap();
        assert!(folder.path().join("clm.db").exists());

        let unreachable = "databases: { acme: 'postgres://ers:secret@127.0.0.1:1/acme' }";
        std::fs::write(&file, unreachable).unwrap();
        let refused = format!("{:?}", run(&options).await.unwrap_err());
        assert!(refused.contains("schema of acme"), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");

        std::fs::write(&file, "databases: { amce: 'sqlite:x' }").unwrap();
        let refused = format!("{:?}", run(&options).await.unwrap_err());
        assert!(refused.contains("amce"), "{refused}");
    }
}
