//! Every fast answer against a slow one, made from raw rows in the most obvious way.

mod cases;
mod counting;
mod paging;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use model::{Origin, Reason};
use proptest::prelude::*;

use super::*;
use crate::columns::{Columns, Location, Way};
use crate::rules::{Class, Marks, WatchedRule, friendly_name, platform_name};
use crate::testing::{NOW_S, Raw, World, world};

/// The world's columns with small facts made up from the ids.
fn columns(world: &World) -> Columns {
    columns_of(world, world.rows.len())
}

/// Of the first `len` rows.
fn columns_of(world: &World, len: usize) -> Columns {
    let mut part = world.clone();
    part.rows.truncate(len);
    let mut columns = part.columns();
    for row in columns.rows() {
        columns.mark(row, marks(columns.id(row)));
    }
    columns
}

fn marks(id: u32) -> Marks {
    let bits = u16::try_from(id.wrapping_mul(40_503) >> 3 & 0x0fff).unwrap();
    Marks::from_bits(bits).with_origin(Origin::ALL[id as usize % 3])
}

fn class(world: &World, raw: &Raw) -> Class {
    let item = world.item(raw);
    Class::of(item.kind, item.live)
}

fn net(raw: &Raw) -> Net {
    match (raw.relayed, raw.location) {
        (true, _) => Net::Relay,
        (_, Location::Unknown) => Net::Unknown,
        (_, Location::Lan) => Net::Lan,
        (_, Location::Wan) => Net::Wan,
        (_, Location::Cellular) => Net::Cellular,
    }
}

fn shown_user<'a>(world: &'a World, raw: &Raw) -> Option<&'a str> {
    let person = world.person(raw);
    person
        .and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()))
        .or(world.viewer(raw).name.as_deref())
}

fn local(at_s: i64, tz: &TimeZone) -> Zoned {
    Timestamp::from_second(at_s).unwrap().to_zoned(tz.clone())
}

/// Whether a row is asked for, one condition after the other.
fn passes(world: &World, filter: &Filter, raw: &Raw) -> bool {
    let (item, client, library) = (world.item(raw), world.client(raw), world.library(raw));
    let viewer = world.viewer(raw);
    let has = |list: &[String], value: Option<&str>| value.is_some_and(|v| list.iter().any(|l| l == v));
    let names = [
        viewer.name.as_deref(),
        world.person(raw).and_then(|p| p.username.as_deref()),
        world.person(raw).and(shown_user(world, raw)),
    ];
    let platform = client.platform.as_deref();
    let keys = [
        item.rating_key,
        item.parent_rating_key,
        item.grandparent_rating_key,
    ];
    let titles = [
        item.title.as_deref(),
        item.grandparent_title.as_deref(),
        Some(&*item.full_title),
    ];
    let texts = [
        titles[0],
        titles[1],
        titles[2],
        item.original_title.as_deref(),
        client.player.as_deref(),
        client.product.as_deref(),
        platform,
        platform.map(platform_name),
        names[0],
        names[2],
        raw.ip.as_deref(),
    ];
    let found = |text: &str| {
        texts
            .iter()
            .flatten()
            .any(|t| t.to_lowercase().contains(&text.to_lowercase()))
    };
    filter.from_s.is_none_or(|from| raw.started_s >= from)
        && filter.to_s.is_none_or(|to| raw.started_s < to)
        && (filter.servers.is_empty() || has(&filter.servers, Some(library.server.as_str())))
        && (filter.libraries.is_empty()
            || library
                .section_id
                .is_some_and(|id| filter.libraries.contains(&id)))
        && (filter.user_ids.is_empty() || viewer.user_id.is_some_and(|id| filter.user_ids.contains(&id)))
        && (filter.users.is_empty() || names.iter().any(|name| has(&filter.users, *name)))
        && (filter.platforms.is_empty()
            || has(&filter.platforms, platform)
            || has(&filter.platforms, platform.map(platform_name)))
        && (filter.players.is_empty() || has(&filter.players, client.player.as_deref()))
        && (filter.decisions.is_empty() || filter.decisions.contains(&raw.way))
        && (filter.media.is_empty() || filter.media.contains(&class(world, raw)))
        && (filter.networks.is_empty() || filter.networks.contains(&net(raw)))
        && (filter.origins.is_empty() || filter.origins.contains(&marks(raw.id).origin()))
        && (filter.titles.is_empty() || titles.iter().any(|title| has(&filter.titles, *title)))
        && (filter.rating_keys.is_empty()
            || keys.iter().flatten().any(|key| filter.rating_keys.contains(key)))
        && filter.group_id.is_none_or(|id| raw.group_id == id)
        && filter.text.as_deref().is_none_or(found)
        && passes_rare(world, filter, raw)
}

fn passes_rare(world: &World, filter: &Filter, raw: &Raw) -> bool {
    let has = |list: &[String], value: Option<&str>| value.is_some_and(|v| list.iter().any(|l| l == v));
    let marks = marks(raw.id);
    let picture = (raw.way == Way::Transcode && marks.video()).then(|| {
        let engines = u8::from(marks.decoded_in_hardware()) + u8::from(marks.encoded_in_hardware());
        [Hardware::Software, Hardware::Part, Hardware::Full][usize::from(engines)]
    });
    filter.clocks.as_ref().is_none_or(|on| {
        let at = local(raw.started_s, &on.zone);
        let weekday = u8::try_from(at.weekday().to_monday_zero_offset()).unwrap();
        (on.hours.is_empty() || on.hours.contains(&u8::try_from(at.hour()).unwrap()))
            && (on.weekdays.is_empty() || on.weekdays.contains(&weekday))
    }) && (filter.source_resolutions.is_empty()
        || has(&filter.source_resolutions, raw.source_resolution.as_deref()))
        && (filter.stream_resolutions.is_empty()
            || has(&filter.stream_resolutions, raw.stream_resolution.as_deref()))
        && (filter.reasons.is_empty() || filter.reasons.iter().any(|reason| marks.has_reason(*reason)))
        && (filter.hardware.is_empty() || picture.is_some_and(|p| filter.hardware.contains(&p)))
        && filter.reached.as_ref().is_none_or(|reached| {
            let otherwise = Filter {
                reached: None,
                ..filter.clone()
            };
            let together = |other: &&Raw| {
                let same = other.group_id == raw.group_id && passes(world, &otherwise, other);
                if reached.grouped { same } else { other.id == raw.id }
            };
            let rows: Vec<&Raw> = world.rows.iter().filter(together).collect();
            reached
                .tiers
                .contains(&counting::slow_tier(world, &rows, WatchedRule::default()))
        })
}

/// The rows of each play that is asked for.
fn plays<'a>(world: &'a World, filter: &Filter, grouped: bool) -> Vec<Vec<&'a Raw>> {
    let mut plays: BTreeMap<u32, Vec<&Raw>> = BTreeMap::new();
    for raw in world.rows.iter().filter(|raw| passes(world, filter, raw)) {
        let key = if grouped { raw.group_id } else { raw.id };
        plays.entry(key).or_default().push(raw);
    }
    plays.into_values().collect()
}

fn seconds(rows: &[&Raw]) -> i64 {
    rows.iter().map(|raw| raw.duration_s()).sum()
}

fn sum(plays: &[&Vec<&Raw>]) -> Sum {
    Sum {
        plays: i64::try_from(plays.len()).unwrap(),
        seconds: plays.iter().map(|rows| seconds(rows)).sum(),
    }
}

/// Up to two of `words`; usually none.
fn some<T: Clone + std::fmt::Debug + 'static>(words: &[T]) -> BoxedStrategy<Vec<T>> {
    let words = words.to_vec();
    prop_oneof![
        8 => Just(Vec::new()),
        1 => prop::collection::vec(prop::sample::select(words), 1..3),
    ]
    .boxed()
}

fn texts(words: &[&str]) -> BoxedStrategy<Vec<String>> {
    some(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
}

/// Where the plays of a world are, on whole days and between.
fn moment() -> impl Strategy<Value = Option<i64>> {
    let day = prop::sample::select(vec![
        1_709_164_800_i64,
        1_772_928_000,
        1_789_948_800,
        1_793_491_200,
    ]);
    prop_oneof![
        2 => Just(None),
        1 => (day, -20_i64..30, 0_i64..3600).prop_map(|(day, hours, s)| Some(day + hours * 3600 + s)),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let who = (
        some(&[7_i64, 8, 9, 99, 5]),
        texts(&["ada", "Ada L", "ada l", "Bo", "nobody", "?"]),
    );
    let how = (
        texts(&["macOS", "osx", "Firefox", "?"]),
        texts(&["Den", "den", "?"]),
        some(&[Way::Unknown, Way::DirectPlay, Way::Copy, Way::Transcode]),
        some(&[Net::Unknown, Net::Lan, Net::Wan, Net::Relay, Net::Cellular]),
    );
    let what = (
        some(&[Class::Tv, Class::Movies, Class::Music, Class::LiveTv]),
        texts(&["Harbour", "One", "Amber Road", "Various - Tide", "?"]),
        some(&[101_i64, 105, 109, 110, 139, 4]),
        some(&Origin::ALL),
    );
    let whole = (
        texts(&["attic", "cellar", "?"]),
        some(&[1_i64, 2, 77, 5]),
        prop_oneof![9 => Just(None), 1 => (9_u32..40).prop_map(Some)],
        prop_oneof![
            6 => Just(None),
            1 => prop::sample::select(vec!["", "har", "ÜNÏ", "mac", "ADA", "fe80", "10.0.0", "%", "kelp"])
                .prop_map(|t| Some(t.to_owned())),
        ],
    );
    (moment(), moment(), who, how, what, whole, rare()).prop_map(
        |(from_s, to_s, who, how, what, whole, rare)| Filter {
            from_s,
            to_s,
            servers: whole.0,
            libraries: whole.1,
            user_ids: who.0,
            users: who.1,
            platforms: how.0,
            players: how.1,
            decisions: how.2,
            media: what.0,
            networks: how.3,
            origins: what.3,
            titles: what.1,
            rating_keys: what.2,
            group_id: whole.2,
            text: whole.3,
            ..rare
        },
    )
}

/// What is asked for seldom.
fn rare() -> impl Strategy<Value = Filter> {
    let clocks = (
        prop::sample::select(vec!["America/New_York", "Europe/Berlin", "UTC"]),
        prop::collection::vec(0_u8..24, 0..16),
        prop::collection::vec(0_u8..7, 0..4),
    )
        .prop_map(|(zone, hours, weekdays)| OnClocks {
            zone: TimeZone::get(zone).unwrap(),
            hours,
            weekdays,
        });
    let reached = (prop::sample::subsequence(Tier::ALL.to_vec(), 1..4), any::<bool>())
        .prop_map(|(tiers, grouped)| Reached { tiers, grouped });
    let resolutions = texts(&["1080p", "4k", "SD", "720", "?"]);
    (
        prop::option::weighted(0.1, clocks),
        prop::option::weighted(0.1, reached),
        resolutions.clone(),
        resolutions,
        some(&Reason::ALL),
        some(&Hardware::ALL),
    )
        .prop_map(|(clocks, reached, sources, streams, reasons, hardware)| Filter {
            clocks,
            reached,
            source_resolutions: sources,
            stream_resolutions: streams,
            reasons,
            hardware,
            ..Filter::default()
        })
}
