//! The service's configuration.

use std::net::SocketAddr;

use serde::Deserialize;

/// Configuration of the EST server; all of it is needed when it runs as a process of its own.
///
/// ```yaml
/// listen: 0.0.0.0:8443       # HTTPS with the service's identity, behind the ingress that ends the clients' TLS
/// clm: clm-api:9443
/// signer: signer:9443
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens when it runs alone.
    pub listen: Option<SocketAddr>,
    /// Address of clm-api when it runs alone.
    pub clm: Option<String>,
    /// Address of the signer when it runs alone.
    pub signer: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_example_in_the_documentation_reads() {
        let example: String = include_str!("config.rs")
            .lines()
            .skip_while(|line| *line != "/// ```yaml")
            .skip(1)
            .take_while(|line| *line != "/// ```")
            .map(|line| format!("{}\n", line.strip_prefix("/// ").unwrap_or_default()))
            .collect();
        let config: Config = ers_runtime::config::parse(&example, Path::new("est.yaml")).unwrap();
        assert_eq!(config.clm.as_deref(), Some("clm-api:9443"));
    }
}
