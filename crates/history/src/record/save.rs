//! What is to be written, decided without a store.
//!
//! The newest snapshot is compared with what is on disk. What is worth a write at once: a play that began, ended,
//! changed its state, item or quality, or was counted. Mere progress waits. The counters and the plays that they
//! count are written in one transaction, so that a play is never counted twice after a crash.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use model::{
    Carried, CounterKey, CounterMap, Counters, Ended, Library, Network, Play, PlayId, ServerInfo,
    ServerSnapshot, Snapshot, SourceId, Timestamp,
};

use super::iptv;

/// Progress of a play is written this often.
pub(super) const REFRESH_AFTER_MS: u64 = 8_000;

/// That a server was seen is written this often while nothing else is.
const SEEN_AFTER_MS: i64 = 60_000;

/// A play on disk that neither runs nor was told to have ended is closed as it is known after this long. Its end was
/// lost with a journal that overflowed.
pub(super) const MISSING_AFTER_MS: u64 = 60_000;

/// The same for plays of a server that has not appeared yet.
pub(super) const ABSENT_AFTER_MS: u64 = 600_000;

/// One transaction's worth.
#[derive(Clone, Debug, Default)]
pub(super) struct Save {
    /// The state of all servers it was made from.
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) open: Vec<Arc<Play>>,
    pub(super) closed: Vec<Arc<Play>>,
    pub(super) counters: Vec<(SourceId, CounterKey, Counters)>,
    /// Servers whose other sums, identity, libraries or last success changed.
    pub(super) servers: Vec<ServerNews>,
    pub(super) iptv: iptv::Save,
}

#[derive(Clone, Debug)]
pub(super) struct ServerNews {
    pub(super) server: Arc<ServerSnapshot>,
    pub(super) sums: bool,
    pub(super) identity: bool,
    pub(super) libraries: bool,
}

impl Save {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
            && self.closed.is_empty()
            && self.counters.is_empty()
            && self.servers.is_empty()
            && self.iptv.is_empty()
    }
}

/// What is on disk, and what waits.
#[derive(Debug, Default)]
pub(super) struct Book {
    plays: HashMap<PlayId, Written>,
    servers: HashMap<SourceId, OnDisk>,
    /// Ended, oldest first, not on disk yet.
    ended: VecDeque<Arc<Play>>,
    iptv: iptv::Book,
}

#[derive(Debug)]
struct Written {
    play: Arc<Play>,
    at_mono_ms: u64,
    missing_since_mono_ms: Option<u64>,
}

#[derive(Debug, Default)]
struct OnDisk {
    counters: Arc<CounterMap>,
    sums: (u64, Option<BTreeMap<Network, u64>>),
    info: Option<Arc<ServerInfo>>,
    libraries: Option<Arc<Vec<Library>>>,
    seen_ms: Option<i64>,
}

impl Book {
    pub(super) fn new(carried: &[Carried]) -> Self {
        let mut book = Self {
            iptv: iptv::Book::new(carried),
            ..Self::default()
        };
        for one in carried {
            for play in &one.plays {
                book.plays.insert(
                    play.id.clone(),
                    Written {
                        play: Arc::new(play.clone()),
                        at_mono_ms: 0,
                        missing_since_mono_ms: None,
                    },
                );
            }
            let on_disk = OnDisk {
                counters: Arc::new(one.counters.clone()),
                sums: (one.estimated_bytes, one.transmitted_bytes.clone()),
                ..OnDisk::default()
            };
            book.servers.insert(one.source.clone(), on_disk);
        }
        book
    }

    /// Plays that run, as they are on disk.
    pub(super) fn open_count(&self) -> usize {
        self.plays.len()
    }

    /// Runs and viewings that are not over, as they are on disk.
    pub(super) fn open_iptv_counts(&self) -> (usize, usize) {
        self.iptv.open_counts()
    }

    /// Plays, runs and viewings that ended and are not on disk yet.
    pub(super) fn waiting(&self) -> usize {
        self.ended.len() + self.iptv.waiting()
    }

    /// Whether one transaction takes all that waits.
    pub(super) fn fits(&self, limit: usize) -> bool {
        self.ended.len() <= limit && self.iptv.waiting() <= iptv::ENDED_BATCH
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        match ended {
            Ended::Play(play) => self.ended.push_back(play),
            Ended::Run(run) => self.iptv.run_ended(run),
            Ended::Viewing(viewing) => self.iptv.viewing_ended(viewing),
        }
    }

    /// Whether something is worth a write at once.
    pub(super) fn is_urgent(&self, snapshot: &Snapshot) -> bool {
        !self.ended.is_empty()
            || self.iptv.is_urgent(snapshot)
            || snapshot
                .plays()
                .any(|p| self.plays.get(&p.id).is_none_or(|w| is_notable(&w.play, p)))
    }

    /// What is to be written now. `limit`: the most ended plays of one transaction.
    pub(super) fn plan(&mut self, snapshot: &Arc<Snapshot>, mono_ms: u64, limit: usize) -> Save {
        let mut save = Save {
            snapshot: snapshot.clone(),
            closed: self.ended.iter().take(limit).cloned().collect(),
            iptv: self.iptv.plan(snapshot, mono_ms),
            ..Save::default()
        };
        for play in snapshot.plays() {
            let is_due = self.plays.get(&play.id).is_none_or(|w| {
                let old = mono_ms.saturating_sub(w.at_mono_ms) >= REFRESH_AFTER_MS;
                is_notable(&w.play, play) || (old && !Arc::ptr_eq(&w.play, play))
            });
            if is_due {
                save.open.push(play.clone());
            }
        }
        self.plan_missing(snapshot, mono_ms, &mut save);
        for server in &snapshot.servers {
            self.plan_server(server, &mut save);
        }
        save
    }

    /// Plays on disk that nobody knows any more.
    fn plan_missing(&mut self, snapshot: &Snapshot, mono_ms: u64, save: &mut Save) {
        let ended = &self.ended;
        for (id, written) in &mut self.plays {
            let server = snapshot.server(&written.play.source);
            let is_known = server.is_some_and(|s| s.plays.iter().any(|p| p.id == *id))
                || ended.iter().any(|p| p.id == *id);
            if is_known {
                written.missing_since_mono_ms = None;
                continue;
            }
            let since = *written.missing_since_mono_ms.get_or_insert(mono_ms);
            let patience_ms = if server.is_some() {
                MISSING_AFTER_MS
            } else {
                ABSENT_AFTER_MS
            };
            if mono_ms.saturating_sub(since) >= patience_ms {
                save.closed.push(written.play.clone());
            }
        }
    }

    fn plan_server(&self, server: &Arc<ServerSnapshot>, save: &mut Save) {
        let nothing = OnDisk::default();
        let on_disk = self.servers.get(&server.id).unwrap_or(&nothing);
        if !Arc::ptr_eq(&on_disk.counters, &server.counters) {
            let changed = server
                .counters
                .iter()
                .filter(|(key, counters)| on_disk.counters.get(*key) != Some(*counters));
            save.counters
                .extend(changed.map(|(key, counters)| (server.id.clone(), key.clone(), *counters)));
        }
        let seen = match (on_disk.seen_ms, seen_ms(server)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(was), Some(is)) => (is - was).abs() >= SEEN_AFTER_MS,
        };
        let news = ServerNews {
            server: server.clone(),
            sums: (server.estimated_bytes, &server.transmitted_bytes) != (on_disk.sums.0, &on_disk.sums.1),
            identity: server.info.is_some() && server.info != on_disk.info,
            libraries: server.libraries.is_some() && server.libraries != on_disk.libraries,
        };
        if news.sums || news.identity || news.libraries || seen {
            save.servers.push(news);
        }
    }

    /// The save is on disk.
    pub(super) fn committed(&mut self, save: &Save, mono_ms: u64) {
        self.iptv.committed(&save.iptv, &save.snapshot, mono_ms);
        for play in &save.open {
            self.plays.insert(
                play.id.clone(),
                Written {
                    play: play.clone(),
                    at_mono_ms: mono_ms,
                    missing_since_mono_ms: None,
                },
            );
        }
        for play in &save.closed {
            self.plays.remove(&play.id);
            if self.ended.front().is_some_and(|front| front.id == play.id) {
                self.ended.pop_front();
            }
        }
        for (source, ..) in &save.counters {
            if let Some(server) = save.snapshot.server(source) {
                let on_disk = self.servers.entry(source.clone()).or_default();
                on_disk.counters = server.counters.clone();
            }
        }
        for ServerNews { server, .. } in &save.servers {
            let on_disk = self.servers.entry(server.id.clone()).or_default();
            on_disk.sums = (server.estimated_bytes, server.transmitted_bytes.clone());
            on_disk.info.clone_from(&server.info);
            on_disk.libraries.clone_from(&server.libraries);
            on_disk.seen_ms = seen_ms(server);
        }
    }
}

/// When the server was last known to be watched, milliseconds since 1970.
pub(super) fn seen_ms(server: &ServerSnapshot) -> Option<i64> {
    server.last_success_at.map(Timestamp::as_millisecond)
}

/// Whether more than progress changed.
fn is_notable(old: &Play, new: &Play) -> bool {
    let (was, is) = (&old.session, &new.session);
    old.counted != new.counted
        || old.segments.len() != new.segments.len()
        || was.state != is.state
        || was.delivery.decision != is.delivery.decision
        || was.user != is.user
        || (!Arc::ptr_eq(&was.item, &is.item) && was.item != is.item)
}
