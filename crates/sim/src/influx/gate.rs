//! Accepts connections; can close the port and cut every connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::cut::{Conn, Io};

/// Between two tries to bind the old port again; connections that are still closing may hold it for a moment.
const REBIND_WAIT: Duration = Duration::from_millis(20);

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
    type Io = Io<TcpStream>;
    type Addr = Conn;

    async fn accept(&mut self) -> (Io<TcpStream>, Conn) {
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
        Ok(Conn::new(CancellationToken::new()))
    }
}

fn admit(stream: TcpStream, cut: CancellationToken) -> (Io<TcpStream>, Conn) {
    // Small answers must not wait for each other's acknowledgement.
    let _ = stream.set_nodelay(true);
    (Io::new(stream, cut.clone()), Conn::new(cut))
}
