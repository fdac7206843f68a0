//! http-01: RFC 8555 §8.3.

use url::{Host, Url};

use super::{Claimed, Perspective, Unproven};
use crate::domain::challenge::Challenge;
use crate::domain::identifier::Identifier;
use crate::domain::problem::ProblemKind;

const MOST_REDIRECTS: usize = 10;

impl Perspective {
    pub(super) async fn http01(&self, claimed: Claimed<'_>) -> Result<(), Unproven> {
        let Claimed {
            challenge,
            identifier,
            key,
            networks,
        } = claimed;
        let mut url = self.first_url(challenge, identifier)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.fetch(&url, networks).await?;
            if let Some(location) = response.redirect {
                url = self.follow(&url, &location)?;
                continue;
            }
            if response.status != 200 {
                return Err(wrong(format!(
                    "{url} answered with status {}",
                    response.status
                )));
            }
            // RFC 8555 §8.3: white space at the end is ignored
            if response.body.trim_ascii_end() == challenge.key_authorization(key).as_bytes() {
                return Ok(());
            }
            return Err(wrong(format!(
                "{url} did not answer with the key authorization"
            )));
        }
        Err(Unproven::for_good(
            ProblemKind::Connection,
            format!("more than {MOST_REDIRECTS} redirects from {identifier}"),
        ))
    }

    fn first_url(&self, challenge: &Challenge, identifier: &Identifier) -> Result<Url, Unproven> {
        let host = match identifier {
            Identifier::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            identifier => identifier.value(),
        };
        let url = format!(
            "http://{host}:{}/.well-known/acme-challenge/{}",
            self.http_port, challenge.token
        );
        Url::parse(&url).map_err(|_| {
            Unproven::for_good(ProblemKind::Connection, format!("{identifier} is no host"))
        })
    }

    /// Where a redirect may lead: http and https, on their ports, no user information.
    fn follow(&self, from: &Url, location: &str) -> Result<Url, Unproven> {
        let refuse = |why: &str| {
            Err(Unproven::for_good(
                ProblemKind::Connection,
                format!("{from} redirects {why}"),
            ))
        };
        let Ok(to) = from.join(location) else {
            return refuse("to what is no URL");
        };
        let allowed_port = match to.scheme() {
            "http" => self.http_port,
            "https" => self.https_port,
            _ => return refuse("to a scheme other than http and https"),
        };
        let port = to.port_or_known_default();
        if port != Some(allowed_port) && !matches!(port, Some(80 | 443)) {
            return refuse("to a port other than those of http and https");
        }
        if !to.username().is_empty() || to.password().is_some() {
            return refuse("to a URL with a user name");
        }
        if matches!(to.host(), None | Some(Host::Domain(""))) {
            return refuse("to no host");
        }
        Ok(to)
    }
}

fn wrong(detail: String) -> Unproven {
    Unproven::for_now(ProblemKind::Unauthorized, detail)
}
