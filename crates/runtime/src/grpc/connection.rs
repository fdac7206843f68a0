//! An accepted connection: who its peer is, for how long that holds, and its end when it does not hold any more.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use rustls_pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tonic::{Request, transport::server::Connected};

use super::caller::{Caller, Peer};
use crate::{
    clock::{Clock as _, SystemClock},
    tls::{self, Identity},
};

/// Streams of many calls are opened anew so often: on a newer connection, when the caller has a newer identity.
const STREAM_AGE: Duration = Duration::from_secs(600);
/// So long before its peer's identity ends, no such stream is begun on a connection.
const BEFORE_THE_END: Duration = Duration::from_secs(5);
/// The end of an identity is looked for so often, since clocks are set.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Greets a peer and learns who it is; it needs a certificate that one of the identity's authorities issued.
pub(super) async fn accept_peer(
    identity: &Arc<Identity>,
    stream: TcpStream,
) -> io::Result<PeerStream> {
    // before the handshake: what is replaced meanwhile is seen
    let replaced = identity.generation();
    let config = identity
        .server()
        .ok_or_else(|| io::Error::other("this process has no identity"))?;
    stream.set_nodelay(true)?;
    let stream = TlsAcceptor::from(config).accept(stream).await?;
    let chain: Vec<CertificateDer<'static>> = stream
        .get_ref()
        .1
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|one| one.clone().into_owned())
        .collect();
    let own = chain.first();
    let peer = Peer {
        caller: own.and_then(tls::service_name).map(Caller::named),
        ends_at: own.and_then(tls::not_after).unwrap_or_default(),
    };
    let (cut, closed) = (CancellationToken::new(), CancellationToken::new());
    let belief = Belief {
        identity: Arc::clone(identity),
        chain,
        peer: peer.clone(),
    };
    tokio::spawn(belief.lasts(replaced, cut.clone(), closed.clone()));
    Ok(PeerStream {
        stream,
        peer,
        cut: Box::pin(cut.cancelled_owned()),
        _closed: closed.drop_guard(),
    })
}

/// What a connection rests on.
struct Belief {
    identity: Arc<Identity>,
    chain: Vec<CertificateDer<'static>>,
    peer: Peer,
}

impl Belief {
    /// Has the connection cut when its peer's identity has ended or is believed no longer.
    async fn lasts(
        self,
        mut replaced: watch::Receiver<u64>,
        cut: CancellationToken,
        closed: CancellationToken,
    ) {
        loop {
            let left = self.peer.left();
            tokio::select! {
                () = closed.cancelled() => return,
                changed = replaced.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(left.min(LOOK_INTERVAL)) => {
                    if !self.peer.left().is_zero() {
                        continue;
                    }
                }
            }
            if !self.identity.believes(&self.chain, SystemClock.now()) {
                let caller = self.peer.caller.as_ref().map(Caller::name);
                tracing::info!(target: "audit", caller, "connection cut: its peer is believed no longer");
                cut.cancel();
                return;
            }
            if self.peer.left().is_zero() {
                // it ends within this second
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

impl Peer {
    /// Until its certificate ends, by the clock that handshakes go by.
    fn left(&self) -> Duration {
        let left_ms = self
            .ends_at
            .saturating_mul(1000)
            .saturating_sub(SystemClock.now_ms());
        Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
    }
}

/// When a stream of many calls shall end, in good order: with `stop`; or after some minutes, or shortly before the caller's
/// identity ends, so that it is opened anew over a newer connection.
#[must_use]
pub fn turn<T>(request: &Request<T>, stop: &CancellationToken) -> CancellationToken {
    let turn = stop.child_token();
    let longest = request
        .extensions()
        .get::<Peer>()
        .map_or(STREAM_AGE, |peer| {
            peer.left().saturating_sub(BEFORE_THE_END).min(STREAM_AGE)
        });
    let over = turn.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(longest) => over.cancel(),
            () = over.cancelled() => {}
        }
    });
    turn
}

/// A connection, with what is known of its peer.
pub(super) struct PeerStream {
    stream: TlsStream<TcpStream>,
    peer: Peer,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    _closed: DropGuard,
}

impl Connected for PeerStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // whoever believes in nobody any more does not read what is there already either
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
