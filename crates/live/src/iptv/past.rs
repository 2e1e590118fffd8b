//! What was last told of runs and viewings that are closed: they may be seen again, and what was counted of them is not
//! counted twice. A channel may be missing from one look, a manager away for long, or its worker replaced.

use std::collections::BTreeMap;

use model::iptv::{FeedKind, Viewer};
use model::{FeedKey, RunId, Text, Timestamp};

use super::Seen;
use super::rules::{self, Age, Follow};
use crate::look::Moment;

/// Closed runs remembered. Beyond it the quarter that was closed first is forgotten: what of it is seen again counts
/// anew.
const RUNS_MAX: usize = 2_000;

/// Closed viewings remembered, by the same rule.
const VIEWS_MAX: usize = 20_000;

/// How long after it was closed something may be seen again and still be known. Later it counts anew. A look after a
/// longer silence of the manager still finds what that silence closed.
const KEPT_MS: u64 = 24 * 3_600_000;

/// A run that is closed.
#[derive(Clone, Debug)]
pub(super) struct PastRun {
    pub(super) run: RunId,
    pub(super) kind: FeedKind,
    pub(super) age: Age,
    /// When its uptime was told.
    pub(super) age_told: Seen,
    /// How long it had run, as told, when it was last seen.
    pub(super) ran_ms: Option<u64>,
    pub(super) received: Follow,
    pub(super) sent: Follow,
    pub(super) closed: Seen,
}

/// How a feed that is seen for the first time stands to the closed run under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kin {
    /// The same, which is seen again.
    Same,
    /// Another start, and the manager goes on counting where it was: another worker took it over.
    TakenOver,
    Other,
}

impl PastRun {
    pub(super) fn kin(&self, kind: FeedKind, age: Age, told_bytes: Option<u64>, now: Moment) -> Kin {
        if self.kind != kind {
            return Kin::Other;
        }
        if rules::continues(self.age, age, self.age_told.elapsed_ms(now)) {
            return Kin::Same;
        }
        let younger = rules::told_age_ms(age, now.at)
            .zip(self.ran_ms)
            .is_some_and(|(is_ms, was_ms)| is_ms < was_ms);
        let goes_on = told_bytes
            .zip(self.received.last().or(self.sent.last()))
            .is_some_and(|(is, was)| is >= was && was > 0);
        // One begun anew that is younger than the old one became has not received more than it.
        if younger && goes_on {
            Kin::TakenOver
        } else {
            Kin::Other
        }
    }
}

/// A viewing that is closed.
#[derive(Clone, Debug)]
pub(super) struct PastView {
    pub(super) run: RunId,
    pub(super) kind: FeedKind,
    pub(super) connected_at: Option<Timestamp>,
    pub(super) sent: Follow,
    pub(super) closed: Seen,
}

impl PastView {
    /// Whether a viewer of the same name at the same feed is this one. `same_run`: its run, or what goes on with it.
    /// Managers give a connection a name of its own, so where no start is told the name says it.
    pub(super) fn is(&self, kind: FeedKind, viewer: &Viewer, same_run: bool) -> bool {
        let same = match (self.connected_at, viewer.connected_at) {
            (Some(was), Some(is)) => rules::same_start(was, is),
            _ => same_run,
        };
        self.kind == kind && same
    }
}

/// All that is closed and may come back.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    runs: BTreeMap<FeedKey, PastRun>,
    views: BTreeMap<(FeedKey, Text), PastView>,
}

impl Past {
    pub(super) fn keep_run(&mut self, key: FeedKey, run: PastRun) {
        self.runs.insert(key, run);
    }

    pub(super) fn keep_view(&mut self, feed: FeedKey, client_id: Text, view: PastView) {
        self.views.insert((feed, client_id), view);
    }

    pub(super) fn take_run(&mut self, key: &FeedKey) -> Option<PastRun> {
        self.runs.remove(key)
    }

    pub(super) fn take_view(&mut self, feed: &FeedKey, client_id: &Text) -> Option<PastView> {
        if self.views.is_empty() {
            return None;
        }
        self.views.remove(&(feed.clone(), client_id.clone()))
    }

    /// Forgets what is too old or too much, once a whole look has been applied.
    pub(super) fn settle(&mut self, now: Moment) {
        forget(&mut self.runs, RUNS_MAX, now, |run| run.closed);
        forget(&mut self.views, VIEWS_MAX, now, |view| view.closed);
    }
}

fn forget<K: Ord, V>(kept: &mut BTreeMap<K, V>, max: usize, now: Moment, closed: impl Fn(&V) -> Seen) {
    let ago = |v: &V| closed(v).elapsed_ms(now);
    kept.retain(|_, v| ago(v) <= KEPT_MS);
    if kept.len() > max {
        let mut all: Vec<u64> = kept.values().map(ago).collect();
        all.sort_unstable();
        let longest = all[max - max / 4];
        kept.retain(|_, v| ago(v) < longest);
        // Many may have been closed at one moment.
        while kept.len() > max && kept.pop_first().is_some() {}
    }
}
