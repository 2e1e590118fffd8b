//! Sums.

use std::collections::{BTreeMap, BTreeSet};

use model::{Reason, RecordKind, Text};
use proptest::prelude::*;

use super::*;
use crate::columns::ItemDim;

/// What a slow table tells: per category and series.
type Cells = BTreeMap<(String, &'static str), i64>;

fn cells(table: &Table) -> Cells {
    let mut cells = Cells::new();
    for series in &table.series {
        for (category, value) in table.categories.iter().zip(&series.values) {
            if *value != 0 {
                assert!(cells.insert((category.clone(), series.name), *value).is_none());
            }
        }
    }
    cells
}

fn bucket(by: By, raw: &Raw, tz: &TimeZone) -> String {
    let at = local(raw.started_s, tz);
    let text = at.strftime(match by {
        By::Date => "%Y-%m-%d",
        By::Weekday => "%A",
        By::Hour => "%H",
        By::Month => "%Y-%m",
        By::HourOfWeekday => "%A %H",
    });
    text.to_string().to_lowercase()
}

fn media(class: Class) -> &'static str {
    match class {
        Class::Tv => "episode",
        Class::Movies => "movie",
        Class::Music => "track",
        Class::LiveTv => "live",
        Class::None => unreachable!("every row of a world has an item"),
    }
}

fn decision(way: Way) -> &'static str {
    match way {
        Way::Unknown => "unknown",
        Way::DirectPlay => "directplay",
        Way::Copy => "copy",
        Way::Transcode => "transcode",
    }
}

/// Counts each play once per category, with the series of the lowest of its rows there.
fn slow_table(
    plays: &[Vec<&Raw>],
    measure: Measure,
    category: impl Fn(&Raw) -> String,
    series: impl Fn(&Raw) -> &'static str,
) -> Cells {
    let mut cells = Cells::new();
    for rows in plays {
        let mut parts: BTreeMap<String, Vec<&Raw>> = BTreeMap::new();
        for raw in rows {
            parts.entry(category(raw)).or_default().push(raw);
        }
        for (category, part) in parts {
            *cells.entry((category, series(part[0]))).or_default() += match measure {
                Measure::Plays => 1,
                Measure::Seconds => seconds(&part),
            };
        }
    }
    cells.retain(|_, value| *value != 0);
    cells
}

fn measures() -> impl Strategy<Value = Measure> {
    prop::sample::select(vec![Measure::Plays, Measure::Seconds])
}

fn calendars() -> impl Strategy<Value = By> {
    prop::sample::select(vec![
        By::Date,
        By::Weekday,
        By::Hour,
        By::Month,
        By::HourOfWeekday,
    ])
}

fn guid(item: &ItemDim) -> Option<&str> {
    item.guid.as_deref().filter(|_| !item.live)
}

/// Whether two items are one title by themselves; a title is whatever a chain of such pairs holds together.
fn same(a: &ItemDim, b: &ItemDim, whole: bool) -> bool {
    let part = |i: &ItemDim| i.kind != RecordKind::Movie;
    let name = |i: &ItemDim| match i.kind {
        RecordKind::Movie => i.full_title.to_string(),
        _ if !whole => i.full_title.to_string(),
        RecordKind::Episode => i.grandparent_title.as_deref().unwrap_or(&i.full_title).to_owned(),
        RecordKind::Track => (i.original_title.as_deref())
            .or(i.grandparent_title.as_deref())
            .unwrap_or(&i.full_title)
            .to_owned(),
    };
    let more = |i: &ItemDim| match i.kind {
        RecordKind::Movie => i.year,
        _ if whole || i.live => None,
        _ => i.rating_key,
    };
    let by_name = a.kind == b.kind && name(a) == name(b) && more(a) == more(b);
    let by_guid = guid(a).is_some() && guid(a) == guid(b) && !(whole && (part(a) || part(b)));
    by_name || by_guid
}

/// The lowest place of an item that is the same title.
fn title(items: &[ItemDim], at: usize, whole: bool) -> usize {
    let mut all = BTreeSet::from([at]);
    loop {
        let more: BTreeSet<usize> = (0..items.len())
            .filter(|b| all.iter().any(|a| same(&items[*a], &items[*b], whole)))
            .collect();
        if more == all {
            return *all.first().unwrap();
        }
        all = more;
    }
}

fn rankings() -> impl Strategy<Value = Of> {
    prop::sample::select(vec![
        Of::Users,
        Of::Titles,
        Of::Items,
        Of::Libraries,
        Of::Servers,
        Of::Platforms,
        Of::Players,
        Of::Products,
        Of::SourceResolutions,
        Of::StreamResolutions,
    ])
}

/// What tells the subjects of a ranking apart.
fn subject(world: &World, of: Of, raw: &Raw) -> String {
    let (library, client, viewer) = (world.library(raw), world.client(raw), world.viewer(raw));
    let text = |t: &Option<Text>| t.as_deref().unwrap_or_default().to_owned();
    match of {
        Of::Users => format!(
            "{:?} {:?}",
            viewer.user_id,
            viewer.name.clone().filter(|_| viewer.user_id.is_none())
        ),
        Of::Titles => title(&world.items, raw.item, true).to_string(),
        Of::Items => title(&world.items, raw.item, false).to_string(),
        Of::Libraries => format!("{} {:?}", library.server, library.section_id),
        Of::Servers => library.server.to_string(),
        Of::Platforms => platform_name(client.platform.as_deref().unwrap_or_default()).to_owned(),
        Of::Players => text(&client.player),
        Of::Products => text(&client.product),
        Of::SourceResolutions => text(&raw.source_resolution),
        Of::StreamResolutions => text(&raw.stream_resolution),
    }
}

pub(super) fn slow_tier(world: &World, rows: &[&Raw], rule: WatchedRule) -> Tier {
    let tiers = rows.iter().filter_map(|raw| {
        let item = world.item(raw);
        let duration = item.duration_ms.filter(|d| *d > 0 && !item.live)?;
        let offset = raw.view_offset_ms?;
        let credits = (item.marker_credits_first_ms, item.marker_credits_final_ms);
        Some(
            if rule.is_watched(item.kind, Some(offset), Some(duration), credits.0, credits.1) {
                Tier::Watched
            } else {
                let share = offset as f64 / duration as f64;
                [
                    (0.75, Tier::ThreeQuarters),
                    (0.5, Tier::Half),
                    (0.25, Tier::Quarter),
                    (0.0, Tier::Started),
                ]
                .into_iter()
                .find(|(from, _)| share >= *from)
                .unwrap()
                .1
            },
        )
    });
    tiers.max().unwrap_or(Tier::Unknown)
}

/// The rows running at a moment.
fn running<'a>(world: &'a World, filter: &Filter, at_s: i64) -> Vec<&'a Raw> {
    let any_time = Filter {
        from_s: None,
        to_s: None,
        ..filter.clone()
    };
    let is_on = |raw: &&Raw| raw.started_s <= at_s && raw.stopped_s.is_some_and(|stop| at_s < stop);
    world
        .rows
        .iter()
        .filter(|raw| passes(world, &any_time, raw))
        .filter(is_on)
        .collect()
}

fn kinds(raw: &Raw) -> [usize; 3] {
    [0, 1 + raw.way as usize, 5 + net(raw) as usize]
}

fn level(world: &World, filter: &Filter, at_s: i64, kind: usize) -> u32 {
    let of_kind = running(world, filter, at_s)
        .into_iter()
        .filter(|raw| kinds(raw).contains(&kind));
    u32::try_from(of_kind.count()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn calendars_agree(world in world(), filter in filter(), by in calendars(), measure in measures(), grouped in any::<bool>()) {
        let columns = columns(&world);
        let selection = Selection::new(Sieve::new(&columns, &filter), grouped);
        let table = by_calendar(&selection, &filter, &world.zone, by, measure, NOW_S);
        let plays = plays(&world, &filter, grouped);
        let tz = &world.zone;
        let slow = slow_table(&plays, measure, |raw| bucket(by, raw, tz), |raw| media(class(&world, raw)));
        prop_assert_eq!(cells(&table), slow);
        let sums = table.categories.iter().enumerate().map(|(at, _)| table.series.iter().map(|s| s.values[at]).sum::<i64>());
        prop_assert_eq!(sums.collect::<Vec<_>>(), table.total);
        if matches!(by, By::Date | By::Month) {
            prop_assert!(table.categories.is_sorted());
            let first = filter.from_s.or_else(|| selection.span_s().map(|(first, _)| first));
            let raw_at = |at_s| bucket(by, &Raw { started_s: at_s, ..world.rows[0].clone() }, tz);
            if let (Some(first), false) = (first, world.rows.is_empty()) {
                prop_assert_eq!(table.categories.first(), Some(&raw_at(first)));
                let last = filter.to_s.map_or(NOW_S, |to| to - 1).max(first);
                prop_assert_eq!(table.categories.last(), Some(&raw_at(last)));
            }
        }
    }

    #[test]
    fn decisions_agree(world in world(), filter in filter(), measure in measures(), grouped in any::<bool>(), limit in 1_usize..8) {
        let columns = columns(&world);
        let selection = Selection::new(Sieve::new(&columns, &filter), grouped);
        let plays = plays(&world, &filter, grouped);
        let tz = &world.zone;
        let mut slow = slow_table(&plays, measure, |raw| bucket(By::Date, raw, tz), |raw| decision(raw.way));
        slow.retain(|(_, series), _| *series != "unknown");
        let table = decisions_by_date(&selection, &filter, tz, measure, NOW_S);
        prop_assert_eq!(cells(&table), slow);
        for (by, of) in [
            (StreamBy::Platform, Of::Platforms),
            (StreamBy::SourceResolution, Of::SourceResolutions),
            (StreamBy::StreamResolution, Of::StreamResolutions),
        ] {
            let mut slow: BTreeMap<String, BTreeMap<&str, i64>> = BTreeMap::new();
            for rows in &plays {
                let raw = rows[0];
                if of != Of::Platforms && class(&world, raw) == Class::Music {
                    continue;
                }
                let name = subject(&world, of, raw);
                let name = if name.is_empty() { "unknown".to_owned() } else { name };
                *slow.entry(name).or_default().entry(decision(raw.way)).or_default() += match measure {
                    Measure::Plays => 1,
                    Measure::Seconds => seconds(rows),
                };
            }
            let decided = by_stream(&selection, by, measure, limit);
            prop_assert_eq!(decided.count, slow.len());
            let mut ranked: Vec<_> = slow.iter().map(|(name, ways)| (-ways.values().sum::<i64>(), name.clone())).collect();
            ranked.sort();
            ranked.truncate(limit);
            let names: Vec<_> = ranked.iter().map(|(_, name)| name.clone()).collect();
            prop_assert_eq!(&decided.table.categories, &names);
            for series in &decided.table.series {
                let values: Vec<i64> = names.iter().map(|n| slow[n].get(series.name).copied().unwrap_or(0)).collect();
                prop_assert_eq!(&series.values, &values, "{}", series.name);
            }
            prop_assert_eq!(decided.table.total, ranked.iter().map(|(n, _)| -n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rankings_agree(world in world(), filter in filter(), of in rankings(), measure in measures(), grouped in any::<bool>(), limit in 1_usize..8) {
        let columns = columns(&world);
        let selection = Selection::new(Sieve::new(&columns, &filter), grouped);
        let ranked = top(&selection, of, measure, limit);
        let plays = plays(&world, &filter, grouped);
        let mut slow: BTreeMap<String, Vec<&Vec<&Raw>>> = BTreeMap::new();
        for rows in &plays {
            slow.entry(subject(&world, of, rows[0])).or_default().push(rows);
        }
        prop_assert_eq!(ranked.count, slow.len());
        prop_assert_eq!(ranked.entries.len(), slow.len().min(limit));
        let newest = |plays: &[&Vec<&Raw>]| plays.iter().flat_map(|rows| rows.iter()).map(|r| (r.started_s, r.id)).max().unwrap();
        for entry in &ranked.entries {
            let raw = world.rows.iter().find(|raw| raw.id == columns.id(entry.newest)).unwrap();
            // The newest row may be of another subject than the lowest row of its play.
            let (_, of_it) = slow.iter().find(|(_, plays)| newest(plays) == (raw.started_s, raw.id)).unwrap();
            prop_assert_eq!(entry.sum, sum(of_it));
            prop_assert_eq!(entry.last_started_s, raw.started_s);
            let users: BTreeSet<_> = of_it.iter().map(|rows| subject(&world, Of::Users, rows[0])).collect();
            prop_assert_eq!(entry.users, users.len());
        }
        let place = |sum: Sum| match measure {
            Measure::Plays => (-sum.plays, -sum.seconds),
            Measure::Seconds => (-sum.seconds, -sum.plays),
        };
        let mut all: Vec<_> = slow.values().map(|plays| (place(sum(plays)), -newest(plays).0)).collect();
        all.sort_unstable();
        all.truncate(limit);
        let fast: Vec<_> = ranked.entries.iter().map(|e| (place(e.sum), -e.last_started_s)).collect();
        prop_assert_eq!(fast, all);
    }

    #[test]
    fn completions_and_transcodes_agree(world in world(), filter in filter(), grouped in any::<bool>()) {
        let columns = columns(&world);
        let selection = Selection::new(Sieve::new(&columns, &filter), grouped);
        let plays = plays(&world, &filter, grouped);
        let fast = completion(&selection);
        for tier in Tier::ALL {
            for kind in Class::SHOWN {
                let of_it: Vec<_> = plays
                    .iter()
                    .filter(|rows| slow_tier(&world, rows, columns.watched_rule) == tier && class(&world, rows[0]) == kind)
                    .collect();
                prop_assert_eq!(fast.of(kind, tier), sum(&of_it), "{:?} {:?}", tier, kind);
            }
        }
        let fast = transcodes(&selection);
        let of = |wanted: &dyn Fn(&Raw) -> bool| sum(&plays.iter().filter(|rows| wanted(rows[0])).collect::<Vec<_>>());
        prop_assert_eq!(fast.all, of(&|_| true));
        for way in [Way::Unknown, Way::DirectPlay, Way::Copy, Way::Transcode] {
            prop_assert_eq!(fast.way(way), of(&|raw| raw.way == way));
        }
        for reason in Reason::ALL {
            prop_assert_eq!(fast.reason(reason), of(&|raw| marks(raw.id).has_reason(reason)));
        }
        let video = |raw: &Raw| raw.way == Way::Transcode && marks(raw.id).video();
        let hardware = |raw: &Raw| u8::from(marks(raw.id).decoded_in_hardware()) + u8::from(marks(raw.id).encoded_in_hardware());
        prop_assert_eq!(fast.video, of(&video));
        prop_assert_eq!(fast.audio, of(&|raw| raw.way == Way::Transcode && marks(raw.id).audio()));
        prop_assert_eq!(fast.full_hardware, of(&|raw| video(raw) && hardware(raw) == 2));
        prop_assert_eq!(fast.part_hardware, of(&|raw| video(raw) && hardware(raw) == 1));
    }

    #[test]
    fn peaks_agree(world in world(), filter in filter()) {
        // Days of one week, so that the slow way ends.
        let from_s = filter.from_s.unwrap_or(1_793_300_000);
        let to_s = filter.to_s.filter(|to| *to > from_s).unwrap_or(from_s + 400_000).min(from_s + 700_000);
        let filter = Filter { from_s: Some(from_s), to_s: Some(to_s), ..filter };
        let columns = columns(&world);
        let fast = peaks(&columns, &filter, &world.zone, NOW_S);
        let (first, last) = (local(from_s, &world.zone).date(), local(to_s - 1, &world.zone).date());
        let dates: Vec<_> = first.series(jiff::Span::new().days(1)).take_while(|d| *d <= last).collect();
        prop_assert_eq!(&fast.dates, &dates.iter().map(ToString::to_string).collect::<Vec<_>>());
        let starts: BTreeSet<i64> = world.rows.iter().map(|r| r.started_s).filter(|t| (from_s..to_s).contains(t)).chain([from_s]).collect();
        for kind in 0..PEAK_NAMES.len() {
            for (date, levels) in dates.iter().zip(&fast.days) {
                let begin = date.to_zoned(world.zone.clone()).unwrap().timestamp().as_second().max(from_s);
                let moments = starts.iter().copied().chain([begin]).filter(|t| local(*t, &world.zone).date() == *date);
                let slow = moments.map(|t| level(&world, &filter, t, kind)).max().unwrap_or(0);
                prop_assert_eq!(levels[kind], slow, "{} on {}", PEAK_NAMES[kind], date);
            }
            let most = starts.iter().map(|t| level(&world, &filter, *t, kind)).max().unwrap_or(0);
            let began = |t: i64| t == from_s || running(&world, &filter, t).iter().any(|r| r.started_s == t && kinds(r).contains(&kind));
            let at = starts.iter().rev().find(|t| most > 0 && level(&world, &filter, **t, kind) == most && began(**t));
            prop_assert_eq!(fast.overall[kind], Peak { level: most, at_s: at.copied() }, "{}", PEAK_NAMES[kind]);
        }
    }

    #[test]
    fn titles_agree(world in world(), key in prop::sample::select(vec![101_i64, 102, 105, 109, 110, 111, 120, 139, 140, 141, 5]), server in prop::sample::select(vec!["attic", "cellar"])) {
        let columns = columns(&world);
        let found = find_title(&columns, &server.into(), key);
        let is_there = |raw: &&Raw| {
            let item = world.item(raw);
            let keys = [item.rating_key, item.parent_rating_key, item.grandparent_rating_key];
            world.library(raw).server.as_str() == server && keys.contains(&Some(key))
        };
        prop_assert_eq!(found.is_some(), world.rows.iter().any(|raw| is_there(&raw)));
        let nothing = Filter { title_of: Some((server.into(), -1)), ..Filter::default() };
        prop_assert!(Selection::new(Sieve::new(&columns, &nothing), true).is_empty());
        if let Some(found) = found {
            let own: Vec<_> = world.rows.iter().filter(is_there).collect();
            let whole = matches!(found.level, Level::Show | Level::Artist);
            let at_level = |item: &ItemDim| match found.level {
                Level::Movie | Level::Episode | Level::Track => item.rating_key == Some(key),
                Level::Season | Level::Album => item.parent_rating_key == Some(key),
                Level::Show | Level::Artist => item.grandparent_rating_key == Some(key),
            };
            let kind = |item: &ItemDim| match found.level {
                Level::Movie => item.kind == RecordKind::Movie,
                Level::Episode | Level::Season | Level::Show => item.kind == RecordKind::Episode,
                Level::Track | Level::Album | Level::Artist => item.kind == RecordKind::Track,
            };
            let own: BTreeSet<usize> = own.iter().map(|r| r.item).filter(|i| at_level(&world.items[*i]) && kind(&world.items[*i])).collect();
            prop_assert!(!own.is_empty());
            let wide = !matches!(found.level, Level::Season | Level::Album);
            let filter = Filter { title_of: Some((server.into(), key)), ..Filter::default() };
            let sieve = Sieve::new(&columns, &filter);
            for raw in &world.rows {
                let row = columns.row_by_id(raw.id).unwrap();
                prop_assert_eq!(sieve.passes(row), found.items.has(columns.item_ix(row).at()));
                let ix = columns.item_ix(columns.row_by_id(raw.id).unwrap());
                let expected = own.contains(&raw.item)
                    || (wide && own.iter().any(|i| title(&world.items, *i, whole) == title(&world.items, raw.item, whole)));
                prop_assert_eq!(found.items.has(ix.at()), expected, "{:?} {:?}", found.level, world.item(raw).full_title);
            }
        }
    }
}
