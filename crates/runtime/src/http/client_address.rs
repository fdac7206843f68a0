//! Whose address a request comes from. `X-Forwarded-For` is believed only from configured proxies, and only as far as
//! they wrote it: read from its end.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;

use super::Network;

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
}
