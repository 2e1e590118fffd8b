//! plex.tv as a client of it sees it: password and PIN sign-in, the account, the list of servers.
//!
//! One listener stands in for both `plex.tv` and `clients.plex.tv`. Nothing is kept on disk, and what a client
//! sends in a body or a header is never kept at all, so that the request log can be printed.

mod render;
mod routes;
mod seed;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use seed::{AccountSeed, ConnectionSeed, Place, ServerSeed, TvSeed};
pub use state::{Fault, FaultKind, RequestSeen};

use state::State;

/// Pause after a failed `accept`, so that a process without file handles does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A running stand-in for plex.tv. Stops when dropped.
#[derive(Debug)]
pub struct PlexTv {
    addr: SocketAddr,
    state: Arc<State>,
    down: Arc<AtomicBool>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl PlexTv {
    /// Binds `seed.listen` and serves at once. Fails if the address is taken.
    pub async fn start(seed: TvSeed) -> io::Result<Self> {
        let tcp = TcpListener::bind(seed.listen).await?;
        let addr = tcp.local_addr()?;
        let (state, down, cancel) = (
            Arc::new(State::new(seed)),
            Arc::new(AtomicBool::new(false)),
            CancellationToken::new(),
        );
        let listener = Listener {
            tcp,
            down: Arc::clone(&down),
        };
        let (router, stopped) = (routes::router(Arc::clone(&state)), cancel.clone());
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, router)
                .with_graceful_shutdown(stopped.cancelled_owned())
                .await;
            if let Err(e) = served {
                tracing::error!("the plex.tv stand-in ended: {e}");
            }
        });
        Ok(Self {
            addr,
            state,
            down,
            cancel,
            task,
        })
    }

    /// `http://127.0.0.1:…`; serves as `base_url` and as `clients_url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Ends the listener and waits for requests under way.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        // A panic of a handler has been reported by axum already.
        let _ = (&mut self.task).await;
    }

    /// True: connections are closed before a byte is answered. False: back to normal.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// The user's click on "Allow": the PIN with this code gets a new token of `user`.
    /// Returns that token, or `None` if there is no such PIN or user.
    pub fn link_pin(&self, code: &str, user: &str) -> Option<String> {
        self.state.link_pin(code, user)
    }

    /// Ends a PIN's time now.
    pub fn expire_pin(&self, code: &str) {
        self.state.expire_pin(code);
    }

    /// Codes of the PINs handed out, oldest first.
    pub fn pin_codes(&self) -> Vec<String> {
        self.state.pin_codes()
    }

    /// "Sign out this device": the account token is answered with 401 from now on.
    pub fn revoke(&self, token: &str) {
        self.state.revoke(token);
    }

    /// The account token has outlived its time: answered with 498 from now on.
    pub fn expire_token(&self, token: &str) {
        self.state.expire_token(token);
    }

    /// Replaces what a server publishes about itself; a new machine identifier is added.
    pub fn set_server(&self, server: ServerSeed) {
        self.state.set_server(server);
    }

    /// Replaces the addresses of one server. Does nothing for an unknown one.
    pub fn set_connections(&self, machine_id: &str, connections: Vec<ConnectionSeed>) {
        self.state.set_connections(machine_id, connections);
    }

    pub fn remove_server(&self, machine_id: &str) {
        self.state.remove_server(machine_id);
    }

    /// Adds a fault; the oldest one that matches a request decides its answer.
    pub fn fault(&self, fault: Fault) {
        self.state.add_fault(fault);
    }

    pub fn clear_faults(&self) {
        self.set_down(false);
        self.state.clear_faults();
    }

    /// Requests answered so far, oldest first.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.state.requests()
    }

    /// Requests whose path starts with `path_prefix`.
    pub fn request_count(&self, path_prefix: &str) -> usize {
        self.state
            .requests()
            .iter()
            .filter(|r| r.path.starts_with(path_prefix))
            .count()
    }
}

impl Drop for PlexTv {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.task.abort();
    }
}

/// Accepts like a TCP listener, but hangs up on everyone while `down`.
struct Listener {
    tcp: TcpListener,
    down: Arc<AtomicBool>,
}

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok(_) if self.down.load(Ordering::SeqCst) => {}
                Ok(accepted) => return accepted,
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
