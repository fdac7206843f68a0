//! Networks of addresses, `192.0.2.0/24`.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, de};

/// A network: the addresses that share its first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read network: must be like 192.0.2.0/24 or 2001:db8::/32, without bits behind the prefix")]
pub struct InvalidNetwork;

impl Network {
    /// Whether the address lies in it. An IPv4 address never lies in an IPv6 network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix))
                    .unwrap_or(0);
                u32::from(network) == u32::from(address) & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix))
                    .unwrap_or(0);
                u128::from(network) == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| InvalidNetwork)?,
            None => most,
        };
        let network = Self { address, prefix };
        if prefix > most || !network.contains(address) {
            return Err(InvalidNetwork);
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies(network: &str, address: &str) -> bool {
        network
            .parse::<Network>()
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_contains_the_addresses_with_its_first_bits() {
        assert!(lies("192.0.2.0/24", "192.0.2.255"));
        assert!(!lies("192.0.2.0/24", "192.0.3.0"));
        assert!(lies("0.0.0.0/0", "255.255.255.255"));
        assert!(lies("192.0.2.7", "192.0.2.7"));
        assert!(!lies("192.0.2.7/32", "192.0.2.6"));
        assert!(lies("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(lies("::/0", "::1"));
    }

    #[test]
    fn the_two_families_never_mix() {
        assert!(!lies("::/0", "192.0.2.1"));
        assert!(!lies("0.0.0.0/0", "::ffff:192.0.2.1"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in [
            "",
            "192.0.2.1/24",
            "192.0.2.0/33",
            "::/129",
            "example.com",
            "192.0.2.0/-1",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(InvalidNetwork), "{wrong}");
        }
    }
}
