//! Connections to hosts of strangers: to allowed addresses only, and to the very addresses that were checked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use url::Host;

use super::{Perspective, Unproven};
use crate::domain::policy::ReachableNetworks;
use crate::domain::problem::ProblemKind;

const MOST_ADDRESSES: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

impl Perspective {
    /// Looks the host up, drops what is denied, and connects to the first address that lets itself be connected to.
    pub(super) async fn connect(
        &self,
        host: Host<&str>,
        port: u16,
        networks: &ReachableNetworks,
    ) -> Result<TcpStream, Unproven> {
        let found = match host {
            Host::Domain(name) => self.dns.addresses(name.trim_end_matches('.')).await?,
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
        };
        let allowed: Vec<IpAddr> = found
            .into_iter()
            .filter(|address| !self.is_denied(*address) && networks.contain(*address))
            .collect();
        if allowed.is_empty() {
            // which address it is stays untold: the answer would map our network
            let detail = format!("{host} has no address that may be connected to");
            return Err(Unproven::for_good(ProblemKind::Connection, detail));
        }
        let failed = |why: &dyn std::fmt::Display| {
            let detail = format!("{host} port {port} could not be connected to: {why}");
            Unproven::for_now(ProblemKind::Connection, detail)
        };
        let mut failure = failed(&"no address");
        for address in allowed.into_iter().take(MOST_ADDRESSES) {
            let connecting = self.connect_to(SocketAddr::new(address, port));
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = failed(&error),
                Err(_) => failure = failed(&"timeout"),
            }
        }
        Err(failure)
    }

    async fn connect_to(&self, address: SocketAddr) -> std::io::Result<TcpStream> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(source) = self.source {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        socket.connect(address).await
    }

    fn is_denied(&self, address: IpAddr) -> bool {
        self.denied_networks
            .iter()
            .any(|network| network.reaches(address))
    }
}
