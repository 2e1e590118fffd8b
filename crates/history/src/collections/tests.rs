//! Fast numbers against slow ones, and a table of the rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::{RecordKind, SourceId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::columns::{ClientDim, Columns, ItemDim, Location, NewRow, ViewerDim, Way};
use crate::testing::{NOW_S, Raw, World, world};

/// Does this raw row belong to the collection, and by which members?
fn touched(w: &World, raw: &Raw, wanted: &Wanted) -> BTreeSet<i64> {
    if w.library(raw).server != wanted.server {
        return BTreeSet::new();
    }
    let item = w.item(raw);
    let keys = [
        item.rating_key,
        item.parent_rating_key,
        item.grandparent_rating_key,
    ];
    wanted
        .members
        .iter()
        .copied()
        .filter(|member| keys.contains(&Some(*member)))
        .collect()
}

fn inside(raw: &Raw, window: Window) -> bool {
    // The columns know a stop of 0 or less as never told.
    let stopped = raw.stopped_s.filter(|s| *s > 0);
    match (window.from_s, window.to_s, stopped) {
        (None, None, _) => true,
        (_, _, None) => false,
        (from, to, Some(at)) => at >= from.unwrap_or(i64::MIN) && at < to.unwrap_or(i64::MAX),
    }
}

/// Row by row, set by set.
fn slowly(w: &World, wanted: &Wanted, window: Window) -> Watched {
    let (mut groups, mut users, mut members) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut out = Watched::default();
    for raw in w.rows.iter().filter(|raw| inside(raw, window)) {
        let touched = touched(w, raw, wanted);
        if touched.is_empty() {
            continue;
        }
        groups.insert(raw.group_id);
        users.extend(w.viewer(raw).user_id);
        members.extend(touched);
        out.duration_s += raw.duration_s();
        out.first_play_s = Some(out.first_play_s.unwrap_or(i64::MAX).min(raw.started_s));
        out.last_play_s = Some(out.last_play_s.unwrap_or(i64::MIN).max(raw.started_s));
    }
    out.plays = groups.len() as u64;
    out.unique_users = users.len() as u64;
    out.items_watched = members.len() as u64;
    out
}

fn collection() -> impl Strategy<Value = Wanted> {
    let keys = prop::sample::select(vec![
        101_i64, 102, 103, 104, 105, 109, 110, 111, 112, 120, 121, 131, 139, 140, 141, 999,
    ]);
    let servers = prop::sample::select(vec!["attic", "cellar", "nowhere"]);
    (servers, vec(keys, 0..8)).prop_map(|(server, members)| Wanted {
        server: server.into(),
        members,
    })
}

fn window() -> impl Strategy<Value = Window> {
    let moment = prop_oneof![
        Just(0_i64),
        (1_700_000_000..NOW_S),
        (1_772_900_000..1_773_100_000_i64),
        (1_789_862_400..1_790_100_000_i64),
        (1_793_404_800..1_793_700_000_i64),
    ];
    let moment = proptest::option::of(moment);
    (moment.clone(), moment).prop_map(|(from_s, to_s)| Window { from_s, to_s })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_collections_at_once_are_what_each_is_alone(
        w in world(),
        wanted in vec(collection(), 0..9),
        window in window(),
    ) {
        let fast = watched(&w.columns(), &wanted, window);
        let slow: Vec<Watched> = wanted.iter().map(|one| slowly(&w, one, window)).collect();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn details_add_up_from_raw_rows(w in world(), wanted in collection(), window in window()) {
        let found = detail(&w.columns(), &wanted, window, &w.zone, NOW_S);
        prop_assert_eq!(&found.total, &slowly(&w, &wanted, window));

        let mut members = BTreeMap::new();
        let mut users = BTreeMap::new();
        let mut days: BTreeMap<Date, (BTreeSet<u32>, i64)> = BTreeMap::new();
        for raw in w.rows.iter().filter(|raw| inside(raw, window)) {
            let touched = touched(&w, raw, &wanted);
            if touched.is_empty() {
                continue;
            }
            let add = |entry: &mut (BTreeSet<u32>, i64, BTreeSet<i64>, i64)| {
                entry.0.insert(raw.group_id);
                entry.1 += raw.duration_s();
                entry.2.extend(w.viewer(raw).user_id);
                entry.3 = entry.3.max(raw.started_s);
            };
            for member in &touched {
                add(members.entry(*member).or_default());
            }
            if let Some(user) = w.viewer(raw).user_id {
                add(users.entry(user).or_default());
            }
            let date = Timestamp::from_second(raw.started_s).unwrap().to_zoned(w.zone.clone()).date();
            let day = days.entry(date).or_default();
            day.0.insert(raw.group_id);
            day.1 += raw.duration_s();
        }

        let got: BTreeMap<_, _> = found.members.iter()
            .map(|m| (m.rating_key, (m.plays, m.duration_s, m.unique_users, m.last_play_s))).collect();
        let expected: BTreeMap<_, _> = members.iter()
            .map(|(key, e)| (*key, (e.0.len() as u64, e.1, e.2.len() as u64, e.3))).collect();
        prop_assert_eq!(got, expected);
        let got: BTreeMap<_, _> = found.users.iter()
            .map(|u| (u.user_id, (u.plays, u.duration_s, u.last_play_s))).collect();
        let expected: BTreeMap<_, _> = users.iter()
            .map(|(user, e)| (*user, (e.0.len() as u64, e.1, e.3))).collect();
        prop_assert_eq!(got, expected);

        // Every day of the window once, in order, with what began on it.
        let dates: Vec<Date> = found.days.iter().map(|d| d.date).collect();
        prop_assert!(dates.windows(2).all(|two| two[0].tomorrow().unwrap() == two[1]));
        for day in &found.days {
            let (groups, duration_s) = days.get(&day.date).cloned().unwrap_or_default();
            prop_assert_eq!((day.plays, day.duration_s), (groups.len() as u64, duration_s), "{}", day.date);
        }
        let local = |s: i64| Timestamp::from_second(s).unwrap().to_zoned(w.zone.clone()).date();
        if let Some(from_s) = window.from_s.or(found.total.first_play_s) {
            prop_assert_eq!(dates[0], local(from_s));
            prop_assert_eq!(*dates.last().unwrap(), local(window.to_s.map_or(NOW_S, |to| to - 1).max(from_s)));
        } else {
            prop_assert!(dates.is_empty());
        }
    }
}

/// Group, server, user, item, start, stop, pause.
type SmallRow<'a> = (u32, &'a str, Option<i64>, usize, i64, Option<i64>, i64);

fn small(rows: &[SmallRow<'_>]) -> Columns {
    let item = |store_id, kind, keys: [Option<i64>; 3]| ItemDim {
        store_id,
        kind,
        live: false,
        rating_key: keys[0],
        parent_rating_key: keys[1],
        grandparent_rating_key: keys[2],
        guid: None,
        full_title: "x".into(),
        title: None,
        grandparent_title: Some("Harbour".into()),
        original_title: None,
        year: None,
        duration_ms: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
    };
    let items = [
        item(1, RecordKind::Movie, [Some(1), None, None]),
        item(2, RecordKind::Movie, [Some(2), None, None]),
        item(3, RecordKind::Episode, [Some(31), Some(30), Some(29)]),
        item(4, RecordKind::Episode, [Some(32), Some(30), Some(29)]),
    ];
    let mut c = Columns::default();
    for (id, (group_id, server, user_id, of, started_s, stopped_s, paused_s)) in (1..).zip(rows) {
        let new = NewRow {
            id,
            group_id: *group_id,
            started_s: *started_s,
            stopped_s: *stopped_s,
            paused_s: Some(*paused_s),
            view_offset_ms: None,
            item: c.dims.item(items[*of].clone()),
            client: c.dims.client(ClientDim {
                store_id: 1,
                player: None,
                product: None,
                platform: None,
                machine_id: None,
            }),
            ip: c.dims.word(None),
            viewer: c.dims.viewer(&ViewerDim {
                user_id: *user_id,
                name: None,
            }),
            library: c.dims.library(&SourceId::from(*server), Some(1)),
            way: Way::Unknown,
            source_resolution: c.dims.resolution(None),
            stream_resolution: c.dims.resolution(None),
            location: Location::Unknown,
            relayed: false,
        };
        c.push(&new).unwrap();
    }
    c
}

fn of(server: &str, members: &[i64]) -> Wanted {
    Wanted {
        server: server.into(),
        members: members.to_vec(),
    }
}

#[test]
fn the_rules_one_by_one() {
    let c = small(&[
        // One group of two films, by the same person.
        (1, "attic", Some(7), 0, 100, Some(200), 10),
        (1, "attic", Some(7), 1, 300, Some(500), 0),
        // The same film on another server is another film.
        (3, "cellar", Some(8), 0, 400, Some(900), 0),
        // Episodes of one show.
        (4, "attic", Some(8), 2, 1000, Some(1600), 0),
        (5, "attic", None, 3, 2000, Some(2100), 0),
        // Never stopped, as far as told.
        (6, "attic", Some(9), 0, 3000, None, 0),
        // Paused longer than it ran.
        (7, "attic", Some(9), 1, 4000, Some(4010), 60),
    ]);
    let count = |wanted: &Wanted, window| {
        let w = &watched(&c, std::slice::from_ref(wanted), window)[0];
        (w.plays, w.duration_s, w.unique_users, w.items_watched)
    };
    let all = Window::default();
    assert_eq!(
        count(&of("attic", &[1, 2]), all),
        (3, 90 + 200 - 50, 2, 2),
        "a group that touches two members is one play"
    );
    assert_eq!(
        count(&of("attic", &[1]), all),
        (2, 90, 2, 1),
        "its own rows alone"
    );
    assert_eq!(count(&of("cellar", &[1]), all), (1, 500, 1, 1));
    assert_eq!(
        count(&of("attic", &[29]), all),
        (2, 700, 1, 1),
        "a show by its episodes; nobody is no user"
    );
    assert_eq!(
        count(&of("attic", &[30, 29, 31]), all),
        (2, 700, 1, 3),
        "by item, parent and grandparent, once"
    );
    assert_eq!(
        count(&of("attic", &[1, 1, 1]), all),
        (2, 90, 2, 1),
        "a member twice in a list is one"
    );
    assert_eq!(count(&of("attic", &[]), all), (0, 0, 0, 0));
    assert_eq!(count(&of("nowhere", &[1]), all), (0, 0, 0, 0));

    let between = |from_s, to_s| Window { from_s, to_s };
    let films = of("attic", &[1, 2]);
    assert_eq!(
        count(&films, between(Some(0), None)),
        (2, 240, 2, 2),
        "no stop, no window"
    );
    assert_eq!(count(&films, between(Some(500), None)), (2, 150, 2, 1));
    assert_eq!(
        count(&films, between(Some(200), Some(500))),
        (1, 90, 1, 1),
        "the end is not in it"
    );
    assert_eq!(count(&films, between(None, Some(201))), (1, 90, 1, 1));
    assert_eq!(count(&films, between(Some(900), Some(200))), (0, 0, 0, 0));
    assert_eq!(Window::last_days(1_000_000, 3), between(Some(740_800), None));
    let w = &watched(&c, &[films], all)[0];
    assert_eq!((w.first_play_s, w.last_play_s), (Some(100), Some(4000)));

    let show = detail(&c, &of("attic", &[29, 31]), all, &jiff::tz::TimeZone::UTC, 5000);
    let titles: Vec<_> = show
        .members
        .iter()
        .map(|m| (m.rating_key, m.title.as_deref(), m.plays))
        .collect();
    assert_eq!(titles, [(29, Some("Harbour"), 2), (31, Some("x"), 1)]);
    assert_eq!(show.users.len(), 1);
    assert_eq!((show.days.len(), show.days[0].plays), (1, 2));
}
