//! The CRLs that are served: the newest of each name, as CARA gives them, verified with the CA's certificate before
//! anybody sees them. The last good one is kept until a better one is there.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use ers_pki::{
    certificate::{Certificate, ChainError},
    crl::{Crl as Verified, CrlError, MAX_CRL_BYTES},
};
use ers_proto::cara::v1::{self as wire, crl_part::Part, status_client::StatusClient};
use ers_runtime::{error::chain, grpc::Channel};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};
use parking_lot::RwLock;
use thiserror::Error;
use time::OffsetDateTime;
use tonic::{Code, Status};

use crate::sources::Sources;

/// A CRL, ready to be sent; many readers share its octets.
#[derive(Debug)]
pub struct Crl {
    /// CRL number.
    pub number: u64,
    /// DER.
    pub der: Bytes,
    /// Begin.
    pub this_update: OffsetDateTime,
    /// End.
    pub next_update: OffsetDateTime,
}

/// Why a CRL cannot be had.
#[derive(Debug, Error)]
pub enum LoadError {
    /// CARA does not answer.
    #[error("ask CARA for CRL {name}")]
    Cara {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: Box<Status>,
    },
    /// CARA's answer is no CRL.
    #[error("read CRL {name}")]
    Unreadable {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: CrlError,
    },
    /// It is not the CA's.
    #[error("verify CRL {name}")]
    NotOfIssuer {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: ChainError,
    },
    /// Nothing to verify it with.
    #[error("verify CRL {name}: the certificate of its CA is not known")]
    UnknownIssuer {
        /// Which one.
        name: String,
    },
    /// It is another one than its name says.
    #[error("verify CRL {name}: it says another {field}")]
    Other {
        /// Which one.
        name: String,
        /// What differs.
        field: &'static str,
    },
    /// It is older than the one that is kept.
    #[error("verify CRL {name}: number {number} comes before {kept}, which was served already")]
    Older {
        /// Which one.
        name: String,
        /// What CARA gave.
        number: u64,
        /// What is kept.
        kept: u64,
    },
    /// The process stops.
    #[error("verify CRL {name}: interrupted by shutdown")]
    Interrupted {
        /// Which one.
        name: String,
    },
}

/// The newest CRLs.
pub struct Crls {
    client: StatusClient<Channel>,
    sources: Arc<Sources>,
    known: RwLock<Known>,
    /// Many who ask at once for the same wait for one answer.
    loading: tokio::sync::Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    loaded: Counter<u64>,
}

#[derive(Default)]
struct Known {
    newest: HashMap<String, Kept>,
    /// Counts what was heard: a CRL that was asked for before may be an old one.
    heard: u64,
}

struct Kept {
    crl: Arc<Crl>,
    /// CARA told of a newer one.
    outdated: bool,
}

impl Crls {
    /// Nothing is known yet.
    pub fn new(cara: Channel, sources: Arc<Sources>, meter: &Meter) -> Self {
        let loaded = meter
            .u64_counter("ers_revinfo_crls")
            .with_description("CRLs asked of CARA, by what came of it")
            .build();
        // what an alarm looks at is there before the first time: an increase from nothing is none
        loaded.add(0, &[KeyValue::new("kind", "refused")]);
        Self {
            client: StatusClient::new(cara),
            sources,
            known: RwLock::default(),
            loading: tokio::sync::Mutex::default(),
            loaded,
        }
    }

    /// The newest CRL of a name; none when there is none. When events do not arrive (`fresh` is false) CARA is asked. The
    /// one that is kept is given while CARA has no better one, whatever the reason.
    pub async fn find(&self, name: &str, fresh: bool) -> Result<Option<Arc<Crl>>, LoadError> {
        if let Some(crl) = self.current(name).filter(|_| fresh) {
            return Ok(Some(crl));
        }
        let place = {
            let mut loading = self.loading.lock().await;
            Arc::clone(loading.entry(name.to_owned()).or_default())
        };
        let _alone = place.lock().await;
        // Whoever was before us may have loaded it.
        if let Some(crl) = self.current(name).filter(|_| fresh) {
            return Ok(Some(crl));
        }
        let outcome = self.load(name).await;
        // Names that nobody waits for are forgotten: anybody may ask for anything.
        self.loading
            .lock()
            .await
            .retain(|_, place| Arc::strong_count(place) > 1);
        match outcome {
            Err(error) => match self.kept(name) {
                Some(kept) => {
                    self.count(error.kind());
                    tracing::error!(
                        error = chain(&error),
                        number = kept.number,
                        "kept CRL served: CARA has no better one"
                    );
                    Ok(Some(kept))
                }
                None => {
                    self.count(error.kind());
                    Err(error)
                }
            },
            found => found,
        }
    }

    fn current(&self, name: &str) -> Option<Arc<Crl>> {
        let known = self.known.read();
        let kept = known.newest.get(name).filter(|kept| !kept.outdated)?;
        Some(Arc::clone(&kept.crl))
    }

    fn kept(&self, name: &str) -> Option<Arc<Crl>> {
        let known = self.known.read();
        known.newest.get(name).map(|kept| Arc::clone(&kept.crl))
    }

    async fn load(&self, name: &str) -> Result<Option<Arc<Crl>>, LoadError> {
        let heard = self.known.read().heard;
        let Some((info, der)) = self.read(name).await? else {
            return Ok(None);
        };
        let crl = Arc::new(self.verify(name, &info, der).await?);
        let mut known = self.known.write();
        if let Some(kept) = known.newest.get(name)
            && kept.crl.number > crl.number
        {
            return Err(LoadError::Older {
                name: name.to_owned(),
                number: crl.number,
                kept: kept.crl.number,
            });
        }
        // An event may have told of a newer one meanwhile: then it is asked for again.
        let kept = Kept {
            crl: Arc::clone(&crl),
            outdated: known.heard != heard,
        };
        known.newest.insert(name.to_owned(), kept);
        drop(known);
        self.count("loaded");
        Ok(Some(crl))
    }

    async fn read(&self, name: &str) -> Result<Option<(wire::CrlInfo, Vec<u8>)>, LoadError> {
        let failed = |source: Status| LoadError::Cara {
            name: name.to_owned(),
            source: Box::new(source),
        };
        let request = wire::ReadCrlRequest {
            name: name.to_owned(),
        };
        let mut parts = match self.client.clone().read_crl(request).await {
            Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => {
                return Ok(None);
            }
            answer => answer.map_err(failed)?.into_inner(),
        };
        let mut info = None;
        let mut der = Vec::new();
        while let Some(part) = parts.message().await.map_err(failed)? {
            match part.part {
                Some(Part::Info(first)) => info = Some(first),
                Some(Part::Octets(octets)) => der.extend(octets),
                None => {}
            }
            if der.len() > MAX_CRL_BYTES {
                break;
            }
        }
        let info = info.ok_or_else(|| failed(Status::data_loss("the stream has no beginning")))?;
        Ok(Some((info, der)))
    }

    /// Whether it is what its name says, by the CA that it should be by.
    async fn verify(
        &self,
        name: &str,
        info: &wire::CrlInfo,
        der: Vec<u8>,
    ) -> Result<Crl, LoadError> {
        let name = name.to_owned();
        let Some(issuer) = self
            .sources
            .issuer_certificate(&info.issuer, info.generation)
        else {
            return Err(LoadError::UnknownIssuer { name });
        };
        let (is_delta, is_partition) = (info.base_number.is_some(), info.partition != 0);
        let (named, number) = (info.name == name, info.number);
        let stopped = LoadError::Interrupted { name: name.clone() };
        // A million entries take their time.
        let verified = tokio::task::spawn_blocking(move || {
            let crl = read_verified(&name, der, &issuer)?;
            let scope = crl.scope();
            let differs = [
                (!named, "name"),
                (crl.number() != number, "number"),
                (scope.base.is_some() != is_delta, "base"),
                (
                    scope.distribution_points.is_empty() == is_partition,
                    "partition",
                ),
            ];
            match differs.into_iter().find(|(differs, _)| *differs) {
                Some((_, field)) => Err(LoadError::Other { name, field }),
                None => Ok(crl),
            }
        });
        let crl = verified.await.map_err(|_| stopped)??;
        Ok(Crl {
            number: crl.number(),
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            der: Bytes::from_owner(crl),
        })
    }

    /// There is a newer one of that name.
    pub fn forget(&self, name: &str) {
        let mut known = self.known.write();
        known.heard += 1;
        if let Some(kept) = known.newest.get_mut(name) {
            kept.outdated = true;
        }
    }

    /// There may be newer ones of all names.
    pub fn forget_all(&self) {
        let mut known = self.known.write();
        known.heard += 1;
        for kept in known.newest.values_mut() {
            kept.outdated = true;
        }
    }

    fn count(&self, kind: &'static str) {
        self.loaded.add(1, &[KeyValue::new("kind", kind)]);
    }
}

fn read_verified(name: &str, der: Vec<u8>, issuer: &Certificate) -> Result<Verified, LoadError> {
    let crl = Verified::from_vec(der).map_err(|source| LoadError::Unreadable {
        name: name.to_owned(),
        source,
    })?;
    crl.verify_signed_by(issuer)
        .map_err(|source| LoadError::NotOfIssuer {
            name: name.to_owned(),
            source,
        })?;
    Ok(crl)
}

impl LoadError {
    /// In the metric.
    fn kind(&self) -> &'static str {
        match self {
            Self::Cara { .. } | Self::Interrupted { .. } => "unavailable",
            Self::Unreadable { .. }
            | Self::NotOfIssuer { .. }
            | Self::UnknownIssuer { .. }
            | Self::Other { .. }
            | Self::Older { .. } => "refused",
        }
    }
}
