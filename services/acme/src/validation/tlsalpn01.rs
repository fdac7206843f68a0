//! tls-alpn-01: RFC 8737, for addresses RFC 8738 §6.

use rustls::pki_types::ServerName;
use url::Host;

use super::tls::{ACME_TLS, alpn_of};
use super::{Claimed, Perspective, Unproven};
use crate::domain::acme_certificate;
use crate::domain::identifier::Identifier;
use crate::domain::problem::ProblemKind;

impl Perspective {
    pub(super) async fn tlsalpn01(&self, claimed: Claimed<'_>) -> Result<(), Unproven> {
        let identifier = claimed.identifier;
        let value = identifier.value();
        let host = match identifier {
            Identifier::Dns(_) => Host::Domain(value.as_str()),
            Identifier::Ip(std::net::IpAddr::V4(address)) => Host::Ipv4(*address),
            Identifier::Ip(std::net::IpAddr::V6(address)) => Host::Ipv6(*address),
        };
        let port = self.tls_alpn_port;
        let stream = self.connect(host, port, claimed.networks).await?;
        let failed = |why: &dyn std::fmt::Display| {
            let detail = format!("TLS with {identifier} port {port}: {why}");
            Unproven::for_now(ProblemKind::Tls, detail)
        };
        let name = ServerName::try_from(identifier.tls_name())
            .map_err(|_| failed(&"the name cannot stand in a server name indication"))?;
        let stream = self
            .alpn
            .connect(name, stream)
            .await
            .map_err(|error| failed(&error))?;
        let (_, session) = stream.get_ref();
        if alpn_of(session) != Some(ACME_TLS) {
            return Err(failed(&"the server did not agree to acme-tls/1"));
        }
        let certificate = session
            .peer_certificates()
            .and_then(<[_]>::first)
            .ok_or_else(|| failed(&"the server showed no certificate"))?;
        let wanted = claimed.challenge.digest(claimed.key);
        acme_certificate::check(certificate, identifier, &wanted).map_err(|why| {
            let detail = format!("the certificate that {identifier} port {port} showed: {why}");
            Unproven::for_now(ProblemKind::Unauthorized, detail)
        })
    }
}
