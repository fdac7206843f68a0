//! Where CLM calls others: `https` only, read once.

use std::{fmt, str::FromStr};

/// Most characters.
const LONGEST: usize = 1000;

/// An `https` URL with a host, without user, fragment or anything that is not visible ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsUrl {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path and query, beginning with a slash.
    pub path: String,
}

/// Not such a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHttpsUrl {
    /// Another scheme.
    #[error("must begin with https://")]
    Scheme,
    /// Its length.
    #[error("at most {LONGEST} characters")]
    Long,
    /// The port.
    #[error("its port is no number")]
    Port,
    /// The rest.
    #[error("needs a host and visible ASCII characters, without user and fragment")]
    Form,
}

impl HttpsUrl {
    /// As the header `Host` wants it.
    pub fn authority(&self) -> String {
        match self.port {
            443 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }
}

impl FromStr for HttpsUrl {
    type Err = InvalidHttpsUrl;

    fn from_str(text: &str) -> Result<Self, InvalidHttpsUrl> {
        // one less: a path that is missing gets its slash
        if text.len() >= LONGEST {
            return Err(InvalidHttpsUrl::Long);
        }
        let rest = text
            .strip_prefix("https://")
            .ok_or(InvalidHttpsUrl::Scheme)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| InvalidHttpsUrl::Port)?),
            None => (authority, 443),
        };
        let visible = rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if host.is_empty() || host.contains(['@', '?', ':']) || !visible {
            return Err(InvalidHttpsUrl::Form);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            path: format!("/{path}"),
        })
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_into_its_parts_and_written_again() {
        let url: HttpsUrl = "https://hooks.example.org:8443/ers?x=1".parse().unwrap();
        assert_eq!(
            (url.host.as_str(), url.port, url.path.as_str()),
            ("hooks.example.org", 8443, "/ers?x=1")
        );
        assert_eq!(url.to_string(), "https://hooks.example.org:8443/ers?x=1");
        let short: HttpsUrl = "https://hooks.example.org".parse().unwrap();
        assert_eq!(short.to_string(), "https://hooks.example.org/");
    }

    #[test]
    fn what_is_none_is_refused_for_its_fault() {
        let fault = |text: &str| text.parse::<HttpsUrl>().unwrap_err();
        assert_eq!(fault("http://example.org/"), InvalidHttpsUrl::Scheme);
        assert_eq!(fault("https://example.org:x/"), InvalidHttpsUrl::Port);
        let long = format!("https://h/{}", "a".repeat(1000));
        assert_eq!(fault(&long), InvalidHttpsUrl::Long);
        for text in ["https:///x", "https://a b/", "https://u@h/", "https://h/#x"] {
            assert_eq!(fault(text), InvalidHttpsUrl::Form, "{text}");
        }
    }
}
