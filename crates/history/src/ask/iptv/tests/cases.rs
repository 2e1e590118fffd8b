//! Filters one by one, and what the tables are asked.

use super::super::provider::days_up_to;
use super::super::{By, Order, Paging, provider_days, providers, ranking, runs, users, viewers, viewings};
use super::*;

fn told(channel: usize, login: i64, who: usize) -> Told {
    Told {
        server: channel % 2,
        channel,
        from: 10 * i64::try_from(channel).unwrap(),
        to: 100,
        open: false,
        changes: Vec::new(),
        login,
        limit: Some(2),
        who,
    }
}

fn world() -> World {
    World {
        runs: vec![told(0, 1, 0), told(1, 2, 0), told(2, 3, 0), told(3, 1, 0)],
        viewings: vec![told(0, 1, 0), told(1, 2, 2), told(2, 3, 3), told(3, 1, 4)],
    }
}

fn with(change: impl FnOnce(&mut Filter)) -> Filter {
    let mut filter = Filter::default();
    change(&mut filter);
    filter
}

fn list(texts: &[&str]) -> Vec<Text> {
    texts.iter().map(|t| Text::from(*t)).collect()
}

/// Which runs pass, then which viewings, by their channel. Viewing n belongs to run n.
type Case = (Filter, &'static [usize], &'static [usize]);

fn filters() -> Vec<Case> {
    let q = |q: &str| with(|f| f.q = Some(q.into()));
    vec![
        (with(|_| ()), &[0, 1, 2, 3], &[0, 1, 2, 3]),
        (with(|f| f.servers = vec!["attic".into()]), &[0, 2], &[0, 2]),
        (with(|f| f.servers = vec!["nowhere".into()]), &[], &[]),
        (
            with(|f| f.kinds = vec![FeedKind::Live, FeedKind::Vod]),
            &[0, 1, 2],
            &[0, 1, 2],
        ),
        (
            with(|f| f.channels = list(&["uuid-2", "key-3"])),
            &[2, 3],
            &[2, 3],
        ),
        (with(|f| f.channels = list(&["nothing"])), &[], &[]),
        (with(|f| f.groups = list(&["Group"])), &[0, 1], &[0, 1]),
        (with(|f| f.accounts = list(&["two"])), &[1, 2], &[1, 2]),
        (with(|f| f.profiles = vec![1, 3]), &[0, 2, 3], &[0, 2, 3]),
        (
            with(|f| (f.profiles, f.accounts) = (vec![1], list(&["two"]))),
            &[],
            &[],
        ),
        (with(|f| f.users = list(&["ada", "Bo"])), &[0, 1], &[0, 1]),
        (with(|f| f.users = list(&["10.0.0.1"])), &[2], &[2]),
        (with(|f| f.users = list(&["client-0"])), &[3], &[3]),
        (q(""), &[0, 1, 2, 3], &[0, 1, 2, 3]),
        (q("nEWS"), &[0], &[0]),
        (q("102.5"), &[0], &[0]),
        (q("STREAM ä"), &[3], &[3]),
        (q("stream of 2"), &[1], &[]),
        (q("login 3"), &[2], &[]),
        (q("ONE"), &[0, 3], &[0, 3]),
        (q("bo"), &[], &[1]),
        (q("client-"), &[], &[0, 1, 2, 3]),
    ]
}

#[test]
fn every_filter_chooses() {
    let (_dir, history) = world().history();
    let page = Paging {
        limit: 100,
        after: None,
    };
    for (filter, run_channels, viewing_channels) in filters() {
        let place = |feed: &str| (0..CHANNELS).find(|n| feed.starts_with(key(*n)));
        let of = |feed: &Text| place(feed).unwrap_or(2);
        let mut got: Vec<_> = ask(&history, |v| runs(v, &filter, page))
            .items
            .iter()
            .map(|r| of(&r.feed))
            .collect();
        got.sort_unstable();
        assert_eq!(got, run_channels, "runs: {filter:?}");
        let found = ask(&history, |v| viewings(v, &filter, page)).items;
        let mut got: Vec<_> = found.iter().map(|r| of(&r.feed)).collect();
        got.sort_unstable();
        assert_eq!(got, viewing_channels, "viewings: {filter:?}");
        let views: u64 = ask(&history, |v| users(v, &filter)).iter().map(|u| u.views).sum();
        assert_eq!(views, viewing_channels.len() as u64, "users: {filter:?}");
        let fed: u64 = ask(&history, |v| providers(v, &filter, &zone()))
            .iter()
            .map(|p| p.runs)
            .sum();
        assert_eq!(fed, run_channels.len() as u64, "providers: {filter:?}");
    }
}

#[test]
fn a_provider_is_asked_for_segment_by_segment() {
    let mut run = told(0, 1, 0);
    run.changes = vec![(20, 2), (50, 1)];
    let world = World {
        runs: vec![run],
        viewings: Vec::new(),
    };
    let (_dir, history) = world.history();
    let of = |profiles: Vec<i64>| {
        let filter = Filter {
            profiles,
            ..Filter::default()
        };
        ask(&history, |v| provider_days(v, &filter, &zone()))
    };
    let one = &of(vec![1])[0];
    assert_eq!((one.peak, one.connection_ms, one.failovers), (1, 70 * 60_000, 1));
    assert_eq!((one.limit, one.at_limit_ms), (Some(2), Some(0)));
    let two = &of(vec![2])[0];
    assert_eq!(
        (two.connection_ms, two.failovers, two.account.as_deref()),
        (30 * 60_000, 1, Some("two"))
    );
    assert_eq!(of(Vec::new()).len(), 2);
}

fn runs_on_login_1(runs: &[(i64, i64, Option<u32>)]) -> (tempfile::TempDir, History) {
    let of = |(from, to, limit): &(i64, i64, Option<u32>)| Told {
        from: *from,
        to: *to,
        limit: *limit,
        ..told(0, 1, 0)
    };
    let world = World {
        runs: runs.iter().map(of).collect(),
        viewings: Vec::new(),
    };
    world.history()
}

const DAY: i64 = 1_440;

/// A subscription of 2 that became one of 4 at noon of the second day, and one without a limit on the third.
#[test]
fn a_day_has_the_limit_told_last_and_time_at_it_is_by_the_one_that_held() {
    let noon = DAY + 720;
    let (_dir, history) = runs_on_login_1(&[
        (0, 60, Some(2)),
        (DAY, DAY + 60, Some(2)),
        (DAY, DAY + 60, Some(2)),
        // Still told 2 when it began: two of four, not of two, from noon on.
        (noon - 10, noon + 60, Some(2)),
        (noon, noon + 60, Some(4)),
        (2 * DAY, 2 * DAY + 60, Some(0)),
    ]);
    let days = ask(&history, |v| provider_days(v, &Filter::default(), &zone()));
    let got: Vec<_> = days
        .iter()
        .map(|d| (d.peak, d.limit, d.at_limit_ms, d.reached_limit))
        .collect();
    let hour_ms = 60 * MINUTE_MS;
    let expected = [
        (1, Some(2), Some(0), false),
        (2, Some(4), Some(u64::try_from(hour_ms).unwrap()), true),
        (1, None, None, false),
    ];
    assert_eq!(got, expected);
    let totals = ask(&history, |v| providers(v, &Filter::default(), &zone()));
    assert_eq!(
        (totals[0].limit, totals[0].days_at_limit),
        (None, 1),
        "none is told now"
    );
    let until = filter((None, Some(2 * DAY)));
    let totals = ask(&history, |v| providers(v, &until, &zone()));
    assert_eq!((totals[0].limit, totals[0].days_at_limit), (Some(4), 1));
}

#[test]
fn what_was_seen_in_a_single_look_counts_as_one() {
    let world = World {
        runs: vec![Told {
            from: 10,
            to: 10,
            ..told(0, 1, 0)
        }],
        viewings: vec![
            Told {
                from: 10,
                to: 10,
                ..told(0, 1, 0)
            },
            Told {
                from: 5,
                to: 10,
                ..told(0, 1, 2)
            },
        ],
    };
    let (_dir, history) = world.history();
    let everything = Filter::default();
    let ranks = ask(&history, |v| ranking(v, &everything, Order::Views, 9));
    assert_eq!((ranks[0].peak_viewers, ranks[0].on_air_ms), (2, 0));
    let days = ask(&history, |v| provider_days(v, &everything, &zone()));
    assert_eq!(
        (days[0].peak, days[0].peak_at_ms, days[0].connection_ms),
        (1, Some(ms(10)), 0)
    );
    let hours = ask(&history, |v| viewers(v, &everything, &zone(), By::Hour));
    assert_eq!((hours[0].peak_viewers, hours[0].viewed_ms), (2, 5 * 60_000));
}

/// As live makes them: what follows begins a millisecond after the look that saw the one before, or later.
#[test]
fn what_follows_on_a_login_is_not_two_at_once() {
    let (_dir, history) = runs_on_login_1(&[(0, 10, Some(1)), (11, 20, Some(1))]);
    let follow = history.change(|txn| {
        let moment = ms(10) + 1;
        let sql = format!(
            "UPDATE feed_run SET started_ms = {moment} WHERE started_ms = {0};
             UPDATE feed_segment SET started_ms = {moment} WHERE started_ms = {0}",
            ms(11)
        );
        txn.conn.execute_batch(&sql).map_err(Error::sql("a test"))
    });
    follow.wait().unwrap();
    let days = ask(&history, |v| provider_days(v, &Filter::default(), &zone()));
    assert_eq!(days[0].peak, 1);
    // A change of login within a run neither.
    let mut run = told(0, 1, 0);
    run.changes = vec![(20, 1), (50, 1)];
    let world = World {
        runs: vec![run],
        viewings: Vec::new(),
    };
    let (_dir, history) = world.history();
    let days = ask(&history, |v| provider_days(v, &Filter::default(), &zone()));
    assert_eq!((days[0].peak, days[0].failovers), (1, 2));
}

#[test]
fn too_many_days_are_refused() {
    let (_dir, history) = runs_on_login_1(&[(0, 3 * DAY + 90, None)]);
    let of = |max| history.read(|v| days_up_to(v, &Filter::default(), &zone(), max));
    assert_eq!(of(4).unwrap().len(), 4);
    let why = of(3).unwrap_err().to_string();
    assert!(
        why.contains("more than 3 days of logins: ask for a shorter time"),
        "{why}"
    );
}

#[test]
fn places_are_given_by_what_is_asked_for() {
    let mut world = world();
    world.viewings.push(told(1, 1, 1));
    world.runs[2].changes = vec![(50, 1), (60, 2)];
    let (_dir, history) = world.history();
    let first = |order| {
        let ranks = ask(&history, |v| ranking(v, &Filter::default(), order, 1));
        assert_eq!(ranks.len(), 1);
        ranks[0].key.to_string()
    };
    assert_eq!(first(Order::ViewerTime), "key-1", "two for 90 minutes");
    assert_eq!(first(Order::Views), "key-1");
    assert_eq!(first(Order::OnAir), "uuid-0", "it began first");
    assert_eq!(first(Order::Failovers), "uuid-2");
    assert_eq!(first(Order::Bytes), "uuid-2");
    assert_eq!(
        first(Order::Buffering),
        "uuid-2",
        "20, 50 and 60 leave 6, 1 and 4 of 7"
    );
}

#[test]
fn a_window_is_a_range_of_an_index() {
    let (_dir, history) = world().history();
    for table in ["feed_run", "viewing"] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE span = ?1 AND started_ms >= ?2 \
             AND (started_ms, id) < (?3, ?4) ORDER BY started_ms DESC, id DESC"
        );
        let plan: Vec<String> = ask(&history, |v| {
            let mut explain = v.conn.prepare(&sql).unwrap();
            let lines = explain.query_map([0; 4], |row| row.get(3)).unwrap();
            Ok(lines.map(Result::unwrap).collect())
        });
        assert_eq!(plan.len(), 1, "no sorting: {plan:?}");
        assert!(
            plan[0].contains(&format!(
                "INDEX {table}_window (span=? AND started_ms>? AND started_ms<?)"
            )),
            "{plan:?}"
        );
    }
}

/// Not a judgement but a figure: `cargo test -p history -- --ignored --nocapture what_a_month_costs`.
#[test]
#[ignore = "measures"]
fn what_a_month_costs() {
    const VIEWINGS: i64 = 100_000;
    let year = 365 * 1_440;
    let of = |n: i64, every: i64, length: i64| {
        let from = n * year / every;
        let (channel, who) = (usize::try_from(n).unwrap() % 2, usize::try_from(n).unwrap() % 3);
        Told {
            from,
            to: from + 1 + n % length,
            channel,
            who,
            server: 0,
            open: false,
            changes: vec![(from, 2)],
            login: 1,
            limit: Some(4),
        }
    };
    let world = World {
        runs: (0..VIEWINGS / 5).map(|n| of(n, VIEWINGS / 5, 300)).collect(),
        viewings: (0..VIEWINGS).map(|n| of(n, VIEWINGS, 120)).collect(),
    };
    let began = std::time::Instant::now();
    let (_dir, history) = world.history();
    println!("kept in {:?}", began.elapsed());
    let timed = |name: &str, question: &dyn Fn(&View<'_>) -> Result<usize, Error>| {
        let began = std::time::Instant::now();
        let found = ask(&history, question);
        println!("{name}: {found} in {:?}", began.elapsed());
    };
    let month = filter((Some(year - 60 * 1_440), Some(year - 30 * 1_440)));
    let page = Paging {
        limit: 50,
        after: None,
    };
    for (name, filter) in [("month", &month), ("year", &Filter::default())] {
        timed(name, &|v| Ok(ranking(v, filter, Order::ViewerTime, 10)?.len()));
        timed(name, &|v| Ok(users(v, filter)?.len()));
        timed(name, &|v| Ok(viewers(v, filter, &zone(), By::Hour)?.len()));
        timed(name, &|v| Ok(provider_days(v, filter, &zone())?.len()));
        timed(name, &|v| Ok(viewings(v, filter, page)?.items.len()));
        timed(name, &|v| Ok(runs(v, filter, page)?.items.len()));
    }
    let bytes = history.stats().unwrap();
    println!("{} bytes", bytes.file_bytes + bytes.log_bytes);
}
