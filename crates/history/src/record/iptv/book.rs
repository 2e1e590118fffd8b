//! What is to be written of runs and viewings, decided without a store.
//!
//! As for plays: what began, ended or changed its shape is worth a write at once and is written whole; mere progress
//! waits, and is then one small change of the row. Provider counters and what their runs had received when they were
//! counted are written in one transaction: a start goes on counting from there, so a byte is never counted twice.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use model::iptv::{FeedRun, FeedSegment, Iptv, ProfileId, ProviderCounters, ViewCounters, ViewKey, Viewing};
use model::{Carried, RunId, ServerSnapshot, Snapshot, SourceId, ViewingId};

use super::super::save::{ABSENT_AFTER_MS, MISSING_AFTER_MS, REFRESH_AFTER_MS};

/// Ended runs and viewings of one transaction, told or lost; further ones have the next one. Each is a row or two: a
/// manager that restarts ends thousands at once.
pub(in crate::record) const ENDED_BATCH: usize = 2_000;

/// One transaction's worth.
#[derive(Clone, Debug, Default)]
pub(in crate::record) struct Save {
    pub(super) runs: Vec<RunNews>,
    pub(super) viewings: Vec<ViewingNews>,
    pub(super) closed_runs: Vec<Arc<FeedRun>>,
    pub(super) closed_viewings: Vec<Arc<Viewing>>,
    pub(super) providers: Vec<(SourceId, ProfileId, ProviderCounters)>,
    pub(super) views: Vec<(SourceId, ViewKey, ViewCounters)>,
    /// So many of what was told to have ended are in it, oldest first.
    pub(super) taken: usize,
}

#[derive(Clone, Debug)]
pub(super) struct RunNews {
    pub(super) run: Arc<FeedRun>,
    /// More than progress: the whole row.
    pub(super) whole: bool,
    /// Segments before this one are on disk as they are.
    pub(super) segments_from: usize,
}

#[derive(Clone, Debug)]
pub(super) struct ViewingNews {
    pub(super) viewing: Arc<Viewing>,
    pub(super) whole: bool,
}

impl Save {
    pub(in crate::record) fn is_empty(&self) -> bool {
        self.runs.is_empty()
            && self.viewings.is_empty()
            && self.closed_runs.is_empty()
            && self.closed_viewings.is_empty()
            && self.providers.is_empty()
            && self.views.is_empty()
    }
}

/// What is on disk, and what waits.
#[derive(Debug, Default)]
pub(in crate::record) struct Book {
    runs: Shelf<RunId, FeedRun>,
    viewings: Shelf<ViewingId, Viewing>,
    servers: HashMap<SourceId, Arc<Iptv>>,
    /// Ended, oldest first, not on disk yet.
    ended: VecDeque<Over>,
    /// Counts plans: tells what the newest snapshot shows.
    plan: u64,
}

#[derive(Clone, Debug)]
enum Over {
    Run(Arc<FeedRun>),
    Viewing(Arc<Viewing>),
}

/// What is open, as it is on disk.
#[derive(Debug)]
struct Shelf<K, T>(HashMap<K, Written<T>>);

#[derive(Debug)]
struct Written<T> {
    what: Arc<T>,
    at_mono_ms: u64,
    /// The last plan whose snapshot showed it.
    shown: u64,
    missing_since_mono_ms: Option<u64>,
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// What is due of something that is open.
enum Due {
    Nothing,
    Progress,
    Whole,
}

impl<K: Hash + Eq, T> Shelf<K, T> {
    fn put(&mut self, id: K, what: Arc<T>, at_mono_ms: u64) {
        let written = Written {
            what,
            at_mono_ms,
            shown: 0,
            missing_since_mono_ms: None,
        };
        self.0.insert(id, written);
    }

    /// Notes that it is shown, and tells what of it is due.
    fn look(&mut self, id: &K, now: &Arc<T>, mono_ms: u64, plan: u64, notable: fn(&T, &T) -> bool) -> Due {
        let Some(written) = self.0.get_mut(id) else {
            return Due::Whole;
        };
        (written.shown, written.missing_since_mono_ms) = (plan, None);
        let is_old = mono_ms.saturating_sub(written.at_mono_ms) >= REFRESH_AFTER_MS;
        if Arc::ptr_eq(&written.what, now) {
            Due::Nothing
        } else if notable(&written.what, now) {
            Due::Whole
        } else if is_old {
            Due::Progress
        } else {
            Due::Nothing
        }
    }

    /// What nobody has known for long enough, `room` at most.
    fn missing(
        &mut self,
        plan: u64,
        mono_ms: u64,
        room: usize,
        is_ended: impl Fn(&K) -> bool,
        is_watched: impl Fn(&T) -> bool,
    ) -> Vec<Arc<T>> {
        let mut missing = Vec::new();
        for (id, written) in &mut self.0 {
            if written.shown == plan || is_ended(id) {
                continue;
            }
            let since = *written.missing_since_mono_ms.get_or_insert(mono_ms);
            let patience_ms = if is_watched(&written.what) {
                MISSING_AFTER_MS
            } else {
                ABSENT_AFTER_MS
            };
            if mono_ms.saturating_sub(since) >= patience_ms && missing.len() < room {
                missing.push(written.what.clone());
            }
        }
        missing
    }
}

impl Book {
    pub(in crate::record) fn new(carried: &[Carried]) -> Self {
        let mut book = Self::default();
        for one in carried {
            let Some(iptv) = &one.iptv else { continue };
            for run in &iptv.runs {
                for viewing in &run.viewings {
                    book.viewings.put(viewing.id.clone(), viewing.clone(), 0);
                }
                book.runs.put(run.id.clone(), Arc::new(run.clone()), 0);
            }
            let on_disk = Iptv {
                providers: Arc::new(iptv.providers.clone()),
                views: Arc::new(iptv.views.clone()),
                ..Iptv::default()
            };
            book.servers.insert(one.source.clone(), Arc::new(on_disk));
        }
        book
    }

    /// Runs and viewings that are not over, as they are on disk.
    pub(in crate::record) fn open_counts(&self) -> (usize, usize) {
        (self.runs.0.len(), self.viewings.0.len())
    }

    /// Ended and not on disk yet.
    pub(in crate::record) fn waiting(&self) -> usize {
        self.ended.len()
    }

    pub(in crate::record) fn run_ended(&mut self, run: Arc<FeedRun>) {
        self.ended.push_back(Over::Run(run));
    }

    pub(in crate::record) fn viewing_ended(&mut self, viewing: Arc<Viewing>) {
        self.ended.push_back(Over::Viewing(viewing));
    }

    /// Whether something is worth a write at once.
    pub(in crate::record) fn is_urgent(&self, snapshot: &Snapshot) -> bool {
        !self.ended.is_empty() || managers(snapshot).any(|(id, iptv)| self.has_news(id, iptv))
    }

    fn has_news(&self, id: &SourceId, iptv: &Arc<Iptv>) -> bool {
        // All that was worth it was written with it.
        if self.servers.get(id).is_some_and(|was| Arc::ptr_eq(was, iptv)) {
            return false;
        }
        iptv.runs.iter().any(|run| {
            let known = self.runs.0.get(&run.id);
            known.is_none_or(|w| is_notable_run(&w.what, run))
                || run.viewings.iter().any(|viewing| {
                    let known = self.viewings.0.get(&viewing.id);
                    known.is_none_or(|w| is_notable_viewing(&w.what, viewing))
                })
        })
    }

    /// What is to be written now.
    pub(in crate::record) fn plan(&mut self, snapshot: &Snapshot, mono_ms: u64) -> Save {
        self.plan += 1;
        let mut save = Save::default();
        let (mut ended_runs, mut ended_viewings) = (HashSet::new(), HashSet::new());
        for (n, over) in self.ended.iter().enumerate() {
            let is_taken = n < ENDED_BATCH;
            save.taken += usize::from(is_taken);
            match over {
                Over::Run(run) => {
                    ended_runs.insert(run.id.clone());
                    save.closed_runs.extend(is_taken.then(|| run.clone()));
                }
                Over::Viewing(viewing) => {
                    ended_viewings.insert(viewing.id.clone());
                    save.closed_viewings.extend(is_taken.then(|| viewing.clone()));
                }
            }
        }
        for (id, iptv) in managers(snapshot) {
            let is_counted = self.plan_counters(id, iptv, &mut save);
            for run in iptv.runs.iter().filter(|run| !ended_runs.contains(&run.id)) {
                self.plan_run(run, is_counted, mono_ms, &mut save);
            }
            let viewings = iptv.runs.iter().flat_map(|run| &run.viewings);
            for viewing in viewings.filter(|v| !ended_viewings.contains(&v.id)) {
                self.plan_viewing(viewing, mono_ms, &mut save);
            }
        }
        let is_watched = |source: &SourceId| snapshot.server(source).is_some();
        let plan = self.plan;
        let room = ENDED_BATCH - save.taken;
        let runs = self.runs.missing(
            plan,
            mono_ms,
            room,
            |id| ended_runs.contains(id),
            |run| is_watched(&run.source),
        );
        let room = room - runs.len();
        save.closed_runs.extend(runs);
        save.closed_viewings.extend(self.viewings.missing(
            plan,
            mono_ms,
            room,
            |id| ended_viewings.contains(id),
            |viewing| is_watched(&viewing.source),
        ));
        save
    }

    /// `is_counted`: the counters of its manager are written.
    fn plan_run(&mut self, run: &Arc<FeedRun>, is_counted: bool, mono_ms: u64, save: &mut Save) {
        let due = self.runs.look(&run.id, run, mono_ms, self.plan, is_notable_run);
        let on_disk = self.runs.0.get(&run.id).map(|w| &*w.what);
        let has_grown = is_counted && on_disk.is_some_and(|was| received(was) != received(run));
        if matches!(due, Due::Nothing) && !has_grown {
            return;
        }
        save.runs.push(RunNews {
            run: run.clone(),
            whole: matches!(due, Due::Whole),
            segments_from: on_disk.map_or(0, |was| first_difference(&was.segments, &run.segments)),
        });
    }

    fn plan_viewing(&mut self, viewing: &Arc<Viewing>, mono_ms: u64, save: &mut Save) {
        let shelf = &mut self.viewings;
        let due = shelf.look(&viewing.id, viewing, mono_ms, self.plan, is_notable_viewing);
        if !matches!(due, Due::Nothing) {
            save.viewings.push(ViewingNews {
                viewing: viewing.clone(),
                whole: matches!(due, Due::Whole),
            });
        }
    }

    /// True if some of its logins are to be written.
    fn plan_counters(&self, id: &SourceId, iptv: &Iptv, save: &mut Save) -> bool {
        let before = save.providers.len();
        let was = self.servers.get(id);
        if was.is_none_or(|was| !Arc::ptr_eq(&was.providers, &iptv.providers)) {
            let is_new = |(key, sums): &(&ProfileId, &ProviderCounters)| {
                was.and_then(|was| was.providers.get(*key)) != Some(*sums)
            };
            let changed = iptv.providers.iter().filter(is_new);
            save.providers
                .extend(changed.map(|(key, sums)| (id.clone(), *key, *sums)));
        }
        if was.is_none_or(|was| !Arc::ptr_eq(&was.views, &iptv.views)) {
            let is_new = |(key, sums): &(&ViewKey, &ViewCounters)| {
                was.and_then(|was| was.views.get(*key)) != Some(*sums)
            };
            let changed = iptv.views.iter().filter(is_new);
            save.views
                .extend(changed.map(|(key, sums)| (id.clone(), key.clone(), *sums)));
        }
        save.providers.len() > before
    }

    /// The save, made from `snapshot`, is on disk.
    pub(in crate::record) fn committed(&mut self, save: &Save, snapshot: &Snapshot, mono_ms: u64) {
        for news in &save.runs {
            self.runs.put(news.run.id.clone(), news.run.clone(), mono_ms);
        }
        for news in &save.viewings {
            let viewing = &news.viewing;
            self.viewings.put(viewing.id.clone(), viewing.clone(), mono_ms);
        }
        for run in &save.closed_runs {
            self.runs.0.remove(&run.id);
        }
        for viewing in &save.closed_viewings {
            self.viewings.0.remove(&viewing.id);
        }
        self.ended.drain(..save.taken.min(self.ended.len()));
        for (id, iptv) in managers(snapshot) {
            self.servers.insert(id.clone(), iptv.clone());
        }
    }
}

/// All stream managers.
fn managers(snapshot: &Snapshot) -> impl Iterator<Item = (&SourceId, &Arc<Iptv>)> {
    let of = |server: &'_ Arc<ServerSnapshot>| server.iptv.is_some();
    let servers = snapshot.servers.iter().filter(move |server| of(server));
    servers.filter_map(|server| Some((&server.id, server.iptv.as_ref()?)))
}

/// What the counters of its login hold of a run: counted, and as last told.
fn received(run: &FeedRun) -> (Option<u64>, Option<u64>) {
    (run.totals.received_bytes, run.feed.received_bytes)
}

/// Whether more than progress changed.
fn is_notable_run(was: &FeedRun, is: &FeedRun) -> bool {
    let (old, new) = (&was.feed, &is.feed);
    was.segments.len() != is.segments.len()
        || was.started_at != is.started_at
        || old.state != new.state
        || old.profile != new.profile
        || (!Arc::ptr_eq(&old.channel, &new.channel) && old.channel != new.channel)
        || (!Arc::ptr_eq(&old.stream, &new.stream) && old.stream != new.stream)
}

/// The same of a viewing.
fn is_notable_viewing(was: &Viewing, is: &Viewing) -> bool {
    let (old, new) = (&was.viewer, &is.viewer);
    was.started_at != is.started_at
        || was.profile != is.profile
        || was.account != is.account
        || old.user_id != new.user_id
        || old.user != new.user
        || old.address != new.address
        || old.user_agent != new.user_agent
        || (!Arc::ptr_eq(&was.channel, &is.channel) && was.channel != is.channel)
}

fn first_difference(was: &[FeedSegment], is: &[FeedSegment]) -> usize {
    was.iter().zip(is).take_while(|(was, is)| was == is).count()
}
