//! Configuration of a service that serves a web app.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// Configuration of a service that serves a web app. An example with every key:
///
/// ```yaml
/// listen: 0.0.0.0:8080
/// folder: /usr/share/ers/clm-ui    # absent: the app that is packed into the program
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where HTTP is served, behind the ingress.
    pub listen: SocketAddr,
    /// Where the built app lies; absent: in the program.
    #[serde(default)]
    pub folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_documented_example_is_a_configuration() {
        let yaml = "listen: 0.0.0.0:8080\nfolder: /usr/share/ers/clm-ui\n";
        let config: Config = ers_runtime::config::parse(yaml, Path::new("clm-ui.yaml")).unwrap();
        assert_eq!(config.listen.port(), 8080);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = ers_runtime::config::parse::<Config>(
            "listen: 0.0.0.0:8080\nfoldr: /x\n",
            Path::new("clm-ui.yaml"),
        );
        assert!(error.unwrap_err().to_string().contains("foldr"));
    }
}
