//! The ways in, and which calling service may come which way.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// By which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 8555.
    Acme,
    /// RFC 7030.
    Est,
    /// RFC 9810.
    Cmp,
    /// RFC 8894.
    Scep,
    /// The REST interface of CLM.
    Rest,
    /// The command line.
    Cli,
    /// The platform for itself.
    System,
}

/// No such protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read protocol: must be one of acme, est, cmp, scep, rest, cli, system")]
pub struct UnknownProtocol;

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Acme,
        Self::Est,
        Self::Cmp,
        Self::Scep,
        Self::Rest,
        Self::Cli,
        Self::System,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            Self::Est => "est",
            Self::Cmp => "cmp",
            Self::Scep => "scep",
            Self::Rest => "rest",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }

    /// The protocols that a calling service speaks: an edge that was taken over cannot pass for another.
    pub fn of_caller(caller: &str) -> &'static [Self] {
        match caller {
            "acme" => &[Self::Acme],
            "est" => &[Self::Est],
            // Their own certificates they ask for as the platform does, under policies that name them as callers.
            "cmp" => &[Self::Cmp, Self::System],
            "scep" => &[Self::Scep, Self::System],
            "operator" => &[Self::Rest],
            "administrator" => &[Self::Rest, Self::Cli, Self::System],
            _ => &[],
        }
    }

    /// Whether the edge of this protocol proves control of every name by itself.
    pub fn proves_names(self) -> bool {
        matches!(self, Self::Acme)
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, UnknownProtocol> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.as_str() == text)
            .ok_or(UnknownProtocol)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_speaks_only_its_own_protocol() {
        assert_eq!(Protocol::of_caller("acme"), [Protocol::Acme]);
        assert!(!Protocol::of_caller("acme").contains(&Protocol::System));
        assert!(Protocol::of_caller("rev-info").is_empty());
    }

    #[test]
    fn every_name_reads_back() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.as_str().parse(), Ok(protocol));
        }
        assert_eq!("ACME".parse::<Protocol>(), Err(UnknownProtocol));
    }
}
