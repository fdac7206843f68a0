//! Ranges of addresses: whose word about addresses is believed, and where connections may go.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

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
    /// Whether the address lies in it; an IPv4 address that is written as an IPv6 one (`::ffff:0:0/96`, RFC 4291) counts
    /// as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.contains_plainly(address.to_canonical())
    }

    /// Whether a connection to the address may end in it: an IPv4 address inside an IPv6 one (mapped, behind NAT64 or
    /// 6to4) counts as both, so that no notation leads past a denied range.
    #[must_use]
    pub fn reaches(&self, address: IpAddr) -> bool {
        self.contains_plainly(address)
            || embedded(address).is_some_and(|inner| self.contains_plainly(inner))
    }

    fn contains_plainly(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => same_prefix(
                u128::from(network.to_bits()),
                u128::from(address.to_bits()),
                32,
                self.prefix_length,
            ),
            (IpAddr::V6(network), IpAddr::V6(address)) => same_prefix(
                network.to_bits(),
                address.to_bits(),
                128,
                self.prefix_length,
            ),
            _ => false,
        }
    }

    /// What connections on a stranger's word stay away from unless configured otherwise: this machine, link-local (where
    /// clouds keep their credentials), multicast, and what is no address of anyone.
    #[must_use]
    pub fn denied_by_default() -> Vec<Self> {
        let v4 = |a, b, prefix_length| Self {
            address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)),
            prefix_length,
        };
        let v6 = |first, last, prefix_length| Self {
            address: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
            prefix_length,
        };
        vec![
            v4(0, 0, 8),
            v4(127, 0, 8),
            v4(169, 254, 16),
            v4(224, 0, 4),
            v4(240, 0, 4),
            v6(0, 0, 128),
            v6(0, 1, 128),
            v6(0xfe80, 0, 10),
            v6(0xff00, 0, 8),
        ]
    }
}

fn same_prefix(a: u128, b: u128, width: u32, prefix_length: u32) -> bool {
    let host_bits = width.saturating_sub(prefix_length);
    a.checked_shr(host_bits).unwrap_or(0) == b.checked_shr(host_bits).unwrap_or(0)
}

/// The IPv4 address inside an IPv6 one: `::ffff:0:0/96` (RFC 4291), `64:ff9b::/96` (RFC 6052), `2002::/16` (RFC 3056).
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let bits = v6.to_bits();
    if let Some(mapped) = v6.to_ipv4_mapped() {
        return Some(IpAddr::V4(mapped));
    }
    let low_32_bits = |bits: u128| {
        Some(IpAddr::V4(Ipv4Addr::from_bits(
            u32::try_from(bits & 0xffff_ffff).ok()?,
        )))
    };
    if bits >> 32 == 0x0064_ff9b_u128 << 64 {
        return low_32_bits(bits);
    }
    if bits >> 112 == 0x2002 {
        return low_32_bits(bits >> 80);
    }
    None
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refuse = || NetworkError(text.to_owned());
        let (address, prefix_length) = match text.split_once('/') {
            Some((address, length)) => {
                (address, Some(length.parse::<u32>().map_err(|_| refuse())?))
            }
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_length = prefix_length.unwrap_or(longest);
        if prefix_length > longest {
            return Err(refuse());
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

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_its_network_in_every_notation() {
        let loopback: Network = "127.0.0.0/8".parse().unwrap();
        for inside in [
            "127.0.0.1",
            "127.255.255.255",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(loopback.reaches(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "128.0.0.1",
            "126.255.255.255",
            "::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
        ] {
            assert!(!loopback.reaches(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn who_writes_an_address_of_ours_into_one_of_its_own_does_not_lie_in_our_network() {
        let ours: Network = "10.0.0.0/8".parse().unwrap();
        assert!(ours.contains("::ffff:10.0.0.1".parse().unwrap()));
        for own in ["64:ff9b::a00:1", "2002:a00:1::"] {
            let own = own.parse().unwrap();
            assert!(ours.reaches(own) && !ours.contains(own), "{own}");
        }
    }

    #[test]
    fn everything_lies_in_a_network_of_length_zero() {
        let all: Network = "::/0".parse().unwrap();
        assert!(all.reaches("2001:db8::1".parse().unwrap()));
        assert!(!all.reaches("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn this_machine_and_the_link_are_denied_by_default_and_private_networks_are_not() {
        let denied = |address: &str| {
            let address = address.parse().unwrap();
            Network::denied_by_default()
                .iter()
                .any(|network| network.reaches(address))
        };
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "169.254.169.254",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(denied(address), "{address}");
        }
        for address in [
            "10.0.0.1",
            "192.168.1.1",
            "192.0.2.1",
            "2001:db8::1",
            "fd00::1",
        ] {
            assert!(!denied(address), "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "example.com",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }
}
