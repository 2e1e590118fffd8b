//! An InfluxDB as a client sees it: 1.x, 2.x or 3.x, and what each does with lines that are not right.
//!
//! Version 1 does what 1.6.7 was seen doing (a test of `export` sends the same requests to both and compares); 2 and 3
//! do what their documentation and sources say. It keeps points by series and time with their fields merged, as the
//! real ones do, and remembers how often each was written and in which order they came.

mod answer;
mod gate;
mod parse;
mod reply;
mod request;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use parse::{ParseError, ParsedPoint, Value, parse};
pub use store::Stored;

use store::Store;

/// Which interface is spoken. The others' paths are not there, as on the real servers of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `/write`, `/query`, `/ping`, as 1.6.
    V1,
    /// `/api/v2/write`, `/health`, `/ping`.
    V2,
    /// `/api/v3/write_lp`, `/health`, `/ping`.
    V3,
}

/// What the one user of a version 1, or the one token of 2 and 3, may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    Read,
    Write,
    /// May make databases too.
    Admin,
}

/// What a fake InfluxDB is at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    pub api: Api,
    /// Name and password (v1). Without them everyone may do everything.
    pub user: Option<(String, String)>,
    /// v2 and v3. Without it everyone may do everything.
    pub token: Option<String>,
    pub privilege: Privilege,
    /// v2.
    pub org: String,
    /// v2.
    pub bucket: String,
    /// v1, each with the retention policy `autogen`. A v3 makes those it does not know.
    pub databases: Vec<String>,
    /// Bytes of a body as sent, so before it is unpacked, as the real one counts them.
    pub max_body_bytes: usize,
    /// Nanoseconds since 1970: what is older is beyond the retention policy.
    pub oldest_ns: Option<i64>,
    /// Answers partial writes with 500 as 2.0 to 2.2 did (v2).
    pub early_v2: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api: Api::V1,
            user: None,
            token: None,
            privilege: Privilege::Admin,
            org: "home".to_owned(),
            bucket: "plex".to_owned(),
            databases: vec!["plex_data".to_owned()],
            max_body_bytes: 25_000_000,
            oldest_ns: None,
            early_v2: false,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens on the port, and open connections are cut. Until [`Influx::heal`], whatever the number of times.
    Refuse,
    /// The connection is cut before anything is stored.
    Cut,
    /// Everything is stored, then the connection is cut: the answer is lost.
    LoseAnswer,
    /// The request is read and never answered.
    Hang,
    /// Requests to this path are read and never answered; others are answered as ever.
    HangAt(&'static str),
    /// An answer with status 500 begins and breaks off in the middle of its body; nothing is stored.
    HalfAnswer,
    /// The answer comes late.
    Slow(Duration),
    /// This answer, and nothing is stored.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
}

impl Fault {
    /// A status with a JSON body and no headers of interest.
    pub fn status(status: u16, body: &str) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// A status with `Retry-After`.
    pub fn retry_after(status: u16, after: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("Retry-After".to_owned(), after.to_owned())],
            body: String::new(),
        }
    }
}

/// A request that came in. Passwords and tokens are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// Without `p`.
    pub query: BTreeMap<String, String>,
    /// First word of `Authorization`: `Basic`, `Token`, `Bearer`.
    pub auth: Option<String>,
    /// True if the address held a password or a token, where logs would show it.
    pub secret_in_url: bool,
    pub gzip: bool,
    /// As sent.
    pub body_bytes: usize,
    /// Lines that are neither empty nor a comment.
    pub lines: usize,
    /// `None`: not answered, or cut.
    pub status: Option<u16>,
}

#[derive(Debug)]
struct Inside {
    settings: Settings,
    store: Store,
    /// With how often it still happens; `None`: until healed.
    fault: Option<(Fault, Option<u32>)>,
    seen: Vec<Seen>,
}

/// What the requests share.
#[derive(Debug)]
struct Shared {
    inside: Mutex<Inside>,
    /// False: the port is closed.
    open: watch::Sender<bool>,
    /// Replaced whenever all connections are cut.
    connections: Mutex<CancellationToken>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection_token(&self) -> CancellationToken {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .child_token()
    }

    fn cut_connections(&self) {
        let mut all = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *all).cancel();
    }
}

/// A running fake InfluxDB. Stops when dropped; what it holds is in memory alone.
#[derive(Debug)]
pub struct Influx {
    addr: SocketAddr,
    shared: Arc<Shared>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Influx {
    /// Binds and serves at once. Panics if the address is taken: for tests and port 0.
    pub async fn start(settings: Settings) -> Self {
        let bound = TcpListener::bind(settings.listen).await;
        let tcp = match bound {
            Ok(tcp) => tcp,
            Err(e) => panic!(
                "the simulated InfluxDB could not listen on {}: {e}",
                settings.listen
            ),
        };
        let addr = tcp.local_addr().expect("a bound socket has an address");
        let store = Store::new(&settings.databases);
        let shared = Arc::new(Shared {
            inside: Mutex::new(Inside {
                settings,
                store,
                fault: None,
                seen: Vec::new(),
            }),
            open: watch::Sender::new(true),
            connections: Mutex::default(),
        });
        let gate = gate::Gate::new(tcp, addr, Arc::clone(&shared));
        let app = Router::new()
            .fallback(answer::answer)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<crate::cut::Conn>();
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            // An open answer must not keep a stopped server alive, so no graceful end.
            stop.run_until_cancelled(async { axum::serve(gate, app).await })
                .await;
        });
        Self {
            addr,
            shared,
            cancel,
            task,
        }
    }

    /// `http://127.0.0.1:…`, no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Everything it holds, in the order in which the points came first.
    pub fn points(&self) -> Vec<Stored> {
        self.shared.lock().store.points()
    }

    /// How many points it holds.
    pub fn len(&self) -> usize {
        self.shared.lock().store.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn databases(&self) -> Vec<String> {
        self.shared.lock().store.databases()
    }

    /// Requests so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.lock().seen.clone()
    }

    /// Changes what it is; its databases excepted.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.lock().settings);
    }

    /// From now on every request goes wrong like this.
    pub fn fault(&self, fault: Fault) {
        self.set_fault(fault, None);
    }

    /// The next `times` requests go wrong like this.
    pub fn fault_times(&self, fault: Fault, times: u32) {
        self.set_fault(fault, Some(times));
    }

    fn set_fault(&self, fault: Fault, times: Option<u32>) {
        let refuse = fault == Fault::Refuse;
        self.shared.lock().fault = Some((fault, times)).filter(|_| !refuse && times != Some(0));
        self.shared.open.send_replace(!refuse);
        if refuse {
            self.shared.cut_connections();
        }
    }

    /// All is well again.
    pub fn heal(&self) {
        self.shared.lock().fault = None;
        self.shared.open.send_replace(true);
    }

    /// Closes the port and every connection; returns when they are closed.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        self.shared.cut_connections();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Influx {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.shared.cut_connections();
        self.task.abort();
    }
}
