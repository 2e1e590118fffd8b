//! Accepts connections; can close the port and cut every connection.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::Shared;

/// Between two tries to bind the old port again; connections that are still closing may hold it for a moment.
const REBIND_WAIT: Duration = Duration::from_millis(20);

/// What a request handler may do with the connection the request came on.
#[derive(Clone, Debug)]
pub(super) struct Conn {
    cut: CancellationToken,
}

impl Conn {
    /// Ends the connection without a word.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Connected<IncomingStream<'_, Gate>> for Conn {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Hands accepted connections to the HTTP server.
#[derive(Debug)]
pub(super) struct Gate {
    /// `None` while the port is closed.
    tcp: Option<TcpListener>,
    addr: SocketAddr,
    open: watch::Receiver<bool>,
    shared: Arc<Shared>,
}

impl Gate {
    pub(super) fn new(tcp: TcpListener, addr: SocketAddr, shared: Arc<Shared>) -> Self {
        Self {
            tcp: Some(tcp),
            addr,
            open: shared.open.subscribe(),
            shared,
        }
    }
}

impl Listener for Gate {
    type Io = Io;
    type Addr = Conn;

    async fn accept(&mut self) -> (Io, Conn) {
        loop {
            if !*self.open.borrow_and_update() {
                self.tcp = None;
                // Those accepted before the port closed.
                self.shared.cut_connections();
                if self.open.wait_for(|open| *open).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            let Some(tcp) = &self.tcp else {
                self.tcp = TcpListener::bind(self.addr).await.ok();
                if self.tcp.is_none() {
                    tokio::time::sleep(REBIND_WAIT).await;
                }
                continue;
            };
            tokio::select! {
                _ = self.open.changed() => {}
                accepted = tcp.accept() => {
                    if let Ok((stream, _)) = accepted {
                        return admit(stream, self.shared.connection_token());
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Conn> {
        Ok(Conn {
            cut: CancellationToken::new(),
        })
    }
}

fn admit(stream: TcpStream, cut: CancellationToken) -> (Io, Conn) {
    // Small answers must not wait for each other's acknowledgement.
    let _ = stream.set_nodelay(true);
    let io = Io {
        stream,
        cut: Box::pin(cut.clone().cancelled_owned()),
    };
    (io, Conn { cut })
}

/// A connection that can be cut from outside.
pub(super) struct Io {
    stream: TcpStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Io")
    }
}

impl Io {
    fn alive(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.alive(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.alive(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive(cx)?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
