//! Questions to the DNS: nothing cached, no hosts file, so that what we see is what the world sees now.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use super::Unproven;
use crate::domain::caa::CaaRecord;
use crate::domain::problem::ProblemKind;

const ATTEMPTS: usize = 2;
const MOST_TEXTS: usize = 100;

/// A resolver.
#[derive(Clone)]
pub struct Dns {
    resolver: Arc<TokioResolver>,
}

impl Dns {
    /// Asks these servers, or those of the system when there are none.
    pub fn new(servers: &[SocketAddr], timeout: Duration) -> Result<Self, NetError> {
        let mut builder = if servers.is_empty() {
            Resolver::builder_tokio()?
        } else {
            let servers = servers.iter().map(server).collect();
            let config = ResolverConfig::from_name_servers(servers);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        set(builder.options_mut(), timeout);
        let resolver = builder.build()?;
        Ok(Self {
            resolver: Arc::new(resolver),
        })
    }

    /// The addresses of a host, IPv6 first as RFC 6724 would have it.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unproven> {
        let name = fully_qualified(host)?;
        let (v6, v4) = tokio::join!(
            self.resolver.lookup(name.clone(), RecordType::AAAA),
            self.resolver.lookup(name, RecordType::A),
        );
        let mut addresses = Vec::new();
        let mut failure = None;
        for looked_up in [v6, v4] {
            match looked_up {
                Ok(found) => {
                    addresses.extend(found.answers().iter().filter_map(
                        |record| match &record.data {
                            RData::A(address) => Some(IpAddr::V4(address.0)),
                            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
                            _ => None,
                        },
                    ))
                }
                Err(error) if error.is_no_records_found() || error.is_nx_domain() => {}
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            _ if !addresses.is_empty() => Ok(addresses),
            Some(error) => Err(failed("addresses", host, &error)),
            None => Err(Unproven::for_now(
                ProblemKind::Dns,
                format!("{host} has no A or AAAA record"),
            )),
        }
    }

    /// The texts of a name; aliases (CNAME) are followed. Empty when there are none.
    pub async fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, Unproven> {
        match self
            .resolver
            .lookup(fully_qualified(name)?, RecordType::TXT)
            .await
        {
            Ok(found) => {
                let texts = found
                    .answers()
                    .iter()
                    .filter_map(|record| match &record.data {
                        RData::TXT(text) => Some(text.txt_data.concat()),
                        _ => None,
                    });
                Ok(texts.take(MOST_TEXTS).collect())
            }
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Vec::new()),
            Err(error) => Err(failed("TXT records", name, &error)),
        }
    }
}

impl Dns {
    /// The CAA records of a name; aliases (CNAME) are followed. Empty when there are none.
    pub async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, Unproven> {
        let looked_up = self
            .resolver
            .lookup(fully_qualified(name)?, RecordType::CAA)
            .await;
        match looked_up {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::CAA(caa) => Some(CaaRecord {
                        critical: caa.issuer_critical,
                        tag: caa.tag.clone(),
                        value: caa.value.clone(),
                    }),
                    _ => None,
                })
                .collect()),
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Vec::new()),
            Err(error) => Err(failed("CAA records", name, &error)),
        }
    }
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    NameServerConfig::new(address.ip(), true, connections)
}

fn set(options: &mut ResolverOpts, timeout: Duration) {
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.attempts = ATTEMPTS;
    options.timeout = timeout / 3;
    options.try_tcp_on_error = true;
}

fn fully_qualified(name: &str) -> Result<Name, Unproven> {
    Name::from_ascii(format!("{name}.")).map_err(|_| {
        Unproven::for_good(
            ProblemKind::Dns,
            format!("{name} cannot be asked for in the DNS"),
        )
    })
}

fn failed(what: &str, name: &str, error: &NetError) -> Unproven {
    Unproven::for_now(
        ProblemKind::Dns,
        format!("the {what} of {name} could not be looked up: {error}"),
    )
}
