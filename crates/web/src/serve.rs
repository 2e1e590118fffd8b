//! The HTTP server: limits against slow and greedy clients, and an end in bounded time.
//!
//! `axum::serve` offers neither a header timeout nor a limit on connections, hence hyper directly.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;

/// Connections of one listener; beyond this, new ones wait in the kernel's queue until another ends.
pub const CONNECTIONS_MAX: usize = 1024;

/// Time for a whole request head, and for a kept-alive connection to ask again. Not a usual scrape interval, so that
/// we do not hang up at the very moment a scraper asks.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(40);

/// A client that takes nothing for this long is cut off.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes buffered per connection, hence also the limit of a request head (beyond it: 431).
const BUFFER_BYTES: usize = 32 * 1024;

/// Header lines in a request; beyond it: 431.
const HEADERS_MAX: usize = 64;

/// Time for open requests to finish once we stop; then they are cut off.
pub const DRAIN_BUDGET: Duration = Duration::from_secs(3);

/// Wait after `accept` failed, as it does when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `cancel`, then lets open requests finish within [`DRAIN_BUDGET`]. Event streams end by themselves,
/// since they listen to [`crate::Context::cancel`].
pub async fn serve(listener: TcpListener, router: Router, cancel: CancellationToken) -> io::Result<()> {
    let address = listener.local_addr()?;
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut failures = 0_u32;
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            Some(_ended) = connections.join_next() => continue,
            accepted = accept(&listener, &seats) => accepted,
        };
        match accepted {
            Ok((stream, peer, seat)) => {
                failures = 0;
                let service = Known {
                    peer: Peer(peer.ip().to_canonical()),
                    service: TowerToHyperService::new(router.clone()),
                };
                let served = connection(stream, service, cancel.clone());
                connections.spawn(async move {
                    served.await;
                    drop(seat);
                });
            }
            Err(e) => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::warn!(%address, failures, "cannot accept a connection on {address}: {e}");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_BUDGET, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(%address, open = connections.len(), "cut off {} open connections on {address}", connections.len());
        connections.shutdown().await;
    }
    Ok(())
}

/// Waits for a free seat first, so that a flood waits in the kernel and not in our memory.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let seat = seats.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, seat))
}

/// Who is at the other end of the connection that a request came on; never an IPv4 address dressed as IPv6.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Tells each request of a connection its [`Peer`].
struct Known {
    peer: Peer,
    service: TowerToHyperService<Router>,
}

impl Service<Request<Incoming>> for Known {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}

async fn connection(stream: TcpStream, service: Known, cancel: CancellationToken) {
    // An event is small and must not wait for the next one. A socket that refuses is one that is already dead.
    let _ = stream.set_nodelay(true);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Impatient::new(stream)), service);
    let mut served = pin!(served);
    let outcome = tokio::select! {
        biased;
        outcome = &mut served => outcome,
        () = cancel.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(e) = outcome {
        // A client that went away or sent rubbish is its own business.
        tracing::debug!("connection ended: {}", base::error::Chain(&e));
    }
}

/// A stream whose writes fail when the peer takes nothing for [`STALL_TIMEOUT`].
struct Impatient<S> {
    stream: S,
    /// Set while a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Impatient<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            deadline: None,
        }
    }

    fn judge<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut TaskContext<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(STALL_TIMEOUT)));
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client takes no more data",
            )));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.judge(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(shut, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Impatient::new(near);
        assert_eq!(near.write(b"12345678").await.unwrap(), 8);
        let stalled = near.write(b"9").await.unwrap_err();
        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);

        let mut near = Impatient::new(tokio::io::duplex(8).0);
        assert!(near.write(b"gone").await.is_err(), "the far end was dropped");
        far.shutdown().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_client_is_borne_with() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Impatient::new(near);
        let reader = tokio::spawn(async move {
            let mut got = Vec::new();
            let mut buf = [0; 8];
            while got.len() < 40 {
                tokio::time::sleep(STALL_TIMEOUT / 2).await;
                let n = tokio::io::AsyncReadExt::read(&mut far, &mut buf).await.unwrap();
                got.extend_from_slice(&buf[..n]);
            }
            got.len()
        });
        near.write_all(&[1; 40]).await.unwrap();
        assert_eq!(reader.await.unwrap(), 40);
    }
}
