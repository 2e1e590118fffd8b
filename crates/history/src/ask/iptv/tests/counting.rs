//! Every sum against counting minute by minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;

use super::super::{
    Bucket, By, ChannelRank, Order, ProviderDay, ProviderTotal, UserTotal, provider_days, providers, ranking,
    users, viewers,
};
use super::*;

/// Minutes of a window; none if it is empty.
#[derive(Clone, Copy)]
struct Minutes(i64, i64);

impl Minutes {
    fn of((from, to): (Option<i64>, Option<i64>)) -> Self {
        Self(from.unwrap_or(-1), to.unwrap_or(MINUTES + 2))
    }

    fn has(self, minute: i64) -> bool {
        self.0 <= minute && minute < self.1
    }

    /// Until just before `after`. What has no length counts where it stands.
    fn touches(self, from: i64, after: i64) -> bool {
        self.0 < self.1 && (self.has(from) || (from..after).any(|m| self.has(m)))
    }

    /// Was seen at the end too.
    fn has_seen(self, told: &Told) -> bool {
        self.touches(told.from, told.to + 1)
    }

    /// Those of `from..to` in it.
    fn within(self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        (from..to).filter(move |m| self.has(*m))
    }

    fn last(self, from: i64, to: i64) -> i64 {
        ms(self.within(from, to).last().map_or(from.max(self.0), |m| m + 1))
    }
}

fn minutes(n: usize) -> u64 {
    n as u64 * 60_000
}

fn peak(levels: &BTreeMap<i64, u32>) -> u32 {
    levels.values().copied().max().unwrap_or(0)
}

fn levels(intervals: impl Iterator<Item = (i64, i64)>, window: Minutes) -> BTreeMap<i64, u32> {
    let mut levels = BTreeMap::new();
    for (from, to) in intervals {
        for minute in window.within(from, to) {
            *levels.entry(minute).or_default() += 1;
        }
    }
    levels
}

fn who(told: &Told) -> String {
    let (user, address) = PEOPLE[told.who];
    user.or(address).map_or_else(|| client(told), str::to_owned)
}

/// At the moment of a minute itself: who was seen last then is still there.
fn seen<'a>(told: impl Iterator<Item = &'a &'a Told>, window: Minutes) -> BTreeMap<i64, u32> {
    levels(told.map(|t| (t.from, t.to + 1)), window)
}

/// Segments of a run: from, to, login, whether it is the last one.
fn segments(told: &Told) -> Vec<(i64, i64, i64, bool)> {
    let starts: Vec<_> = std::iter::once((told.from, told.login))
        .chain(told.changes.iter().copied())
        .collect();
    let end = |n: usize| starts.get(n + 1).map_or(told.to, |next| next.0);
    let of = |(n, (from, login)): (usize, &(i64, i64))| (*from, end(n), *login, n + 1 == starts.len());
    starts.iter().enumerate().map(of).collect()
}

/// When it failed over. A film (channel 2) that stands idle has no login, and neither fails when it begins nor when it
/// ends to.
fn failovers(told: &Told) -> Vec<i64> {
    let all = segments(told);
    let pairs = all.windows(2);
    let failed = pairs.filter(|two| told.channel != 2 || (two[0].2 > 0 && two[1].2 > 0));
    failed.map(|two| two[1].0).collect()
}

fn some_sum(all: impl Iterator<Item = u64>) -> Option<u64> {
    all.reduce(|a, b| a + b)
}

fn expected_ranks(world: &World, window: Minutes) -> Vec<ChannelRank> {
    let mut ranks = Vec::new();
    for (server, n) in (0..SERVERS.len()).flat_map(|s| (0..CHANNELS).map(move |n| (s, n))) {
        let of = |told: &&Told| told.server == server && told.channel == n && window.has_seen(told);
        let views: Vec<_> = world.viewings.iter().filter(of).collect();
        let runs: Vec<_> = world.runs.iter().filter(of).collect();
        let all = views.iter().chain(&runs);
        let Some(last_at_ms) = all.map(|t| window.last(t.from, t.to)).max() else {
            continue;
        };
        let interval = |t: &&Told| (t.from, t.to);
        let watched = levels(views.iter().map(interval), window);
        let begun: Vec<_> = runs
            .iter()
            .flat_map(|t| segments(t))
            .map(|s| s.0)
            .filter(|m| window.has(*m))
            .collect();
        let changes = runs.iter().flat_map(|t| failovers(t)).filter(|m| window.has(*m));
        let shown = channel(n);
        ranks.push(ChannelRank {
            server: SERVERS[server].into(),
            key: key(n).into(),
            kind: kind(n),
            name: shown.name.clone(),
            number: shown.number,
            group: shown.group.clone(),
            series: None,
            views: views.len() as u64,
            viewers: views.iter().map(|t| who(t)).collect::<BTreeSet<_>>().len() as u64,
            viewed_ms: watched.values().map(|level| u64::from(*level) * 60_000).sum(),
            on_air_ms: minutes(levels(runs.iter().map(interval), window).len()),
            peak_viewers: peak(&seen(views.iter(), window)),
            failovers: changes.count() as u64,
            errors: begun.iter().filter(|m| is_error(**m)).count() as u64,
            buffering_ms: begun.iter().map(|m| buffering_ms(*m)).sum(),
            bytes: some_sum(begun.iter().map(|m| bytes(*m))).filter(|_| n != 3),
            last_at_ms,
        });
    }
    ranks
}

fn expected_users(world: &World, window: Minutes) -> Vec<UserTotal> {
    let mut by_user: BTreeMap<(usize, String), Vec<&Told>> = BTreeMap::new();
    for told in world.viewings.iter().filter(|t| window.has_seen(t)) {
        by_user.entry((told.server, who(told))).or_default().push(told);
    }
    let total = |((server, name), views): ((usize, String), Vec<&Told>)| {
        let (user, address) = PEOPLE[views[0].who];
        let is = |told: bool| told.then(|| Text::from(name.as_str()));
        UserTotal {
            server: SERVERS[server].into(),
            user: is(user.is_some()),
            address: is(user.is_none() && address.is_some()),
            client_id: is(user.is_none() && address.is_none()),
            views: views.len() as u64,
            viewed_ms: minutes(views.iter().map(|t| window.within(t.from, t.to).count()).sum()),
            channels: views.iter().map(|t| t.channel).collect::<BTreeSet<_>>().len() as u64,
            bytes: some_sum(
                views
                    .iter()
                    .filter(|t| t.who != 0 && window.has(t.from))
                    .map(|t| bytes(t.from)),
            ),
            last_at_ms: views.iter().map(|t| window.last(t.from, t.to)).max().unwrap(),
        }
    };
    by_user.into_iter().map(total).collect()
}

/// What a clock on the wall shows.
fn local(minute: i64) -> jiff::Zoned {
    Timestamp::from_millisecond(ms(minute)).unwrap().to_zoned(zone())
}

#[derive(Default)]
struct Day {
    levels: BTreeMap<i64, u32>,
    seen: BTreeMap<i64, u32>,
    failovers: u64,
    begun: Vec<(i64, bool)>,
}

/// Runs, what was used each day, and what limits were told.
type Used = (BTreeSet<usize>, BTreeMap<Date, Day>, Vec<(i64, u32)>);

/// By server and login.
type Logins = BTreeMap<(usize, i64), Used>;

fn used(world: &World, window: Minutes) -> Logins {
    let mut all = Logins::new();
    for (n, run) in world.runs.iter().enumerate() {
        let segments = segments(run);
        for (place, (from, to, login, is_last)) in segments.iter().enumerate().filter(|(_, s)| s.2 > 0) {
            let is_told = run.channel != 3;
            let next = segments.get(place + 1).filter(|next| window.has(next.0));
            let after = *to + i64::from(*is_last);
            if !window.touches(*from, after) && next.is_none() {
                continue;
            }
            let (runs, days, limits) = all.entry((run.server, *login)).or_default();
            // As in `failovers`: what an idle film goes to has no login.
            if let Some(next) = next.filter(|next| run.channel != 2 || next.2 > 0) {
                days.entry(local(next.0).date()).or_default().failovers += 1;
            }
            if !window.touches(*from, after) {
                continue;
            }
            runs.insert(n);
            limits.extend(run.limit.map(|limit| (*from, limit)));
            let nothing = (*from == after).then_some(*from);
            for minute in window.within(*from, after).chain(nothing) {
                let day = days.entry(local(minute).date()).or_default();
                if minute < *to {
                    *day.levels.entry(minute).or_default() += 1;
                }
                if minute < after {
                    *day.seen.entry(minute).or_default() += 1;
                }
            }
            if window.has(*from) {
                days.entry(local(*from).date())
                    .or_default()
                    .begun
                    .push((*from, is_told));
            }
        }
    }
    all
}

/// The limit that holds in a minute.
fn limit(told: &[(i64, u32)], minute: i64) -> Option<u32> {
    let before = told.iter().filter(|(from, _)| *from <= minute);
    // Of several told at once none at all wins, then the highest.
    let newest = before.max_by_key(|(from, limit)| (*from, limit.wrapping_sub(1)));
    newest.map(|(_, limit)| *limit).filter(|limit| *limit > 0)
}

fn expected_days(world: &World, window: Minutes) -> Vec<ProviderDay> {
    let mut expected = Vec::new();
    for ((server, login), (_, days, told)) in used(world, window) {
        for (date, day) in days {
            let peak = peak(&day.seen);
            let start_ms = |date: Date| date.to_zoned(zone()).unwrap().timestamp().as_millisecond();
            let minute = |date: Date| (start_ms(date) - FIRST_MS) / MINUTE_MS;
            let all = minute(date)..minute(date.tomorrow().unwrap());
            let limited = all.clone().filter_map(|m| Some((m, limit(&told, m)?)));
            let at_limit = |levels: &BTreeMap<i64, u32>| {
                let reaches = |(m, limit): &(i64, u32)| levels.get(m).is_some_and(|level| level >= limit);
                limited.clone().filter(reaches).count()
            };
            expected.push(ProviderDay {
                server: SERVERS[server].into(),
                profile: login,
                profile_name: Some(format!("login {login}").into()),
                account: Some(account(login).into()),
                day: date,
                start_ms: start_ms(date),
                peak,
                peak_at_ms: day
                    .seen
                    .iter()
                    .find(|(_, level)| **level == peak)
                    .map(|(m, _)| ms(*m)),
                limit: limit(&told, all.end - 1),
                connection_ms: day.levels.values().map(|level| u64::from(*level) * 60_000).sum(),
                at_limit_ms: limited.clone().next().map(|_| minutes(at_limit(&day.levels))),
                reached_limit: at_limit(&day.seen) > 0,
                failovers: day.failovers,
                errors: day.begun.iter().filter(|(m, _)| is_error(*m)).count() as u64,
                buffering_ms: day.begun.iter().map(|(m, _)| buffering_ms(*m)).sum(),
                bytes: some_sum(day.begun.iter().filter(|(_, told)| *told).map(|(m, _)| bytes(*m))),
            });
        }
    }
    expected
}

fn check_buckets(world: &World, window: Minutes, by: By, buckets: &[Bucket]) -> Result<(), TestCaseError> {
    let views: Vec<_> = world.viewings.iter().filter(|t| window.has_seen(t)).collect();
    let watched = levels(views.iter().map(|t| (t.from, t.to)), window);
    let seen = seen(views.iter(), window);
    let clock = |minute: i64| {
        let at = local(minute);
        (at.date(), (by == By::Hour).then(|| (at.hour(), at.offset())))
    };
    let minute = |ms: i64| (ms - FIRST_MS) / MINUTE_MS;
    prop_assert_eq!(buckets.is_empty(), seen.is_empty());
    for pair in buckets.windows(2) {
        prop_assert_eq!(pair[0].end_ms, pair[1].start_ms);
    }
    if let (Some(first), Some(last)) = (buckets.first(), buckets.last()) {
        let (from, to) = (*seen.keys().next().unwrap(), *seen.keys().next_back().unwrap());
        prop_assert!(first.start_ms <= ms(from) && ms(from) < first.end_ms);
        prop_assert!(last.start_ms <= ms(to) && ms(to) < last.end_ms);
    }
    for bucket in buckets {
        let (from, to) = (minute(bucket.start_ms), minute(bucket.end_ms));
        prop_assert!((from..to).all(|m| clock(m) == clock(from)));
        prop_assert!(clock(from - 1) != clock(from) && clock(to) != clock(from));
        let peak = seen.range(from..to).map(|(_, level)| *level).max().unwrap_or(0);
        prop_assert_eq!(bucket.peak_viewers, peak);
        let viewed_ms: u64 = watched
            .range(from..to)
            .map(|(_, level)| u64::from(*level) * 60_000)
            .sum();
        prop_assert_eq!(bucket.viewed_ms, viewed_ms);
        let begun = views
            .iter()
            .filter(|t| window.has(t.from) && (from..to).contains(&t.from));
        prop_assert_eq!(bucket.views, begun.count() as u64);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn as_counted_minute_by_minute(world in world(), windows in vec(window(), 3)) {
        let (_dir, history) = world.history();
        for window in windows {
            let (asked, minutes) = (filter(window), Minutes::of(window));
            let mut got = ask(&history, |v| ranking(v, &asked, Order::Views, 100));
            prop_assert!(got.is_sorted_by(|a, b| a.views >= b.views));
            let mut expected = expected_ranks(&world, minutes);
            let order = |r: &ChannelRank| (r.server.clone(), r.key.clone());
            got.sort_by_key(order);
            expected.sort_by_key(order);
            prop_assert_eq!(got, expected);

            let mut got = ask(&history, |v| users(v, &asked));
            prop_assert!(got.is_sorted_by(|a, b| a.viewed_ms >= b.viewed_ms));
            let mut expected = expected_users(&world, minutes);
            let order = |u: &UserTotal| (u.server.clone(), u.user.clone(), u.address.clone(), u.client_id.clone());
            got.sort_by_key(order);
            expected.sort_by_key(order);
            prop_assert_eq!(got, expected);

            for by in [By::Day, By::Hour] {
                let buckets = ask(&history, |v| viewers(v, &asked, &zone(), by));
                check_buckets(&world, minutes, by, &buckets)?;
            }

            let days = ask(&history, |v| provider_days(v, &asked, &zone()));
            prop_assert_eq!(&days, &expected_days(&world, minutes));
            let totals = ask(&history, |v| providers(v, &asked, &zone()));
            prop_assert_eq!(totals, expected_totals(&world, minutes, &days));
        }
    }
}

fn expected_totals(world: &World, window: Minutes, days: &[ProviderDay]) -> Vec<ProviderTotal> {
    let total = |((server, login), (runs, _, told)): ((usize, i64), Used)| {
        let of: Vec<_> = days
            .iter()
            .filter(|d| d.server.as_str() == SERVERS[server] && d.profile == login)
            .collect();
        let best = of.iter().rev().max_by_key(|d| d.peak).unwrap();
        ProviderTotal {
            server: SERVERS[server].into(),
            profile: login,
            profile_name: best.profile_name.clone(),
            account: best.account.clone(),
            peak: best.peak,
            peak_at_ms: best.peak_at_ms,
            limit: limit(&told, i64::MAX),
            days: u32::try_from(of.len()).unwrap(),
            days_at_limit: u32::try_from(of.iter().filter(|d| d.reached_limit).count()).unwrap(),
            connection_ms: of.iter().map(|d| d.connection_ms).sum(),
            at_limit_ms: some_sum(of.iter().filter_map(|d| d.at_limit_ms)),
            failovers: of.iter().map(|d| d.failovers).sum(),
            errors: of.iter().map(|d| d.errors).sum(),
            buffering_ms: of.iter().map(|d| d.buffering_ms).sum(),
            bytes: some_sum(of.iter().filter_map(|d| d.bytes)),
            runs: runs.len() as u64,
        }
    };
    used(world, window).into_iter().map(total).collect()
}
