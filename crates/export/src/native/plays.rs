//! Counters of plays and bytes. They go on after a session ends, so that `increase()` over them is true.

use std::collections::BTreeMap;

use model::{Availability, CounterKey, Counters, Feature, Network};

use super::{LIVE, decision, has_plays};
use crate::catalogue::{Collect, Family, Samples};
use crate::mask::{Masked, Masker};
use crate::text::{Value, label_set};
use crate::view::View;

pub(crate) const FAMILIES: &[Family] = &[
    Family::counter(
        "media_plays_total",
        "Plays begun. Trailers and other extras are not plays.",
        Collect::Plays(|c| Value::Int(c.plays)),
    ),
    Family::counter(
        "media_play_seconds_total",
        "Wall-clock time spent playing, while the server was known to be up.",
        Collect::Plays(|c| Value::Millis(c.played_ms)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_paused_seconds_total",
        "Wall-clock time spent paused.",
        Collect::Plays(|c| Value::Millis(c.paused_ms)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_buffering_seconds_total",
        "Wall-clock time viewers waited for data.",
        Collect::Plays(|c| Value::Millis(c.buffering_ms)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_transmit_bytes_total",
        "Bytes the server says it sent, since we began to watch. Absent if not told (Plex: needs Plex Pass).",
        Collect::Custom(label_set!["server", "network"], transmitted),
    )
    .unit_is("bytes"),
    Family::counter(
        "media_estimated_transmit_bytes_total",
        "Delivered bit rate times play time of all sessions, since we began to watch: an estimate.",
        Collect::Server(|s| has_plays(s).then_some(Value::Int(s.estimated_bytes))),
    )
    .unit_is("bytes"),
];

/// What was counted under one set of label values.
#[derive(Debug)]
pub(crate) struct Total<'a> {
    server: &'a str,
    key: Key<'a>,
    pub(crate) counters: Counters,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    library_id: &'a str,
    library: &'a str,
    user: Masked<'a>,
    media_type: &'static str,
    decision: &'static str,
}

impl Total<'_> {
    pub(crate) fn labels(&self) -> [&str; 6] {
        let k = &self.key;
        [
            self.server,
            k.library_id,
            k.library,
            k.user.as_str(),
            k.media_type,
            k.decision,
        ]
    }
}

/// The counters of all servers by label values. Keys that differ in nothing a label shows (dropped users, a library
/// whose kind was learnt late) are summed, so that no series appears twice.
pub(crate) fn totals<'a>(view: &View<'a>) -> Vec<Total<'a>> {
    let mut all = Vec::new();
    for server in &view.servers {
        let counters = server.snapshot.counters.iter();
        let mut keyed: Vec<_> = counters
            .map(|(key, counters)| (project(key, view.mask), *counters))
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let first = all.len();
        for (key, counters) in keyed {
            match all[first..].last_mut() {
                Some(Total {
                    key: last,
                    counters: sum,
                    ..
                }) if *last == key => add(sum, counters),
                _ => all.push(Total {
                    server: server.id,
                    key,
                    counters,
                }),
            }
        }
    }
    all
}

fn project(key: &CounterKey, mask: Masker) -> Key<'_> {
    Key {
        library_id: key.library.as_ref().map_or("", |l| l.id.as_str()),
        library: key.library.as_ref().map_or("", |l| &l.title),
        user: mask.user(super::text(key.user.as_ref())),
        media_type: if key.live { LIVE } else { key.media.as_str() },
        decision: decision(key.decision),
    }
}

fn add(sum: &mut Counters, more: Counters) {
    sum.plays += more.plays;
    sum.played_ms += more.played_ms;
    sum.paused_ms += more.paused_ms;
    sum.buffering_ms += more.buffering_ms;
}

fn transmitted(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let told = server.snapshot.transmitted_bytes.as_ref();
        let available = server.snapshot.features.get(&Feature::Bandwidth) == Some(&Availability::Available);
        if told.is_none() && !available {
            continue;
        }
        // Both from 0 on, since `increase()` does not see what a series had when it first appeared.
        let mut bytes = BTreeMap::from([(Network::Lan, 0), (Network::Wan, 0)]);
        bytes.extend(
            told.into_iter()
                .flatten()
                .map(|(network, bytes)| (*network, *bytes)),
        );
        for (network, bytes) in bytes {
            samples(&[server.id, network.as_str()], Value::Int(bytes));
        }
    }
}
