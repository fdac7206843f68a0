//! Whose address a request comes from. `X-Forwarded-For` is believed only from configured proxies, and only as far as
//! they wrote it: read from its end.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use actix_web::HttpRequest;
use serde::Deserialize;

/// A range of addresses, `10.0.0.0/8` or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix_length: u32,
}

/// The text is not a range of addresses.
#[derive(Debug, thiserror::Error)]
#[error("read network {0:?}: want an address and a prefix length, e.g. 10.0.0.0/8")]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in it; an IPv4 address that is written as an IPv6 one counts as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let shifted = |bits: u128, width: u32| {
            bits.checked_shr(width - self.prefix_length)
                .unwrap_or_default()
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                shifted(network.to_bits().into(), 32) == shifted(address.to_bits().into(), 32)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                shifted(network.to_bits(), 128) == shifted(address.to_bits(), 128)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_length = match prefix {
            None => longest,
            Some(prefix) => prefix.parse().map_err(|_| wrong())?,
        };
        if prefix_length > longest {
            return Err(wrong());
        }
        Ok(Self {
            address,
            prefix_length,
        })
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

/// The address of the client.
#[must_use]
pub fn client_address(request: &HttpRequest, trusted_proxies: &[Network]) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    address_of(peer, &forwarded, trusted_proxies)
}

fn address_of(peer: IpAddr, forwarded: &[&str], trusted_proxies: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        trusted_proxies
            .iter()
            .any(|network| network.contains(address))
    };
    let mut client = peer;
    for entry in forwarded.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(address) = entry.trim().parse() else {
            break;
        };
        client = address;
    }
    client.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        address_of(peer.parse().unwrap(), forwarded, &trusted).to_string()
    }

    #[test]
    fn a_header_is_believed_from_a_trusted_proxy_only() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("2001:db8::1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_itself_wrote_is_not_believed() {
        let forged = ["203.0.113.9, 198.51.100.7", "203.0.113.9", " 198.51.100.7"];
        assert_eq!(client("10.0.0.1", &forged[1..]), "198.51.100.7");
        assert_eq!(
            client("10.0.0.1", &["198.51.100.7", "nonsense"]),
            "10.0.0.1"
        );
    }

    #[test]
    fn networks_are_read_and_nonsense_is_not() {
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        let one: Network = "::1".parse().unwrap();
        assert!(one.contains("::1".parse().unwrap()) && !one.contains("::2".parse().unwrap()));
        for text in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "host/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
