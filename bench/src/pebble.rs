//! pebble, the reference server of ACME: in memory, without a database, and with nothing durable.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tokio::process::Command;

use crate::{
    acme::{self, Directory, Responders},
    load,
    options::Options,
    peers::{Peer, Running, free_port, output},
};

const NAME: &str = "pebble";

/// Complete orders, as ours are measured, by the same clients.
pub async fn measure(
    options: &Options,
    folder: &Path,
    csrs: &[Vec<u8>],
    responders: &Responders,
) -> Result<Peer> {
    let (port, management) = (free_port()?, free_port()?);
    // what TLS is ended with: a certificate of the peers' CA, which is there already
    let arguments = "req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout pebble.key -out pebble.pem -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -addext basicConstraints=critical,CA:FALSE";
    output(
        Command::new("openssl")
            .args(arguments.split_ascii_whitespace())
            .current_dir(folder),
    )
    .await?;
    let configuration = json!({ "pebble": {
        "listenAddress": format!("127.0.0.1:{port}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": "pebble.pem",
        "privateKey": "pebble.key",
        "httpPort": responders.http_port,
        "tlsPort": 5001,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
    }});
    std::fs::write(folder.join("pebble.json"), configuration.to_string())?;
    let mut command = Command::new(NAME);
    command
        .args(["-config", "pebble.json", "-dnsserver"])
        .arg(responders.resolver.to_string())
        // it waits, refuses nonces and forgets proofs on purpose, to teach clients
        .env("PEBBLE_VA_NOSLEEP", "1")
        .env("PEBBLE_WFE_NONCEREJECT", "0")
        .env("PEBBLE_AUTHZREUSE", "0")
        .current_dir(folder);
    let running = Running::start(command, port).await?;
    let url = format!("https://localhost:{port}");
    let shared = acme::Shared::new(
        &url,
        Directory::pebble(&url),
        &folder.join("ca.pem"),
        &responders.challenges,
        csrs,
    )?;
    // one alone: 2.4.0, which is Debian's, locks accounts and authorizations in different orders, and stops for good when
    // orders come together
    let clients = vec![acme::Client::register(&shared).await?];
    Ok(Peer {
        name: NAME,
        what: "ACME orders",
        figures: load::measure(clients, running.processes()?, options).await?,
    })
}
