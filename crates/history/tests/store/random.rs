//! Random lives of a store against a slow list of what it should hold.

use std::sync::Arc;

use history::rules::{Earlier, group_of};
use history::{History, PrunePolicy, Settings};
use model::{Origin, Record, RecordItem, RecordKind, SourceId};
use proptest::prelude::*;

use crate::build::{START_MS, item, record};
use crate::conformance::{add, assert_sound, groups, sqlite};

#[derive(Clone, Debug)]
enum Step {
    /// All in one change.
    Add(Vec<Record>),
    Reopen,
    /// Forgets what ended more than so many hours after the beginning of time.
    Prune(i64),
}

fn play_item() -> impl Strategy<Value = RecordItem> {
    let duration = prop_oneof![Just(None), Just(Some(0)), Just(Some(1_000_000))];
    (0..4_i64, any::<bool>(), 0..3_u8, duration, any::<bool>()).prop_map(
        |(key, live, guid, duration_ms, marked)| RecordItem {
            kind: [RecordKind::Movie, RecordKind::Episode, RecordKind::Track]
                [usize::try_from(key % 3).unwrap()],
            live: live && key == 3,
            rating_key: (key != 2).then_some(key),
            guid: (guid > 0).then(|| format!("g{guid}").into()),
            duration_ms,
            marker_credits_first_ms: marked.then_some(700_000),
            ..item(key)
        },
    )
}

/// Where a play comes from: recorded, or row (id, group) of a Tautulli.
fn source() -> impl Strategy<Value = (Origin, Option<(i64, i64)>)> {
    prop_oneof![
        3 => Just((Origin::Recorded, None)),
        1 => Just((Origin::PlexHistory, None)),
        3 => (1..60_i64, 0..3_i64, 0..8_i64).prop_map(|(id, kind, back)| {
            let group = if kind == 0 { id } else { (id - back).max(1) };
            (Origin::Tautulli, Some((id, group)))
        }),
    ]
}

fn play() -> impl Strategy<Value = Record> {
    let who = prop_oneof![Just(None), (7..9_i64).prop_map(Some)];
    let times = (
        0..200_i64,
        prop_oneof![Just(None), (-600..90_000_i64).prop_map(Some)],
    );
    let offset = prop_oneof![Just(None), (0..12_i64).prop_map(|o| Some(o * 100_000))];
    (play_item(), source(), who, times, offset, any::<bool>(), 0..40_u8).prop_map(
        |(item, (origin, wanted_id), user_id, (start_h, length_s), view_offset_ms, attic, key)| {
            let started_ms = START_MS + start_h * 3_600_000 + 999;
            Record {
                item: Arc::new(item),
                origin,
                wanted_id,
                origin_key: wanted_id
                    .map_or_else(|| format!("k{key}"), |(id, _)| id.to_string())
                    .into(),
                user_id,
                started_ms,
                stopped_ms: length_s.map(|s| started_ms + s * 1000),
                view_offset_ms,
                server: SourceId::from(if attic { "attic" } else { "cellar" }),
                ..record(0)
            }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec(play(), 1..12).prop_map(Step::Add),
        1 => Just(Step::Reopen),
        1 => (0..220_i64).prop_map(Step::Prune),
    ]
}

/// A play as the list has it.
struct Kept {
    id: u32,
    group: u32,
    /// The group its origin names, if no play of that key led to it.
    origin_group: Option<i64>,
    record: Record,
}

/// Does everything by looking at all plays.
#[derive(Default)]
struct Slow {
    plays: Vec<Kept>,
    last_id: u32,
}

impl Slow {
    fn add(&mut self, r: &Record) {
        let same_origin = |k: &&Kept| k.record.server == r.server && k.record.origin == r.origin;
        if self
            .plays
            .iter()
            .filter(same_origin)
            .any(|k| k.record.origin_key == r.origin_key)
        {
            return;
        }
        let wanted = r.wanted_id.map(|(id, _)| u32::try_from(id).unwrap());
        let is_granted = wanted.is_some_and(|id| id > self.last_id);
        let id = if is_granted {
            wanted.unwrap()
        } else {
            self.last_id + 1
        };
        let (group, origin_group) = match r.wanted_id {
            None => (self.by_rule(r).unwrap_or(id), None),
            Some((own, group)) if own == group => (id, None),
            Some((_, group)) => {
                let mine = |k: &&Kept| same_origin(k) && k.record.user_id == r.user_id;
                let mut theirs = self.plays.iter().filter(mine);
                if let Some(first) = theirs
                    .clone()
                    .find(|k| *k.record.origin_key == *group.to_string())
                {
                    (first.group, None)
                } else if let Some(other) = theirs.find(|k| k.origin_group == Some(group)) {
                    (other.group, Some(group))
                } else {
                    let literal = u32::try_from(group).unwrap();
                    let is_taken = self.plays.iter().any(|k| k.id == literal || k.group == literal);
                    let fits = is_granted && literal < id && !is_taken;
                    (if fits { literal } else { id }, Some(group))
                }
            }
        };
        self.last_id = id;
        self.plays.push(Kept {
            id,
            group,
            origin_group,
            record: r.clone(),
        });
    }

    fn by_rule(&self, r: &Record) -> Option<u32> {
        let user = r.user_id?;
        let rating_key = if r.item.live {
            None
        } else {
            Some(r.item.rating_key?)
        };
        let before = self.plays.iter().rev().find(|k| {
            k.record.user_id == Some(user)
                && k.record.server == r.server
                && (rating_key.is_none() || k.record.item.rating_key == rating_key)
        })?;
        let b = &before.record;
        let earlier = Earlier {
            group_id: before.group.into(),
            view_offset_ms: b.view_offset_ms,
            watched: Settings::default().watched.is_watched(
                b.item.kind,
                b.view_offset_ms,
                b.item.duration_ms,
                b.item.marker_credits_first_ms,
                b.item.marker_credits_final_ms,
            ),
            guid: b.item.guid.as_deref(),
            started_s: b.started_ms.div_euclid(1000),
        };
        let now_s = r.stopped_ms.unwrap_or(r.started_ms).div_euclid(1000);
        let group = group_of(
            r.item.live,
            r.item.guid.as_deref(),
            r.view_offset_ms,
            now_s,
            Some(&earlier),
        );
        group.map(|g| u32::try_from(g).unwrap())
    }

    fn prune(&mut self, before_ms: i64) {
        self.plays
            .retain(|k| k.record.stopped_ms.unwrap_or(k.record.started_ms) >= before_ms);
    }
}

fn check(history: &History, slow: &Slow) {
    let expected: Vec<_> = slow.plays.iter().map(|k| (k.id, k.group)).collect();
    assert_eq!(groups(history), expected);
    for group in &expected {
        let mut users = slow
            .plays
            .iter()
            .filter(|k| k.group == group.1)
            .map(|k| k.record.user_id);
        let first = users.next();
        assert!(
            users.all(|user| Some(user) == first),
            "group {} holds two accounts",
            group.1
        );
    }
    let ids: Vec<_> = slow.plays.iter().map(|k| k.id).collect();
    let stored = history.read(|v| v.stored(&ids)).unwrap();
    for (stored, kept) in stored.iter().zip(&slow.plays) {
        let expected = Record {
            wanted_id: None,
            ..kept.record.clone()
        };
        assert_eq!(stored.record, expected);
    }
    assert_sound(history);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_holds_what_a_slow_list_holds(steps in prop::collection::vec(step(), 1..14)) {
        let dir = tempfile::tempdir().unwrap();
        let mut history = sqlite(dir.path());
        let mut slow = Slow::default();
        for step in steps {
            match step {
                Step::Add(plays) => {
                    for play in &plays {
                        slow.add(play);
                    }
                    add(&history, plays);
                }
                Step::Reopen => {
                    drop(history);
                    history = sqlite(dir.path());
                }
                Step::Prune(hours) => {
                    let now_s = START_MS / 1000 + hours * 3600;
                    let policy = PrunePolicy { now_s, keep_days: Some(0), ..PrunePolicy::default() };
                    history.prune(policy).wait().unwrap();
                    slow.prune(now_s * 1000);
                }
            }
            check(&history, &slow);
        }
    }
}
