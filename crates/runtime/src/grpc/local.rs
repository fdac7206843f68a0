//! Between services of one process: when both sides have proven who they are, by the same handshake as over a socket,
//! calls go to the other's routes without HTTP/2 and without encryption between one part of the memory and another. Who
//! calls, and what may be called, stays as it is.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, LazyLock, Weak},
    time::{Duration, Instant},
};

use http_body_util::BodyExt as _;
use parking_lot::Mutex;
use rustls::{ClientConnection, Connection, ServerConnection};
use rustls_pki_types::ServerName;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Status, body::Body, service::Routes};
use tower::Service as _;
use tracing::Instrument as _;

use super::{
    caller::{Caller, Peer},
    server::trace,
};
use crate::{Context, tls, tls::Identity};

/// After this time both prove it anew, as certificates end and are revoked.
const PROVEN_FOR: Duration = Duration::from_secs(60);
/// A handshake takes fewer.
const MOST_TURNS: usize = 16;

/// Who serves in this process, by address.
static SERVING: LazyLock<Mutex<HashMap<String, Weak<Local>>>> = LazyLock::new(Mutex::default);

/// Routes that are served at an address of this machine.
pub(super) struct Local {
    routes: Routes,
    identity: Arc<Identity>,
    stop: CancellationToken,
    calls: TaskTracker,
}

impl Local {
    /// Takes the calls of this process to an address until shutdown is asked for, or until it is dropped. Any address but
    /// a single one of this machine takes none: others may listen there as well.
    pub(super) fn beside(
        address: io::Result<SocketAddr>,
        routes: &Routes,
        context: &Context,
    ) -> Option<Arc<Self>> {
        let address = address.ok().filter(|address| address.ip().is_loopback())?;
        let local = Arc::new(Self {
            routes: routes.clone().prepare(),
            identity: Arc::clone(&context.identity),
            stop: context.shutdown.token(),
            calls: TaskTracker::new(),
        });
        let mut serving = SERVING.lock();
        serving.retain(|_, local| local.strong_count() > 0);
        serving.insert(address.to_string(), Arc::downgrade(&local));
        Some(local)
    }

    /// When all calls are done.
    pub(super) async fn drained(&self) {
        self.calls.close();
        self.calls.wait().await;
    }

    /// Calls, as that peer. The call counts as under way until its answer is read.
    pub(super) async fn call(
        &self,
        peer: Peer,
        mut request: http::Request<Body>,
    ) -> Result<http::Response<Body>, Status> {
        let under_way = self.calls.token();
        // What stands there was put there by the caller; over a socket it would have stayed behind.
        *request.extensions_mut() = http::Extensions::new();
        request.extensions_mut().insert(peer);
        let span = trace(request.uri(), request.headers());
        let answer = self.routes.clone().call(request).instrument(span).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        Ok(answer.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held = &under_way;
                frame
            }))
        }))
    }
}

/// The way to an address.
pub(super) struct Way {
    address: String,
    name: ServerName<'static>,
    identity: Arc<Identity>,
    proven: Mutex<Option<Proven>>,
}

struct Proven {
    local: Weak<Local>,
    peer: Peer,
    until: Instant,
}

impl Way {
    /// To a service at `host:port`; none when it can have no such name.
    pub(super) fn to(service: &str, address: String, identity: Arc<Identity>) -> Option<Self> {
        Some(Self {
            address,
            name: ServerName::try_from(format!("{service}{}", tls::DNS_SUFFIX)).ok()?,
            identity,
            proven: Mutex::default(),
        })
    }

    /// Who serves there in this process, and what the caller is to it; none: nobody does.
    pub(super) fn find(&self) -> Result<Option<(Arc<Local>, Peer)>, Status> {
        let mut proven = self.proven.lock();
        if let Some(known) = &*proven
            && Instant::now() < known.until
            && let Some(local) = known.local.upgrade()
            && !local.stop.is_cancelled()
        {
            return Ok(Some((local, known.peer.clone())));
        }
        *proven = None;
        let serving = SERVING.lock().get(&self.address).and_then(Weak::upgrade);
        let Some(local) = serving.filter(|local| !local.stop.is_cancelled()) else {
            return Ok(None);
        };
        let peer = self.prove(&local).map_err(|error| {
            tracing::warn!(target: "audit", %error, "TLS handshake refused");
            Status::unavailable(format!("TLS handshake refused: {error}"))
        })?;
        *proven = Some(Proven {
            local: Arc::downgrade(&local),
            peer: peer.clone(),
            until: Instant::now() + PROVEN_FOR,
        });
        Ok(Some((local, peer)))
    }

    /// The handshake, both ways.
    fn prove(&self, local: &Local) -> io::Result<Peer> {
        let nobody = || io::Error::other("this process has no identity");
        let client = self.identity.client().ok_or_else(nobody)?;
        let server = local.identity.server().ok_or_else(nobody)?;
        let client = ClientConnection::new(client, self.name.clone()).map_err(io::Error::other)?;
        let server = ServerConnection::new(server).map_err(io::Error::other)?;
        let (mut client, mut server) = (Connection::from(client), Connection::from(server));
        for _ in 0..MOST_TURNS {
            carry(&mut client, &mut server)?;
            carry(&mut server, &mut client)?;
            if !client.is_handshaking() && !server.is_handshaking() {
                let caller = server
                    .peer_certificates()
                    .and_then(<[_]>::first)
                    .and_then(tls::service_name)
                    .map(Caller::named);
                return Ok(Peer { caller });
            }
        }
        Err(io::Error::other("the handshake does not end"))
    }
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

/// Gives one side what the other has to say.
fn carry(from: &mut Connection, to: &mut Connection) -> io::Result<()> {
    let mut said = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut said)?;
    }
    let mut rest = said.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest)?;
        to.process_new_packets().map_err(io::Error::other)?;
    }
    Ok(())
}
