//! Single cases with the numbers written out.

use model::RecordKind;

use super::*;
use crate::columns::{ClientDim, ItemDim, NewRow, ViewerDim};

/// One row: `id group start..stop -pause, way`, in seconds since `BASE_S`.
const BASE_S: i64 = 1_793_491_200; // 2026-11-01T00:00Z; New York goes back one hour at 06:00Z

struct Play {
    id: u32,
    group: u32,
    start: i64,
    stop: i64,
    paused: i64,
    way: Way,
    offset_s: i64,
}

fn play(id: u32, group: u32, start: i64, stop: i64) -> Play {
    Play {
        id,
        group,
        start,
        stop,
        paused: 0,
        way: Way::DirectPlay,
        offset_s: 0,
    }
}

fn house(plays: &[Play]) -> Columns {
    let mut columns = Columns::default();
    let dims = &mut columns.dims;
    let item = dims.item(ItemDim {
        store_id: 1,
        kind: RecordKind::Movie,
        live: false,
        rating_key: Some(1),
        parent_rating_key: None,
        grandparent_rating_key: None,
        guid: None,
        full_title: "Amber Road".into(),
        title: None,
        grandparent_title: None,
        original_title: None,
        year: None,
        duration_ms: Some(1_000_000),
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
    });
    let client = dims.client(ClientDim {
        store_id: 1,
        player: None,
        product: None,
        platform: None,
        machine_id: None,
    });
    let viewer = dims.viewer(&ViewerDim {
        user_id: Some(1),
        name: None,
    });
    let library = dims.library(&"attic".into(), None);
    let (ip, resolution) = (dims.word(None), dims.resolution(None));
    for play in plays {
        let new = NewRow {
            id: play.id,
            group_id: play.group,
            started_s: BASE_S + play.start,
            stopped_s: Some(BASE_S + play.stop),
            paused_s: Some(play.paused),
            view_offset_ms: Some(play.offset_s * 1000),
            item,
            client,
            ip,
            viewer,
            library,
            way: play.way,
            source_resolution: resolution,
            stream_resolution: resolution,
            location: Location::Lan,
            relayed: false,
        };
        columns.push(&new).unwrap();
    }
    columns
}

fn all(columns: &Columns, grouped: bool) -> Selection<'_> {
    Selection::new(Sieve::new(columns, &Filter::default()), grouped)
}

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

#[test]
fn a_group_over_midnight_counts_on_both_days_and_its_seconds_stay_where_they_were() {
    let columns = house(&[
        play(1, 1, 20 * HOUR, 21 * HOUR),
        play(2, 1, DAY, DAY + HOUR),
        play(3, 1, DAY + 2 * HOUR, DAY + 4 * HOUR),
    ]);
    let (now, any) = (BASE_S + 2 * DAY, Filter::default());
    let count = |grouped, measure| {
        by_calendar(
            &all(&columns, grouped),
            &any,
            &TimeZone::UTC,
            By::Date,
            measure,
            now,
        )
        .total
    };
    assert_eq!(count(true, Measure::Plays), [1, 1, 0]);
    assert_eq!(count(false, Measure::Plays), [1, 2, 0]);
    assert_eq!(count(true, Measure::Seconds), [HOUR, 3 * HOUR, 0]);
    assert_eq!(
        totals(&all(&columns, true)).sum,
        Sum {
            plays: 1,
            seconds: 4 * HOUR
        }
    );
}

#[test]
fn the_hour_that_comes_twice_is_one_hour_of_the_day() {
    // 05:30Z and 06:30Z are both 01:30 in New York.
    let half = HOUR / 2;
    let columns = house(&[
        play(1, 1, 5 * HOUR + half, 5 * HOUR + half + 60),
        play(2, 2, 6 * HOUR + half, 7 * HOUR),
    ]);
    let tz = TimeZone::get("America/New_York").unwrap();
    let table = by_calendar(
        &all(&columns, true),
        &Filter::default(),
        &tz,
        By::Hour,
        Measure::Plays,
        BASE_S,
    );
    assert_eq!(table.categories[1], "01");
    assert_eq!(table.total.iter().sum::<i64>(), table.total[1]);
    assert_eq!(table.total[1], 2);
    let table = by_calendar(
        &all(&columns, true),
        &Filter::default(),
        &tz,
        By::HourOfWeekday,
        Measure::Plays,
        BASE_S,
    );
    let place = table.categories.iter().position(|c| c == "sunday 01").unwrap();
    assert_eq!((place, table.total[place]), (6 * 24 + 1, 2));
}

#[test]
fn a_window_without_plays_is_full_of_zeros() {
    let columns = house(&[]);
    let filter = Filter {
        from_s: Some(BASE_S),
        to_s: Some(BASE_S + 3 * DAY),
        ..Filter::default()
    };
    let selection = Selection::new(Sieve::new(&columns, &filter), true);
    let table = by_calendar(
        &selection,
        &filter,
        &TimeZone::UTC,
        By::Date,
        Measure::Plays,
        BASE_S,
    );
    assert_eq!(table.categories, ["2026-11-01", "2026-11-02", "2026-11-03"]);
    assert_eq!(table.total, [0, 0, 0]);
    let months = by_calendar(
        &selection,
        &filter,
        &TimeZone::UTC,
        By::Month,
        Measure::Plays,
        BASE_S,
    );
    assert_eq!(months.categories, ["2026-11"]);
    assert_eq!(peaks(&columns, &filter, &TimeZone::UTC, BASE_S).days.len(), 3);
    assert_eq!(top(&selection, Of::Titles, Measure::Plays, 5).count, 0);
}

#[test]
fn streams_over_midnight_count_on_both_days_and_gapless_ones_once() {
    let columns = house(&[
        play(1, 1, 22 * HOUR, DAY + HOUR),
        play(2, 2, 23 * HOUR, DAY),
        // Begins the second the one before ends.
        play(3, 3, DAY + HOUR, DAY + 2 * HOUR),
        // Never runs.
        play(4, 4, 22 * HOUR, 22 * HOUR),
        play(5, 5, 23 * HOUR, 22 * HOUR),
    ]);
    let peaks = peaks(&columns, &Filter::default(), &TimeZone::UTC, BASE_S + 2 * DAY);
    assert_eq!(peaks.dates, ["2026-11-01", "2026-11-02", "2026-11-03"]);
    assert_eq!(peaks.days.iter().map(|d| d[0]).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(
        peaks.overall[0],
        Peak {
            level: 2,
            at_s: Some(BASE_S + 23 * HOUR)
        }
    );
    let lan = PEAK_NAMES.iter().position(|n| *n == "lan").unwrap();
    assert_eq!(peaks.overall[lan].level, 2);
    assert_eq!(peaks.overall[lan + 1], Peak::default());
}

#[test]
fn a_play_got_as_far_as_the_furthest_of_its_rows() {
    let at = |id, group, offset_s| Play {
        offset_s,
        ..play(id, group, i64::from(id) * HOUR, i64::from(id) * HOUR + 60)
    };
    let columns = house(&[
        at(1, 1, 249),
        at(2, 2, 250),
        at(3, 3, 499),
        at(4, 4, 500),
        at(5, 5, 750),
        at(6, 6, 850),
        at(7, 1, 849),
    ]);
    let completion = completion(&all(&columns, true));
    let plays = Tier::ALL.map(|tier| completion.all(tier).plays);
    assert_eq!(plays, [0, 2, 1, 2, 1, 0]);
    let ungrouped = super::completion(&all(&columns, false));
    assert_eq!(
        Tier::ALL.map(|tier| ungrouped.of(Class::Movies, tier).plays),
        [1, 2, 1, 2, 1, 0]
    );
}

#[test]
fn cursors_of_other_questions_are_refused() {
    let columns = house(&[play(1, 1, 0, 1), play(2, 2, 1, 2), play(3, 3, 2, 3)]);
    let question = PageQuestion {
        filter: Filter::default(),
        grouped: true,
        limit: 1,
        after: None,
    };
    let first = page(&columns, &question).unwrap();
    assert_eq!((first.total, first.plays[0].newest), (3, 2));
    let ungrouped = PageQuestion {
        grouped: false,
        after: first.next,
        ..question.clone()
    };
    assert_eq!(page(&columns, &ungrouped), Err(PageError::OtherQuestion));
    let other = PageQuestion {
        filter: Filter {
            text: Some("amber".to_owned()),
            ..Filter::default()
        },
        after: first.next,
        ..question
    };
    assert_eq!(page(&columns, &other), Err(PageError::OtherQuestion));
    assert_eq!("zz".parse::<Cursor>(), Err(PageError::NoCursor));
}

#[test]
fn windows_of_a_profile_end_now() {
    let columns = house(&[
        play(1, 1, 0, HOUR),
        play(2, 1, 6 * DAY, 6 * DAY + 60),
        play(3, 3, 40 * DAY, 40 * DAY + 5),
    ]);
    let filter = Filter::default();
    let now = BASE_S + 40 * DAY + HOUR;
    let profile = profile(&all(&columns, true), &filter, &TimeZone::UTC, Measure::Plays, now);
    let sums: Vec<_> = profile
        .windows
        .iter()
        .map(|w| (w.days, w.sum.plays, w.sum.seconds))
        .collect();
    assert_eq!(sums, [(1, 1, 5), (7, 1, 5), (30, 1, 5), (365, 2, HOUR + 65)]);
    assert_eq!(profile.last, Some(2));
    assert_eq!(profile.totals.first_started_s, Some(BASE_S));
    assert_eq!(
        profile.titles.entries[0].subject.name.as_deref(),
        Some("Amber Road")
    );
    assert_eq!(profile.heat_map.categories.len(), 168);
}
