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

use super::world::World;
use crate::cut::{self, Conn};

/// Pause before the old port is bound again, or after a failed `accept`.
const PAUSE: Duration = Duration::from_millis(20);

impl Connected<IncomingStream<'_, Gate>> for Conn {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.remote_addr().clone()
    }
}

#[derive(Debug)]
pub(super) struct Gate {
    /// `None`: the port is closed.
    tcp: Option<TcpListener>,
    addr: SocketAddr,
    open: watch::Receiver<bool>,
    world: Arc<World>,
}

impl Gate {
    pub(super) async fn open(listen: SocketAddr, world: Arc<World>) -> io::Result<Self> {
        let tcp = TcpListener::bind(listen).await?;
        Ok(Self {
            addr: tcp.local_addr()?,
            tcp: Some(tcp),
            open: world.open.subscribe(),
            world,
        })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes or opens the port as it should be.
    async fn follow(&mut self) {
        if !*self.open.borrow_and_update() {
            self.tcp = None;
            self.world.cut_connections();
            return;
        }
        if self.tcp.is_none() {
            match TcpListener::bind(self.addr).await {
                Ok(tcp) => self.tcp = Some(tcp),
                // Held for a moment by connections that are still closing.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

impl Listener for Gate {
    type Io = cut::Io<TcpStream>;
    type Addr = Conn;

    async fn accept(&mut self) -> (Self::Io, Conn) {
        loop {
            let wanted = *self.open.borrow();
            if wanted != self.tcp.is_some() {
                self.follow().await;
                continue;
            }
            let Some(tcp) = &self.tcp else {
                // The world outlives its gate.
                let _ = self.open.changed().await;
                continue;
            };
            tokio::select! {
                _ = self.open.changed() => {}
                accepted = tcp.accept() => match accepted {
                    Ok((stream, _)) => {
                        let cut = self.world.connection_token();
                        let _ = stream.set_nodelay(true);
                        return (cut::Io::new(stream, cut.clone()), Conn::new(cut));
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Conn> {
        Ok(Conn::new(CancellationToken::new()))
    }
}
