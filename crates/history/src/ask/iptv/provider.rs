//! Connections of provider logins against their limits.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{SourceId, Text};

use super::Filter;
use super::clock::Days;
use super::filter::Asked;
use super::limits::Limits;
use super::rows::{Names, RunRow, SegmentRow, Window};
use super::sweep::{Interval, Levels};
use super::told::{Told, is_failover, tell};
use super::viewers::{BUCKETS_MAX, too_many};
use crate::rules::date_of;
use crate::{Error, View};

/// One login on one local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDay {
    pub server: SourceId,
    /// The manager's number of the login.
    pub profile: i64,
    /// As last told.
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    pub day: Date,
    /// The first moment of that day.
    pub start_ms: i64,
    /// Most connections at once.
    pub peak: u32,
    /// When it was first reached; absent if no connection lasted.
    pub peak_at_ms: Option<i64>,
    /// The limit told last up to the end of that day; absent if none was, or there was none.
    pub limit: Option<u32>,
    /// Connections × time.
    pub connection_ms: u64,
    /// Time with as many connections as the limit that held then, or more; absent if none held that day.
    pub at_limit_ms: Option<u64>,
    /// Whether so many were ever seen at once, for however short a time.
    pub reached_limit: bool,
    /// Changes away from a stream of this login.
    pub failovers: u64,
    /// Times a feed of this login went into state error.
    pub errors: u64,
    pub buffering_ms: u64,
    /// From the provider, by the start of the stretch; absent if none was told.
    pub bytes: Option<u64>,
}

/// One login over the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTotal {
    pub server: SourceId,
    pub profile: i64,
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    pub peak: u32,
    pub peak_at_ms: Option<i64>,
    /// The one told last; absent if none was, or there is none.
    pub limit: Option<u32>,
    /// Days on which it was used.
    pub days: u32,
    /// Days on which as many connections were seen at once as were allowed at that moment.
    pub days_at_limit: u32,
    pub connection_ms: u64,
    pub at_limit_ms: Option<u64>,
    pub failovers: u64,
    pub errors: u64,
    pub buffering_ms: u64,
    pub bytes: Option<u64>,
    /// Runs that it fed.
    pub runs: u64,
}

/// By server, login and day; days on which a login was not used are left out.
pub fn provider_days(view: &View<'_>, filter: &Filter, zone: &TimeZone) -> Result<Vec<ProviderDay>, Error> {
    days_up_to(view, filter, zone, BUCKETS_MAX)
}

/// `max`: more days are refused.
pub(super) fn days_up_to(
    view: &View<'_>,
    filter: &Filter,
    zone: &TimeZone,
    max: usize,
) -> Result<Vec<ProviderDay>, Error> {
    let mut asked = Asked::new(view, filter)?;
    let mut all = Vec::new();
    for login in logins(&mut asked)? {
        let days = login.days(&mut asked.names, zone, max - all.len())?;
        all.extend(days.ok_or_else(|| too_many(max, "days of logins"))?);
    }
    all.sort_by(|a, b| (&a.server, a.profile, a.start_ms).cmp(&(&b.server, b.profile, b.start_ms)));
    Ok(all)
}

/// By server and login.
pub fn providers(view: &View<'_>, filter: &Filter, zone: &TimeZone) -> Result<Vec<ProviderTotal>, Error> {
    let mut asked = Asked::new(view, filter)?;
    let mut all = Vec::new();
    for login in logins(&mut asked)? {
        let days = login.days(&mut asked.names, zone, BUCKETS_MAX)?;
        let days = days.ok_or_else(|| too_many(BUCKETS_MAX, "days of a login"))?;
        all.extend(total(&days, login.runs.len() as u64));
    }
    all.sort_by(|a, b| (&a.server, a.profile).cmp(&(&b.server, b.profile)));
    Ok(all)
}

/// What a login was used for in the window.
struct Login {
    server: i64,
    profile: i64,
    /// The last segment's start, and its names.
    last: (i64, Option<i64>, Option<i64>),
    runs: HashSet<i64>,
    connections: Vec<Interval>,
    /// What limit was told when.
    told_limits: Vec<(i64, u32)>,
    /// What counts at one moment.
    events: Vec<(i64, Told)>,
    failovers: Vec<i64>,
}

fn logins(asked: &mut Asked<'_>) -> Result<Vec<Login>, Error> {
    let window = asked.window;
    let mut all: HashMap<(i64, i64), Login> = HashMap::new();
    asked.runs(None, |_, sieve, run, segments| {
        let told = tell(&run, &segments);
        for (n, segment) in segments.iter().enumerate() {
            let Some(profile) = segment.profile.filter(|_| sieve.passes(segment)) else {
                continue;
            };
            let next = segments.get(n + 1).filter(|next| window.has(next.started_ms));
            let is_in = window.touches(segment.started_ms, segment.after_ms);
            if !is_in && next.is_none() {
                continue;
            }
            let login = all
                .entry((run.server, profile))
                .or_insert_with(|| Login::new(run.server, profile));
            let named = (segment.started_ms, segment.profile_text, segment.account_text);
            login.last = login.last.max(named);
            // A change away counts when it happens, which is where the next segment begins.
            let next = next.filter(|next| is_failover(run.kind, segment, next));
            login.failovers.extend(next.map(|next| next.started_ms));
            if is_in {
                login.take(window, &run, segment, told[n]);
            }
        }
        Ok(true)
    })?;
    Ok(all.into_values().collect())
}

impl Login {
    fn new(server: i64, profile: i64) -> Self {
        Self {
            server,
            profile,
            last: (i64::MIN, None, None),
            runs: HashSet::new(),
            connections: Vec::new(),
            told_limits: Vec::new(),
            events: Vec::new(),
            failovers: Vec::new(),
        }
    }

    fn take(&mut self, window: Window, run: &RunRow, segment: &SegmentRow, told: Told) {
        self.runs.insert(run.row);
        let connection = window.interval(segment.started_ms, segment.until_ms, segment.after_ms);
        self.connections.push(connection);
        let limit = segment.max_connections;
        self.told_limits
            .extend(limit.map(|limit| (segment.started_ms, limit)));
        if window.has(segment.started_ms) {
            self.events.push((segment.started_ms, told));
        }
    }

    /// In order; nothing if there are more than `max`.
    fn days(
        &self,
        names: &mut Names<'_>,
        zone: &TimeZone,
        max: usize,
    ) -> Result<Option<Vec<ProviderDay>>, Error> {
        let clock = self.clock(zone);
        let Some(sums) = self.by_day(&clock, max) else {
            return Ok(None);
        };
        let levels = Levels::of(&self.connections);
        let limits = Limits::new(self.told_limits.clone());
        let (server, profile_name, account) = (
            names.server(self.server),
            names.some_text(self.last.1)?,
            names.some_text(self.last.2)?,
        );
        let days = sums.into_iter().map(|(day, sum)| {
            let (from_ms, to_ms) = (clock.start_ms(day), clock.start_ms(day + 1));
            let used = levels.stretch(from_ms, to_ms);
            let against = limits.against(&levels, from_ms, to_ms);
            ProviderDay {
                server: server.clone(),
                profile: self.profile,
                profile_name: profile_name.clone(),
                account: account.clone(),
                day: date_of(day),
                start_ms: from_ms,
                peak: used.peak,
                peak_at_ms: used.peak_at_ms,
                limit: against.limit,
                connection_ms: used.total_ms,
                at_limit_ms: against.at_limit_ms,
                reached_limit: against.is_reached,
                failovers: sum.failovers,
                errors: sum.told.errors,
                buffering_ms: sum.told.buffering_ms,
                bytes: sum.told.bytes,
            }
        });
        Ok(Some(days.collect()))
    }

    fn clock(&self, zone: &TimeZone) -> Days {
        let first = self.connections.iter().map(|c| c.from_ms).min();
        let last = self.connections.iter().map(|c| c.after_ms).max();
        Days::new(zone, first.unwrap_or_default(), last.unwrap_or_default())
    }

    fn by_day(&self, clock: &Days, max: usize) -> Option<BTreeMap<i64, DaySum>> {
        let mut days: BTreeMap<i64, DaySum> = BTreeMap::new();
        for connection in &self.connections {
            let last_ms = (connection.after_ms - 1).max(connection.from_ms);
            for day in clock.day(connection.from_ms)..=clock.day(last_ms) {
                // Days that the zone left out.
                if clock.start_ms(day) < clock.start_ms(day + 1) {
                    days.entry(day).or_default();
                }
                if days.len() > max {
                    return None;
                }
            }
        }
        for (at_ms, told) in &self.events {
            days.entry(clock.day(*at_ms)).or_default().told.add(*told);
        }
        for at_ms in &self.failovers {
            days.entry(clock.day(*at_ms)).or_default().failovers += 1;
        }
        (days.len() <= max).then_some(days)
    }
}

#[derive(Default)]
struct DaySum {
    told: Told,
    failovers: u64,
}

/// Of one login's days; none for no days.
fn total(days: &[ProviderDay], runs: u64) -> Option<ProviderTotal> {
    let any = days.first()?;
    let sum = |of: fn(&ProviderDay) -> u64| days.iter().map(of).sum();
    let some_sum = |of: fn(&ProviderDay) -> Option<u64>| days.iter().filter_map(of).reduce(|a, b| a + b);
    let peak = days.iter().map(|day| day.peak).max().unwrap_or(0);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(ProviderTotal {
        server: any.server.clone(),
        profile: any.profile,
        profile_name: any.profile_name.clone(),
        account: any.account.clone(),
        peak,
        peak_at_ms: days
            .iter()
            .find(|day| day.peak == peak)
            .and_then(|day| day.peak_at_ms),
        limit: days.last().and_then(|day| day.limit),
        days: count(days.len()),
        days_at_limit: count(days.iter().filter(|day| day.reached_limit).count()),
        connection_ms: sum(|day| day.connection_ms),
        at_limit_ms: some_sum(|day| day.at_limit_ms),
        failovers: sum(|day| day.failovers),
        errors: sum(|day| day.errors),
        buffering_ms: sum(|day| day.buffering_ms),
        bytes: some_sum(|day| day.bytes),
        runs,
    })
}
