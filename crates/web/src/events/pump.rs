//! Writes each change once for all listeners.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{Event, Library, Play, PlayId, ServerSnapshot, SourceId};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::time::Instant;

use super::frames;
use crate::Context;

/// Mere progress goes out at most this often, what came in between in one piece; everything else goes out at once.
const PROGRESS_EVERY: Duration = Duration::from_millis(25);

/// A chunk is sent when it has grown to this, so that a burst does not become one huge piece of memory.
const CHUNK_BYTES: usize = 256 * 1024;

/// What listeners are handed. Clones share the bytes.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Changes(Bytes),
    /// We ourselves fell behind: tell the state anew.
    Missed,
}

pub(super) struct Pump {
    ctx: Arc<Context>,
    changes: broadcast::Receiver<Event>,
    frames: broadcast::Sender<Frame>,
    /// Written and not yet sent.
    out: Vec<u8>,
    /// Newest progress by server and session, not yet written.
    progress: BTreeMap<SourceId, BTreeMap<PlayId, Arc<Play>>>,
    progress_due: Instant,
    /// Libraries as last told, to know when they change.
    libraries: HashMap<SourceId, Arc<Vec<Library>>>,
}

impl Pump {
    /// Subscribes before it returns: whoever reads the state afterwards misses nothing.
    pub(super) fn new(ctx: Arc<Context>, frames: broadcast::Sender<Frame>) -> Self {
        let changes = ctx.live.subscribe();
        let snapshot = ctx.live.snapshot();
        Self {
            changes,
            frames,
            out: Vec::new(),
            progress: BTreeMap::new(),
            progress_due: Instant::now(),
            libraries: (snapshot.servers.iter())
                .filter_map(|s| Some((s.id.clone(), s.libraries.clone()?)))
                .collect(),
            ctx,
        }
    }

    /// Runs while somebody listens and the process is not stopping.
    pub(super) async fn run(mut self) {
        loop {
            let received = tokio::select! {
                biased;
                () = self.ctx.cancel.cancelled() => return,
                received = self.changes.recv() => received,
                () = tokio::time::sleep_until(self.progress_due), if self.owes_progress() => {
                    self.flush();
                    continue;
                }
            };
            if self.ctx.events.end_if_idle(&self.frames) {
                return;
            }
            match received {
                Ok(event) => self.take(event),
                Err(RecvError::Lagged(events)) => self.missed(events),
                Err(RecvError::Closed) => return,
            }
            self.take_waiting();
            if self.is_due() {
                self.flush();
            }
        }
    }

    /// Whatever else came at the same moment goes out in the same chunk.
    fn take_waiting(&mut self) {
        loop {
            match self.changes.try_recv() {
                Ok(event) => self.take(event),
                Err(TryRecvError::Lagged(events)) => self.missed(events),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn owes_progress(&self) -> bool {
        !self.progress.is_empty()
    }

    fn is_due(&self) -> bool {
        !self.out.is_empty() || (self.owes_progress() && Instant::now() >= self.progress_due)
    }

    fn take(&mut self, event: Event) {
        if let Event::PlayProgress(plays) = event {
            for play in plays.iter() {
                // Looked up first: the server is nearly always there, and then its id need not be copied.
                let of_server = match self.progress.get_mut(&play.source) {
                    Some(of_server) => of_server,
                    None => self.progress.entry(play.source.clone()).or_default(),
                };
                of_server.insert(play.id.clone(), play.clone());
            }
            return;
        }
        // The order of what concerns one session is kept.
        self.write_progress();
        let version = self.version();
        frames::push_change(&mut self.out, version, &event);
        if let Event::ServerChanged(server) = &event {
            self.libraries_of(server, version);
        }
        if self.out.len() >= CHUNK_BYTES {
            self.flush();
        }
    }

    fn libraries_of(&mut self, server: &ServerSnapshot, version: u64) {
        let Some(now) = &server.libraries else { return };
        let told = self.libraries.get(&server.id);
        if told.is_some_and(|told| Arc::ptr_eq(told, now) || told == now) {
            return;
        }
        self.libraries.insert(server.id.clone(), now.clone());
        frames::push_libraries(&mut self.out, version, server);
    }

    /// We missed changes: what was collected is no longer the whole story.
    fn missed(&mut self, events: u64) {
        self.out.clear();
        self.progress.clear();
        let listeners = self.frames.receiver_count() as u64;
        self.ctx.events.count_dropped(events * listeners);
        let _ = self.frames.send(Frame::Missed);
    }

    fn write_progress(&mut self) {
        if self.progress.is_empty() {
            return;
        }
        let version = self.version();
        for (server, plays) in std::mem::take(&mut self.progress) {
            frames::push_progress(&mut self.out, version, server.as_str(), plays.values());
        }
    }

    fn flush(&mut self) {
        self.write_progress();
        self.progress_due = Instant::now() + PROGRESS_EVERY;
        let bytes = Bytes::from(std::mem::take(&mut self.out));
        // Nobody listening any more is noticed at the next change.
        let _ = self.frames.send(Frame::Changes(bytes));
    }

    /// The version that holds everything received so far: a snapshot is published before its events.
    fn version(&self) -> u64 {
        self.ctx.live.snapshot().version
    }
}
