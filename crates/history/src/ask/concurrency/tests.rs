//! Concurrency against levels counted moment by moment from raw rows.

use proptest::prelude::*;

use super::*;
use crate::rollup::testing::{Kept, worlds};
use crate::testing::{Raw, World};

/// As Tautulli walks the rows of the window.
fn slow_most(world: &World, cutoff_s: i64, way: Option<Way>) -> Option<Most> {
    let mut events = Vec::new();
    for raw in &world.rows {
        if let Some(stopped_s) = raw.stopped_s
            && stopped_s >= cutoff_s
            && way.is_none_or(|way| raw.way == way)
        {
            events.push((raw.started_s, 'B'));
            events.push((stopped_s, 'A'));
        }
    }
    events.sort_unstable();
    let (mut level, mut highest, mut last_start, mut most) = (0, 0, None, None);
    for (at_s, kind) in events {
        if kind == 'B' {
            level += 1;
            last_start = Some(at_s);
            continue;
        }
        if level >= highest {
            highest = level;
            most = Some(Most {
                count: level,
                started_s: last_start,
                stopped_s: at_s,
            });
        }
        level -= 1;
    }
    most
}

/// The most rows that run at any moment of a day, moments being where rows start and where the day does.
fn slow_peak(world: &World, zone: &TimeZone, date: Date, passes: impl Fn(&Raw) -> bool) -> i64 {
    let start = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp().as_second();
    let (from_s, to_s) = (start(date), start(date.tomorrow().unwrap()));
    let rows: Vec<_> = world.rows.iter().filter(|raw| passes(raw)).collect();
    let moments = rows.iter().map(|raw| raw.started_s).chain([from_s]);
    let level = |t_s: i64| {
        rows.iter()
            .filter(|raw| raw.started_s <= t_s && raw.stopped_s > Some(t_s))
            .count()
    };
    let levels = moments.filter(|t_s| (from_s..to_s).contains(t_s)).map(level);
    i64::try_from(levels.max().unwrap_or(0)).unwrap()
}

fn checked(kept: &Kept, world: &World, peaks: &[DayPeak], zone: &TimeZone, from: Date, to: Date) {
    let mut date = from;
    while date <= to {
        let found = peaks.iter().find(|peak| peak.day == date);
        let (total, by) = found.map_or((0, [0; peak::SPLITS]), |peak| (peak.total, peak.by));
        assert_eq!(total, slow_peak(world, zone, date, |_| true), "{date}");
        for way in [Way::Unknown, Way::DirectPlay, Way::Copy, Way::Transcode] {
            let slow = slow_peak(world, zone, date, |raw| raw.way == way);
            assert_eq!(by[Split::way(way)], slow, "{way:?} on {date}");
        }
        for location in [
            Location::Unknown,
            Location::Lan,
            Location::Wan,
            Location::Cellular,
        ] {
            let slow = slow_peak(world, zone, date, |raw| raw.location == location);
            assert_eq!(by[Split::location(location)], slow, "{location:?} on {date}");
        }
        date = date.tomorrow().unwrap();
    }
    assert!(
        peaks.is_sorted_by_key(|peak| peak.day),
        "{:?}",
        kept.settings.time_zone
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn most_concurrent_is_tautullis_walk(
        (world, batches) in worlds(),
        has_backwards in any::<bool>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), -2_i64..100_000), 8),
    ) {
        let mut world = world;
        if !has_backwards {
            world.rows.retain(|raw| raw.stopped_s.is_none_or(|s| s >= raw.started_s));
        }
        let kept = Kept::step_by_step(&world, &batches);
        let stops: Vec<i64> = world.rows.iter().filter_map(|raw| raw.stopped_s).collect();
        for (cut, aside_s) in cuts {
            let cutoff_s = if stops.is_empty() { 0 } else { *cut.get(&stops) } + aside_s;
            let found = most_concurrent(&kept.view(), cutoff_s).unwrap();
            let wanted = MostConcurrent {
                total: slow_most(&world, cutoff_s, None),
                transcode: slow_most(&world, cutoff_s, Some(Way::Transcode)),
                direct_stream: slow_most(&world, cutoff_s, Some(Way::Copy)),
                direct_play: slow_most(&world, cutoff_s, Some(Way::DirectPlay)),
            };
            prop_assert_eq!(found, wanted, "since {}", cutoff_s);
        }
    }

    #[test]
    fn peaks_of_days_are_those_of_their_moments((world, batches) in worlds(), elsewhere in any::<bool>()) {
        let kept = Kept::step_by_step(&world, &batches);
        for (from, to) in [("2026-03-06", "2026-03-11"), ("2026-10-29", "2026-11-05"), ("2026-09-19", "2026-09-24")] {
            let (from, to): (Date, Date) = (from.parse().unwrap(), to.parse().unwrap());
            let peaks = peaks_by_day(&kept.view(), from, to).unwrap();
            checked(&kept, &world, &peaks, &world.zone, from, to);
            if elsewhere {
                let zone = TimeZone::get("Europe/Lisbon").unwrap();
                let peaks = peaks_where(&kept.columns, &zone, from, to, |_| true);
                checked(&kept, &world, &peaks, &zone, from, to);
            }
        }
    }
}
