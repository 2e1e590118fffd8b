//! A Tautulli as a client of its API sees it: envelope, key, history, database download.
//!
//! It knows the commands that tell a history; all others are unknown commands. Rows and answers are given by whoever
//! starts it; paging, filters and grouping are done here as Tautulli does them.

mod answer;
mod form;
mod history;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A row of history, as `get_history` shows it with `grouping=0`.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    pub row: Value,
    /// Shown by no answer, but one may ask by it.
    pub section_id: i64,
}

impl Play {
    /// A film watched by `user` from `started` on for `seconds`, which is `percent` of it.
    pub fn movie(id: i64, user: (i64, &str), title: &str, started: i64, seconds: i64, percent: i64) -> Self {
        let rating_key = 1000 + title.bytes().map(i64::from).sum::<i64>();
        let mut row = json!({
            "reference_id": id, "row_id": id, "id": id, "date": started, "started": started,
            "stopped": started + seconds, "duration": seconds, "play_duration": seconds, "paused_counter": 0,
            "user_id": user.0, "user": user.1, "friendly_name": user.1, "user_thumb": "",
            "platform": "Roku", "product": "Plex for Roku", "player": "Den", "ip_address": "192.168.1.9",
            "live": 0, "machine_id": "device-1", "location": "lan", "secure": 1, "relayed": 0,
        });
        let item = json!({
            "media_type": "movie", "rating_key": rating_key, "parent_rating_key": "",
            "grandparent_rating_key": "", "full_title": title, "title": title, "parent_title": "",
            "grandparent_title": "", "original_title": "", "year": 2001, "media_index": "",
            "parent_media_index": "", "thumb": format!("/library/metadata/{rating_key}/thumb/1"),
            "originally_available_at": "2001-02-03", "guid": format!("plex://movie/{rating_key:024x}"),
        });
        let rest = json!({
            "transcode_decision": "direct play", "percent_complete": percent, "watched_status": 0,
            "group_count": 1, "group_ids": id.to_string(), "state": null, "session_key": null,
        });
        for part in [item, rest] {
            if let (Some(row), Value::Object(part)) = (row.as_object_mut(), part) {
                row.extend(part);
            }
        }
        Self { row, section_id: 1 }
    }

    fn number(&self, key: &str) -> i64 {
        self.row.get(key).and_then(Value::as_i64).unwrap_or(0)
    }
}

/// What a fake Tautulli holds at its start.
#[derive(Clone, Debug)]
pub struct Seed {
    pub listen: SocketAddr,
    pub api_key: String,
    /// False: the API is turned off in the settings.
    pub api_enabled: bool,
    /// In front of `/api/v2`, `/tautulli`; empty for none.
    pub http_root: String,
    pub version: String,
    /// Of the Plex server it watches.
    pub machine_id: String,
    /// What `download_database` hands out; `None`: the command fails.
    pub database: Option<Bytes>,
    pub plays: Vec<Play>,
    /// By row id: the data of `get_stream_data`.
    pub streams: BTreeMap<i64, Value>,
    /// By rating key: the data of `get_metadata`; what is not here is gone from Plex.
    pub metadata: BTreeMap<String, Value>,
    /// The data of `get_users`.
    pub users: Vec<Value>,
    /// The rows of `get_libraries_table`.
    pub libraries: Vec<Value>,
    /// Commands an older version does not know.
    pub unknown: BTreeSet<String>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: "0123456789abcdef0123456789abcdef".to_owned(),
            api_enabled: true,
            http_root: String::new(),
            version: "v2.17.2".to_owned(),
            machine_id: "feedface".to_owned(),
            database: None,
            plays: Vec::new(),
            streams: BTreeMap::new(),
            metadata: BTreeMap::new(),
            users: vec![json!({
                "row_id": 1, "user_id": 0, "username": "Local", "friendly_name": "Local", "thumb": null,
                "email": null, "is_active": 1, "is_admin": 0, "is_home_user": null, "is_allow_sync": null,
                "is_restricted": null, "do_notify": 1, "keep_history": 1, "allow_guest": 0,
                "shared_libraries": [], "filter_all": null, "filter_movies": null, "filter_tv": null,
                "filter_music": null, "filter_photos": null,
            })],
            libraries: vec![json!({
                "row_id": 1, "server_id": "feedface", "section_id": 1, "section_name": "Movies",
                "section_type": "movie", "count": 3, "parent_count": null, "child_count": null,
                "library_thumb": "/:/resources/movie.png", "library_art": "/:/resources/movie-fanart.jpg",
                "plays": 0, "duration": 0, "do_notify": 1, "do_notify_created": 1, "keep_history": 1,
                "is_active": 1,
            })],
            unknown: BTreeSet::new(),
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer comes late.
    Slow(Duration),
    /// A bare status, as a proxy would send it.
    Status(u16),
    /// The command raises: 500 in Tautulli's envelope.
    Raises,
    /// The answer ends in the middle.
    Truncated,
    /// A web page instead of an answer.
    Html,
    /// Redirected elsewhere.
    Moved(String),
}

/// A request that came in. Keys are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub cmd: String,
    /// True if the address held the key, where logs would show it.
    pub key_in_url: bool,
    /// All other parameters.
    pub params: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Inside {
    seed: Seed,
    /// By command; "" is every one. Each with how often it still happens.
    faults: BTreeMap<String, (Fault, u32)>,
    seen: Vec<Seen>,
}

/// A running fake Tautulli. Stops when dropped.
#[derive(Debug)]
pub struct Tautulli {
    addr: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    http_root: String,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Tautulli {
    /// Binds and serves at once. Fails if the address is taken.
    pub async fn start(seed: Seed) -> io::Result<Self> {
        let tcp = TcpListener::bind(seed.listen).await?;
        let addr = tcp.local_addr()?;
        let http_root = seed.http_root.clone();
        let inside = Arc::new(Mutex::new(Inside {
            seed,
            faults: BTreeMap::new(),
            seen: Vec::new(),
        }));
        let cancel = CancellationToken::new();
        let app = Router::new()
            .fallback(answer::answer)
            .with_state(Arc::clone(&inside));
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            // An open answer must not keep a stopped server alive, so no graceful end.
            stop.run_until_cancelled(async { axum::serve(tcp, app).await })
                .await;
        });
        Ok(Self {
            addr,
            inside,
            http_root,
            cancel,
            task,
        })
    }

    /// `http://127.0.0.1:…` and the path in front of `/api/v2`.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.addr, self.http_root)
    }

    /// Changes what it holds.
    pub fn change(&self, change: impl FnOnce(&mut Seed)) {
        change(&mut self.lock().seed);
    }

    /// From now on `cmd` fails, or every command if it is empty, `times` times.
    pub fn fault(&self, cmd: &str, fault: Fault, times: u32) {
        self.lock().faults.insert(cmd.to_owned(), (fault, times));
    }

    /// All is well again.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// Requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the port.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Tautulli {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.task.abort();
    }
}
