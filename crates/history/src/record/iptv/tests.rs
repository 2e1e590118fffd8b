//! What is written of runs and viewings when, and what a start finds of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::iptv::{CarriedIptv, FeedRun, FeedState, ProfileId, Viewing};
use model::{Carried, Snapshot};
use proptest::prelude::*;

use super::super::save::{ABSENT_AFTER_MS, MISSING_AFTER_MS, REFRESH_AFTER_MS};
use super::super::{Policy, restore};
use super::book::ENDED_BATCH;
use super::build::{at, keep, run, segment, server, snapshot, text, viewing, watched, write, write_by};
use super::{Book, Save};
use crate::ask::iptv::{Filter, Paging, Run, runs, viewings};
use crate::{History, Settings};

const ALL: Paging = Paging {
    limit: 1_000,
    after: None,
};

fn open(dir: &Path) -> History {
    History::open(dir, Settings::default()).unwrap()
}

fn carried(history: &History) -> Option<CarriedIptv> {
    let restored = restore(history, &Policy::default(), |_| true).unwrap();
    restored.carried.into_iter().next().and_then(|c| c.iptv)
}

fn kept(history: &History) -> (Vec<Run>, Vec<crate::ask::iptv::Viewing>) {
    let filter = Filter::default();
    history
        .read(|v| Ok((runs(v, &filter, ALL)?.items, viewings(v, &filter, ALL)?.items)))
        .unwrap()
}

fn sound(history: &History) {
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
}

fn commit(book: &mut Book, snapshot: &Snapshot, mono_ms: u64) -> Save {
    let save = book.plan(snapshot, mono_ms);
    book.committed(&save, snapshot, mono_ms);
    save
}

fn one() -> FeedRun {
    let run = run(1, 0, 60_000);
    let viewing = viewing("c1", &run, 0, 60_000);
    watched(run, vec![viewing])
}

/// The same, seen later and with more of everything that only grows.
fn later(run: &FeedRun) -> FeedRun {
    let mut run = run.clone();
    run.seen_at = at(120_000);
    run.totals.active_ms += 1;
    let mut segments = run.segments.to_vec();
    segments.last_mut().unwrap().received_bytes += 1;
    run.segments = Arc::new(segments);
    let feed = Arc::make_mut(&mut run.feed);
    (feed.received_bytes, feed.uptime_ms) = (Some(100), Some(200));
    for viewing in &mut run.viewings {
        Arc::make_mut(viewing).seen_at = at(120_000);
        Arc::make_mut(viewing).sent_bytes = Some(300);
    }
    run
}

fn ended_run(mut run: FeedRun) -> FeedRun {
    run.ended_at = Some(run.seen_at);
    run
}

fn ended_viewing(mut viewing: Viewing) -> Viewing {
    viewing.ended_at = Some(viewing.seen_at);
    viewing
}

#[test]
fn what_begins_is_urgent_and_progress_is_small_and_waits() {
    let mut book = Book::default();
    let first = snapshot(server(vec![one()], 1));
    assert!(book.is_urgent(&first));
    let save = commit(&mut book, &first, 0);
    assert!(save.runs[0].whole && save.viewings[0].whole);
    assert_eq!((save.providers.len(), save.views.len()), (1, 2));
    assert_eq!(book.open_counts(), (1, 1));
    assert!(!book.is_urgent(&first) && book.plan(&first, 1_000).is_empty());

    let second = snapshot(server(vec![later(&one())], 1));
    assert!(!book.is_urgent(&second));
    assert!(
        book.plan(&second, REFRESH_AFTER_MS - 1).is_empty(),
        "not before its time"
    );
    let save = commit(&mut book, &second, REFRESH_AFTER_MS);
    assert!(!save.runs[0].whole && !save.viewings[0].whole);
    assert_eq!(save.runs[0].segments_from, 0);
    assert!(save.providers.is_empty() && save.views.is_empty());
    assert!(
        book.plan(&second, 10 * REFRESH_AFTER_MS).is_empty(),
        "nothing changed"
    );
}

#[test]
fn a_change_of_shape_is_urgent_and_written_whole() {
    type Change = fn(&mut FeedRun);
    let changes: [(Change, usize); 7] = [
        (
            |r| Arc::make_mut(&mut r.feed).state = Some(FeedState::Buffering),
            1,
        ),
        (|r| Arc::make_mut(&mut r.feed).profile = None, 1),
        (
            |r| Arc::make_mut(&mut Arc::make_mut(&mut r.feed).stream).index = Some(1),
            1,
        ),
        (
            |r| Arc::make_mut(&mut Arc::make_mut(&mut r.feed).channel).name = None,
            1,
        ),
        (|r| Arc::make_mut(&mut r.segments).push(segment(1, 2)), 1),
        (|r| Arc::make_mut(&mut r.viewings[0]).viewer.user = None, 0),
        (|r| r.viewings.push(Arc::new(viewing("c2", r, 0, 0))), 0),
    ];
    for (n, (change, whole_runs)) in changes.into_iter().enumerate() {
        let mut book = Book::default();
        let mut run = one();
        commit(&mut book, &snapshot(server(vec![run.clone()], 1)), 0);
        change(&mut run);
        let now = snapshot(server(vec![run], 1));
        assert!(book.is_urgent(&now), "{n}");
        let save = book.plan(&now, 1);
        let whole = save.runs.iter().filter(|news| news.whole).count();
        assert_eq!(whole, whole_runs, "{n}");
        assert_eq!(
            save.viewings.iter().filter(|news| news.whole).count(),
            1 - whole_runs,
            "{n}"
        );
    }
}

#[test]
fn what_got_lost_is_closed_after_a_while() {
    let carry = CarriedIptv {
        runs: vec![one()],
        ..CarriedIptv::default()
    };
    let carry = Carried {
        source: "attic".into(),
        plays: Vec::new(),
        counters: BTreeMap::new(),
        estimated_bytes: 0,
        transmitted_bytes: None,
        iptv: Some(carry),
    };
    for (nothing, patience_ms) in [
        (snapshot(server(Vec::new(), 0)), MISSING_AFTER_MS),
        (Arc::new(Snapshot::default()), ABSENT_AFTER_MS),
    ] {
        let mut book = Book::new(std::slice::from_ref(&carry));
        assert_eq!(book.open_counts(), (1, 1));
        let is_closed = |save: &Save| (save.closed_runs.len(), save.closed_viewings.len());
        assert_eq!(is_closed(&commit(&mut book, &nothing, 0)), (0, 0));
        let shown = snapshot(server(vec![one()], 0));
        commit(&mut book, &shown, 1);
        assert_eq!(
            is_closed(&commit(&mut book, &nothing, patience_ms)),
            (0, 0),
            "it came back"
        );
        assert_eq!(is_closed(&commit(&mut book, &nothing, 2 * patience_ms)), (1, 1));
        assert_eq!(book.open_counts(), (0, 0));
    }
}

#[test]
fn what_got_lost_waits_for_its_batch_too() {
    let many = i64::try_from(ENDED_BATCH).unwrap() + 5;
    let lost = |n: i64| {
        let run = run(n, 0, 1);
        let viewing = viewing(&format!("c{n}"), &run, 0, 1);
        watched(run, vec![viewing])
    };
    let mut book = Book::default();
    commit(&mut book, &snapshot(server((0..many).map(lost).collect(), 0)), 0);
    for n in 0..3 {
        book.run_ended(Arc::new(ended_run(run(n, 0, 1))));
    }
    let nothing = snapshot(server(Vec::new(), 0));
    let mut closed = vec![commit(&mut book, &nothing, 1).closed_runs.len()];
    while book.open_counts() != (0, 0) {
        let save = commit(&mut book, &nothing, 1 + MISSING_AFTER_MS);
        closed.push(save.closed_runs.len() + save.closed_viewings.len());
    }
    assert_eq!(closed, [3, ENDED_BATCH, ENDED_BATCH, 7]);
}

#[test]
fn counters_and_what_they_count_are_written_together() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let mut book = Book::default();
    let still = run(2, 0, 60_000);
    let now = snapshot(server(vec![one(), still.clone()], 1));
    write(&history, commit(&mut book, &now, 0));
    // Long before progress is due: bytes of the first run are counted.
    let then = snapshot(server(vec![later(&one()), still.clone()], 100));
    let save = commit(&mut book, &then, 1);
    let written: Vec<_> = save
        .runs
        .iter()
        .map(|news| (news.run.id.clone(), news.whole))
        .collect();
    assert_eq!(written, [(one().id, false)], "and not the one that got none");
    write(&history, save);
    // Killed now: what counting goes on from is what was counted.
    let back = carried(&history).unwrap();
    assert_eq!(back.providers[&ProfileId(1)].received_bytes, 101);
    assert_eq!(
        back.runs[0].feed.received_bytes,
        later(&one()).feed.received_bytes
    );
    assert_eq!(back.runs[0].segments, later(&one()).segments);
    assert_eq!(back.runs[1], still);
    sound(&history);
}

#[test]
fn viewings_of_who_is_left_out_are_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let policy = Policy {
        ignore_users: vec!["Ada".to_owned()],
        ..Policy::default()
    };
    let other = |name: Option<&str>| {
        let mut viewing = viewing("c2", &one(), 0, 60_000);
        viewing.viewer.user = name.map(Into::into);
        viewing
    };
    let both = |name| {
        let viewings = vec![viewing("c1", &one(), 0, 60_000), other(name)];
        snapshot(server(vec![watched(one(), viewings)], 1))
    };
    let users = |history: &History| {
        let (runs, viewings) = kept(history);
        assert_eq!(runs.len(), 1, "the run is");
        viewings.into_iter().map(|v| v.user).collect::<Vec<_>>()
    };
    let mut book = Book::default();
    let save = commit(&mut book, &both(None), 0);
    write_by(&history, save, policy.clone());
    assert_eq!(users(&history), [None], "who did not sign in is nobody");
    // Only now it turns out who that is.
    let save = commit(&mut book, &both(Some("ADA")), 1);
    write_by(&history, save, policy.clone());
    assert!(users(&history).is_empty());
    book.viewing_ended(Arc::new(ended_viewing(viewing("c1", &one(), 0, 60_000))));
    book.viewing_ended(Arc::new(ended_viewing(other(Some("bert")))));
    book.run_ended(Arc::new(ended_run(one())));
    let save = commit(&mut book, &snapshot(server(Vec::new(), 1)), 2);
    write_by(&history, save, policy);
    assert_eq!(users(&history), [text("bert")]);
    sound(&history);
}

#[test]
fn ends_wait_for_their_batch_and_are_not_opened_again() {
    let mut book = Book::default();
    let many = i64::try_from(ENDED_BATCH).unwrap() + 1;
    for n in 0..many {
        book.run_ended(Arc::new(ended_run(run(n, 0, 1))));
    }
    // The snapshot is older than the ends.
    let old = snapshot(server((0..many).map(|n| run(n, 0, 1)).collect(), 0));
    assert!(book.is_urgent(&old));
    let save = book.plan(&old, 0);
    assert_eq!((save.closed_runs.len(), save.runs.len()), (ENDED_BATCH, 0));
    assert_eq!(
        book.plan(&old, 0).closed_runs.len(),
        ENDED_BATCH,
        "nothing was committed"
    );
    book.committed(&save, &old, 0);
    assert_eq!(book.waiting(), 1);
    assert_eq!(
        commit(&mut book, &snapshot(server(Vec::new(), 0)), 0)
            .closed_runs
            .len(),
        1
    );
    assert_eq!(book.waiting(), 0);
}

#[test]
fn what_runs_is_given_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let mut book = Book::default();
    let mut first = one();
    Arc::make_mut(&mut first.segments).push(segment(30_000, 2));
    let now = snapshot(server(vec![first.clone()], 1));
    write(&history, commit(&mut book, &now, 0));
    let next = later(&first);
    let then = snapshot(server(vec![next.clone()], 2));
    let save = commit(&mut book, &then, REFRESH_AFTER_MS);
    assert_eq!(save.runs[0].segments_from, 1, "only the last one changed");
    write(&history, save);
    let expected = then.servers[0].iptv.clone().unwrap();
    let back = carried(&history).unwrap();
    assert_eq!(back.runs, [next]);
    assert_eq!(
        (&back.providers, &back.views),
        (&*expected.providers, &*expected.views)
    );
    sound(&history);
    let (runs, viewings) = kept(&history);
    assert_eq!((runs[0].stopped_ms, viewings[0].stopped_ms), (None, None));
    assert_eq!(runs[0].seen_ms, at(120_000).as_millisecond());
    assert_eq!(runs[0].segments[0].until_ms, at(30_000).as_millisecond());
    assert_eq!(runs[0].segments[1].until_ms, runs[0].seen_ms);
}

#[test]
fn an_end_told_twice_or_late_is_kept_once_and_what_is_seen_again_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let over = || {
        (
            vec![ended_run(one())],
            vec![ended_viewing(viewing("c1", &one(), 0, 60_000))],
        )
    };
    keep(&history, vec![one()], (Vec::new(), Vec::new()));
    for _ in 0..2 {
        keep(&history, Vec::new(), over());
        // An older look, whose save comes late.
        keep(&history, vec![one()], (Vec::new(), Vec::new()));
        let (runs, viewings) = kept(&history);
        assert_eq!((runs.len(), viewings.len()), (1, 1));
        let end = Some(at(60_000).as_millisecond());
        assert_eq!((runs[0].stopped_ms, viewings[0].stopped_ms), (end, end));
        assert!(carried(&history).unwrap().runs.is_empty());
        sound(&history);
    }
    keep(&history, vec![later(&one())], (Vec::new(), Vec::new()));
    let (runs, viewings) = kept(&history);
    assert_eq!((runs.len(), runs[0].stopped_ms), (1, None));
    assert_eq!((viewings.len(), viewings[0].stopped_ms), (1, None));
    assert_eq!(carried(&history).unwrap().runs, [later(&one())]);
    // A notification may tell an end that lies before the last look.
    let early = FeedRun {
        ended_at: Some(at(90_000)),
        ..later(&one())
    };
    keep(&history, Vec::new(), (vec![early], Vec::new()));
    assert_eq!(kept(&history).0[0].stopped_ms, Some(at(90_000).as_millisecond()));
    sound(&history);
}

#[test]
fn who_is_watched_no_longer_is_closed_where_it_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    keep(&history, vec![one()], (Vec::new(), Vec::new()));
    let restored = restore(&history, &Policy::default(), |id| id.as_str() == "cellar").unwrap();
    assert!(restored.carried.is_empty());
    let (runs, viewings) = kept(&history);
    let seen = Some(at(60_000).as_millisecond());
    assert_eq!((runs[0].stopped_ms, viewings[0].stopped_ms), (seen, seen));
    let back = carried(&history).unwrap();
    assert!(
        back.runs.is_empty() && !back.providers.is_empty(),
        "it may be watched again"
    );
    sound(&history);
}

#[test]
fn a_viewing_without_its_run_is_closed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    keep(&history, vec![one()], (vec![ended_run(one())], Vec::new()));
    assert_eq!(kept(&history).1[0].stopped_ms, None, "its end was not told");
    let back = carried(&history).unwrap();
    assert!(back.runs.is_empty());
    assert_eq!(kept(&history).1[0].stopped_ms, Some(at(60_000).as_millisecond()));
    sound(&history);
}

const DAY_MS: i64 = 86_400_000;

#[test]
fn what_is_old_is_forgotten_and_what_runs_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let run_of = |n: i64, day: i64| ended_run(run(n, day * DAY_MS, day * DAY_MS + 1_000));
    let old_viewing = |client: &str, run: &FeedRun, day: i64| {
        let mut viewing = ended_viewing(viewing(client, run, day * DAY_MS, day * DAY_MS + 1_000));
        viewing.viewer.user = text(client);
        viewing
    };
    let (old, new, running) = (run_of(1, 0), run_of(2, 9), run(3, 0, 1_000));
    let views = vec![old_viewing("ada", &old, 0), old_viewing("bert", &new, 9)];
    keep(&history, vec![running.clone()], (vec![old, new], views));
    let policy = crate::PrunePolicy {
        now_s: at(10 * DAY_MS).as_second(),
        keep_days: Some(5),
        ..crate::PrunePolicy::default()
    };
    let (verified, stats) = (history.verify().unwrap(), history.stats().unwrap());
    assert_eq!((verified.runs, verified.viewings), (3, 2));
    assert_eq!((stats.runs, stats.viewings), (3, 2));
    let report = history.prune(policy).wait().unwrap();
    assert_eq!((report.runs_removed, report.viewings_removed), (1, 1));
    let (runs, viewings) = kept(&history);
    let names: Vec<_> = runs.iter().filter_map(|r| r.channel.id).collect();
    assert_eq!((names, viewings[0].user.as_deref()), (vec![2, 3], Some("bert")));
    let count = |sql: &str| {
        let found = history.read(|v| Ok(v.conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()));
        found.unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM iptv_text WHERE text = 'ada'"), 0);
    assert_eq!(count("SELECT count(*) FROM iptv_channel"), 2);
    assert_eq!(count("SELECT count(*) FROM feed_segment"), 2);
    sound(&history);
    assert_eq!(history.prune(policy).wait().unwrap().runs_removed, 0);
    assert_eq!(carried(&history).unwrap().runs, [running]);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(i64),
    GoOn(i64),
    End(i64),
    Save,
    /// Everything that is not on disk is gone.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_i64).prop_map(Step::Begin),
        (0..4_i64).prop_map(Step::GoOn),
        (0..4_i64).prop_map(Step::End),
        Just(Step::Save),
        Just(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens in whatever order: what a save has written stands there, once, and nothing else.
    #[test]
    fn kills_lose_nothing_that_was_kept_and_double_nothing(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut history = open(dir.path());
        let mut book = Book::default();
        // By channel: what runs now. By id: last moment and end, as they must be on disk.
        let mut running: BTreeMap<i64, FeedRun> = BTreeMap::new();
        let mut on_disk: BTreeMap<String, (i64, Option<i64>)> = BTreeMap::new();
        let mut ended: Vec<FeedRun> = Vec::new();
        for (n, step) in (0_u32..).zip(&steps) {
            let now_ms = i64::from(n) * 10_000;
            match *step {
                Step::Begin(c) => {
                    running.entry(c).or_insert_with(|| {
                        let run = run(c, now_ms, now_ms);
                        let viewing = viewing(&format!("c{c}"), &run, now_ms, now_ms);
                        watched(run, vec![viewing])
                    });
                }
                Step::GoOn(c) => {
                    if let Some(run) = running.get_mut(&c) {
                        run.seen_at = at(now_ms);
                        Arc::make_mut(&mut run.viewings[0]).seen_at = at(now_ms);
                    }
                }
                Step::End(c) => {
                    if let Some(run) = running.remove(&c) {
                        book.viewing_ended(Arc::new(ended_viewing((*run.viewings[0]).clone())));
                        book.run_ended(Arc::new(ended_run(run.clone())));
                        ended.push(run);
                    }
                }
                Step::Save => {
                    let now = snapshot(server(running.values().cloned().collect(), u64::from(n)));
                    let mono_ms = u64::from(n) * REFRESH_AFTER_MS;
                    write(&history, commit(&mut book, &now, mono_ms));
                    for run in running.values() {
                        on_disk.insert(run.id.to_string(), (run.seen_at.as_millisecond(), None));
                    }
                    for run in ended.drain(..) {
                        let end = run.seen_at.as_millisecond();
                        on_disk.insert(run.id.to_string(), (end, Some(end)));
                    }
                }
                Step::Kill => {
                    drop(history);
                    history = open(dir.path());
                    let restored = restore(&history, &Policy::default(), |_| true).unwrap();
                    book = Book::new(&restored.carried);
                    ended.clear();
                    let open = restored.carried.iter().filter_map(|c| c.iptv.as_ref()).flat_map(|i| &i.runs);
                    running = open.map(|run| (run.feed.channel.id.unwrap(), run.clone())).collect();
                }
            }
            let (runs, viewings) = kept(&history);
            let found: BTreeMap<_, _> = runs.iter().map(|r| (r.id.to_string(), (r.seen_ms, r.stopped_ms))).collect();
            prop_assert_eq!(&found, &on_disk);
            prop_assert_eq!(runs.len(), on_disk.len());
            prop_assert_eq!(viewings.len(), on_disk.len());
            for viewing in &viewings {
                let of_run = on_disk[&viewing.run.to_string()];
                prop_assert_eq!((viewing.seen_ms, viewing.stopped_ms), of_run);
            }
        }
        sound(&history);
    }
}

#[test]
fn only_the_last_segments_are_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path());
    let mut book = Book::default();
    let mut run = one();
    write(
        &history,
        commit(&mut book, &snapshot(server(vec![run.clone()], 0)), 0),
    );
    for n in 1..4_u32 {
        let segments = Arc::make_mut(&mut run.segments);
        segments.last_mut().unwrap().buffering_ms = 50;
        segments.push(segment(i64::from(n) * 1_000, i64::from(n)));
        let save = commit(&mut book, &snapshot(server(vec![run.clone()], 0)), 0);
        assert_eq!(save.runs[0].segments_from + 1, n as usize);
        write(&history, save);
    }
    let profiles: Vec<_> = kept(&history).0[0]
        .segments
        .iter()
        .map(|s| (s.profile, s.buffering_ms))
        .collect();
    assert_eq!(
        profiles,
        [(Some(1), 50), (Some(1), 50), (Some(2), 50), (Some(3), 5)]
    );
    assert_eq!(carried(&history).unwrap().runs[0].segments, run.segments);
    assert_eq!(run.segments[3].profile, Some(ProfileId(3)));
}
