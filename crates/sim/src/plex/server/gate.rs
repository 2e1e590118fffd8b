//! Accepts connections, with or without TLS; can close the port and cut every connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use crate::cut::{self, Conn};
use crate::plex::world::World;

/// Accepted connections waiting to be served.
const WAITING: usize = 256;

/// Longest a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Tries to bind the old port again, and the wait between them, after it was closed on purpose.
const REBINDS: u32 = 500;
const REBIND_WAIT: Duration = Duration::from_millis(20);

impl Connected<IncomingStream<'_, Gate>> for Conn {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.remote_addr().clone()
    }
}

/// In the clear or not.
pub(super) type Io = cut::Io<Either<TcpStream, Box<TlsStream<TcpStream>>>>;

/// Hands accepted connections to the HTTP server.
#[derive(Debug)]
pub(super) struct Gate {
    addr: SocketAddr,
    ready: mpsc::Receiver<(Io, Conn)>,
}

impl Gate {
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Listener for Gate {
    type Io = Io;
    type Addr = Conn;

    async fn accept(&mut self) -> (Io, Conn) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // The accepting task has ended: the server is stopping.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Conn> {
        Ok(Conn::new(CancellationToken::new()))
    }
}

/// Reads a certificate chain and its key.
pub(super) fn acceptor(cert_pem: &str, key_pem: &str) -> io::Result<TlsAcceptor> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let certs = CertificateDer::pem_slice_iter(cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let certs = certs.map_err(|_| bad("the certificate is not PEM"))?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| bad("the key is not PEM"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(certs, key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Binds, and starts the accepting task.
pub(super) async fn open(
    listen: SocketAddr,
    tls: Option<TlsAcceptor>,
    world: Arc<World>,
    cancel: CancellationToken,
    tasks: &mut JoinSet<()>,
) -> io::Result<Gate> {
    let listener = TcpListener::bind(listen).await?;
    let addr = listener.local_addr()?;
    let (ready, incoming) = mpsc::channel(WAITING);
    tasks.spawn(async move {
        let accepting = accept_all(listener, addr, tls, world, ready);
        cancel.run_until_cancelled(accepting).await;
    });
    Ok(Gate {
        addr,
        ready: incoming,
    })
}

async fn accept_all(
    mut listener: TcpListener,
    addr: SocketAddr,
    tls: Option<TlsAcceptor>,
    world: Arc<World>,
    ready: mpsc::Sender<(Io, Conn)>,
) {
    let mut open = world.open.subscribe();
    loop {
        tokio::select! {
            changed = open.changed() => {
                if changed.is_err() {
                    return;
                }
                if *open.borrow_and_update() {
                    continue;
                }
                drop(listener);
                world.cut_connections();
                if open.wait_for(|o| *o).await.is_err() {
                    return;
                }
                match rebind(addr).await {
                    Ok(l) => listener = l,
                    Err(e) => {
                        tracing::warn!(%addr, error = %e, "the simulated server cannot open its port again");
                        return;
                    }
                }
            }
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    admit(stream, tls.clone(), &world, ready.clone());
                }
            }
        }
    }
}

/// The port may be held for a moment by connections that are still closing.
async fn rebind(addr: SocketAddr) -> io::Result<TcpListener> {
    let mut last = io::Error::other("never tried");
    for _ in 0..REBINDS {
        match TcpListener::bind(addr).await {
            Ok(listener) => return Ok(listener),
            Err(e) => last = e,
        }
        tokio::time::sleep(REBIND_WAIT).await;
    }
    Err(last)
}

fn admit(stream: TcpStream, tls: Option<TlsAcceptor>, world: &Arc<World>, ready: mpsc::Sender<(Io, Conn)>) {
    let cut = world.connection_token();
    let conn = Conn::new(cut.clone());
    // Small frames must not wait for each other's acknowledgement.
    let _ = stream.set_nodelay(true);
    tokio::spawn(async move {
        let inner = match tls {
            None => Either::Left(stream),
            Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => Either::Right(Box::new(stream)),
                // The client did not like the certificate, or is no TLS client.
                _ => return,
            },
        };
        let io = Io::new(inner, cut);
        // Fails only when the server is stopping.
        let _ = ready.send((io, conn)).await;
    });
}
