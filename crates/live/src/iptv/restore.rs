//! What an earlier process knew of a manager is taken up again.

use std::sync::Arc;

use model::iptv::{CarriedIptv, Iptv};
use model::{Event, ServerSnapshot};

use super::run::Track;
use super::{Known, Seen, Tracks};
use crate::look::Moment;
use crate::rules::CARRIED_FOR_MS;

impl Tracks {
    /// Takes up open runs, their viewings and the counters. The first good look tells what still runs.
    pub(crate) fn restore(&mut self, server: &mut ServerSnapshot, carried: CarriedIptv) {
        let mut runs: Vec<_> = carried.runs.into_iter().map(Track::carried).collect();
        runs.sort_by(|a, b| a.key().cmp(b.key()));
        runs.dedup_by(|later, first| later.key() == first.key());
        for viewing in runs.iter().flat_map(|t| &t.run().viewings) {
            self.clients.start(&viewing.viewer.client_id, viewing.started_at);
        }
        // What was open then was seen by the last look; what was not had not begun.
        let last_look = runs.iter().map(|t| t.run().seen_at).max();
        self.looked = last_look.map(|at| Seen { at, mono_ms: None });
        self.first = self.looked;
        self.runs = runs;
        server.iptv = Some(Arc::new(Iptv {
            inventory: server.iptv.as_ref().and_then(|i| i.inventory.clone()),
            runs: self.published(),
            providers: Arc::new(carried.providers),
            views: Arc::new(carried.views),
        }));
    }

    /// Ends runs of an earlier process that went unseen too long to be the same ones.
    pub(crate) fn end_forgotten(
        &mut self,
        server: &mut ServerSnapshot,
        moment: Moment,
        events: &mut Vec<Event>,
    ) {
        let is_forgotten = |track: &Track| {
            moment.at.as_millisecond() - track.run().seen_at.as_millisecond() > CARRIED_FOR_MS
        };
        if !self.runs.iter().any(is_forgotten) {
            return;
        }
        self.walk(server, moment, Known::default(), events, |old, look| {
            let (forgotten, kept): (Vec<_>, Vec<_>) = old.into_iter().partition(is_forgotten);
            for track in forgotten {
                track.end(look);
            }
            kept
        });
    }
}
