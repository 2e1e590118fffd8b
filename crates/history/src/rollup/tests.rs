//! Sums kept step by step are those made anew, and those of the plays.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::cells::Cells;
use super::family::{Family, class_of, dim_of, user_of_dim, way_of};
use super::play::PART;
use super::testing::{Kept, worlds};
use super::window::Asked;
use super::{compare, is_current, rebuild};
use crate::columns::{Location, Way};
use crate::rules::Class;
use crate::rules::calendar::Calendar;
use crate::testing::{Raw, World};

fn compared(kept: &Kept) -> Vec<String> {
    compare(&kept.conn, &kept.columns, kept.view().time_zone()).unwrap()
}

/// What a play counts under in a family, read off the raw row: name, class, decision; `None` if it does not count.
fn place_of(world: &World, family: Family, raw: &Raw) -> Option<(String, Class, Way)> {
    let item = world.item(raw);
    let class = Class::of(item.kind, item.live);
    let (none, unknown) = (Class::None, Way::Unknown);
    let is_video = item.kind != model::RecordKind::Track;
    let text = |t: &Option<model::Text>| t.as_deref().unwrap_or_default().to_owned();
    Some(match family {
        Family::PlatformClass => (text(&world.client(raw).platform), class, unknown),
        Family::PlatformWay => (text(&world.client(raw).platform), none, raw.way),
        Family::UserClass => (format!("{:?}", world.viewer(raw).user_id), class, unknown),
        Family::UserWay => (format!("{:?}", world.viewer(raw).user_id), none, raw.way),
        Family::SourceResolution if is_video => (text(&raw.source_resolution), none, raw.way),
        Family::StreamResolution if is_video => (text(&raw.stream_resolution), none, raw.way),
        Family::SourceResolution | Family::StreamResolution => return None,
        Family::Library => {
            let library = world.library(raw);
            let section = library.section_id.map(|id| id.to_string()).unwrap_or_default();
            (format!("{}{PART}{section}", library.server), class, raw.way)
        }
        Family::Work => {
            let name = match item.kind {
                model::RecordKind::Movie => {
                    let year = item.year.map(|y| y.to_string()).unwrap_or_default();
                    format!("movie{PART}{}{PART}{year}", item.full_title)
                }
                model::RecordKind::Episode => format!("show{PART}{}{PART}", text(&item.grandparent_title)),
                model::RecordKind::Track => {
                    let (album, track) = (text(&item.grandparent_title), text(&item.original_title));
                    format!("artist{PART}{album}{PART}{track}")
                }
            };
            (name, class, raw.way)
        }
        Family::Location => (format!("{:?}", raw.location), none, raw.way),
        _ => unreachable!("has tests of its own: the graphs by clock and calendar"),
    })
}

type Slow = BTreeMap<(String, u8, u8), (i64, i64)>;

/// Plays and seconds of everything that stopped at the cutoff or later.
fn slow(world: &World, family: Family, cutoff_s: i64, grouping: bool) -> Slow {
    let mut plays: BTreeMap<u32, Vec<&Raw>> = BTreeMap::new();
    for raw in &world.rows {
        let is_in = raw.stopped_s.is_some_and(|s| s >= cutoff_s);
        if is_in && place_of(world, family, raw).is_some() {
            let play = if grouping { raw.group_id } else { raw.id };
            plays.entry(play).or_default().push(raw);
        }
    }
    let mut sums = Slow::new();
    for rows in plays.values() {
        let first = rows.iter().min_by_key(|raw| raw.id).unwrap();
        let (name, class, way) = place_of(world, family, first).unwrap();
        let sum = sums.entry((name, class as u8, way as u8)).or_default();
        sum.0 += 1;
        sum.1 += rows.iter().map(|raw| raw.duration_s()).sum::<i64>();
    }
    sums
}

fn fast(kept: &Kept, family: Family, cutoff_s: i64, grouping: bool) -> Slow {
    let zone = kept.view().time_zone().clone();
    let asked = Asked {
        conn: &kept.conn,
        columns: &kept.columns,
        calendar: Calendar::new(&zone, cutoff_s, cutoff_s + 1),
        is_current: is_current(&kept.conn, &zone).unwrap(),
        cutoff_s,
        grouping,
        chosen: None,
    };
    let mut cells = Cells::default();
    let labels = asked.each(family, |key, sums| cells.add(key, sums)).unwrap();
    let mut sums = Slow::new();
    for (key, sum) in cells.iter() {
        let dim = dim_of(key);
        let name = match family {
            Family::UserClass | Family::UserWay => format!("{:?}", user_of_dim(dim)),
            Family::Location => {
                let all = [
                    Location::Unknown,
                    Location::Lan,
                    Location::Wan,
                    Location::Cellular,
                ];
                format!("{:?}", all[usize::try_from(dim).unwrap()])
            }
            _ => labels.text(dim).unwrap().to_string(),
        };
        let (plays, seconds) = if grouping {
            (sum.groups, sum.group_s)
        } else {
            (sum.rows, sum.row_s)
        };
        if (plays, seconds) != (0, 0) {
            sums.insert((name, class_of(key) as u8, way_of(key) as u8), (plays, seconds));
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn kept_step_by_step_is_made_anew((world, batches) in worlds()) {
        let kept = Kept::step_by_step(&world, &batches);
        prop_assert_eq!(compared(&kept), Vec::<String>::new());
        rebuild(&kept.conn, &kept.columns, &world.zone).unwrap();
        prop_assert_eq!(compared(&kept), Vec::<String>::new());
    }

    #[test]
    fn every_family_is_the_sum_of_its_plays(
        (world, batches) in worlds(),
        cut in any::<prop::sample::Index>(),
        aside_s in prop_oneof![-1_i64..2, -400_000_i64..400_000, -40_000_000_i64..0],
        grouping in any::<bool>(),
        is_stale in any::<bool>(),
    ) {
        let kept = Kept::step_by_step(&world, &batches);
        if is_stale {
            kept.make_stale();
        }
        let stops: Vec<i64> = world.rows.iter().filter_map(|raw| raw.stopped_s).collect();
        let cutoff_s = if stops.is_empty() { 1_793_491_200 } else { *cut.get(&stops) } + aside_s;
        for family in Family::BY_STOP {
            if !matches!(family, Family::Hour | Family::Weekday) {
                prop_assert_eq!(
                    fast(&kept, family, cutoff_s, grouping),
                    slow(&world, family, cutoff_s, grouping),
                    "{:?} since {}", family, cutoff_s
                );
            }
        }
    }

    #[test]
    fn no_damage_goes_unseen((world, batches) in worlds(), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let kept = Kept::step_by_step(&world, &batches);
        for table in ["rollup", "peak"] {
            let rows: i64 = kept.conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap();
            if rows == 0 {
                continue;
            }
            let row = at.index(usize::try_from(rows).unwrap());
            let keys = if table == "rollup" { "family, level, bucket" } else { "kind, day" };
            let pick = format!("({keys}) IN (SELECT {keys} FROM {table} LIMIT 1 OFFSET {row})");
            let select = format!("SELECT cells FROM {table} WHERE {pick}");
            let bytes: Vec<u8> = kept.conn.query_row(&select, [], |r| r.get(0)).unwrap();
            let update = format!("UPDATE {table} SET cells = ?1 WHERE {pick}");
            let mut torn = bytes.clone();
            torn[at.index(bytes.len())] ^= 1 << bit;
            kept.conn.execute(&update, [&torn]).unwrap();
            prop_assert_ne!(compared(&kept), Vec::<String>::new());
            kept.conn.execute(&update, [&bytes]).unwrap();
            prop_assert_eq!(compared(&kept), Vec::<String>::new());
            kept.conn.execute(&format!("DELETE FROM {table} WHERE {pick}"), []).unwrap();
            prop_assert_ne!(compared(&kept), Vec::<String>::new());
            rebuild(&kept.conn, &kept.columns, &world.zone).unwrap();
        }
    }
}

#[test]
fn sums_of_another_zone_or_of_nobody_are_seen() {
    let world = World {
        rows: Vec::new(),
        ..example()
    };
    let kept = Kept::step_by_step(&world, &[]);
    assert_eq!(compared(&kept), Vec::<String>::new());
    assert!(!is_current(&kept.conn, &jiff::tz::TimeZone::fixed(jiff::tz::offset(1))).unwrap());
    let mut cells = Cells::default();
    cells.add(1, super::cells::Sums::row(5));
    kept.conn
        .execute("INSERT INTO rollup VALUES (1, 0, 20000, ?1)", [cells.pack()])
        .unwrap();
    assert_eq!(compared(&kept), ["sums: 1 buckets where there should be 0"]);
    kept.make_stale();
    assert_eq!(compared(&kept).len(), 2);
}

/// Any history.
fn example() -> World {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    crate::testing::world().new_tree(&mut runner).unwrap().current()
}

#[test]
fn a_play_without_length_at_the_first_second_of_a_day_is_the_same_either_way() {
    let mut world = example();
    world.zone = jiff::tz::TimeZone::get("Pacific/Apia").unwrap();
    let mut raw = world.rows[0].clone();
    // Midnight there.
    (raw.started_s, raw.stopped_s) = (1_773_054_000, Some(1_773_054_000));
    world.rows = vec![raw];
    assert_eq!(compared(&Kept::step_by_step(&world, &[])), Vec::<String>::new());
}
